//! A small file system of its own, without anything left behind: a shell in a mount namespace holds it, and others reach it through
//! `/proc`. Works as root, and as any user where the system lets users have namespaces.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub struct Room {
    shell: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// The file system, for whoever is outside.
    pub path: PathBuf,
    _mounted_at: tempfile::TempDir,
}

impl Room {
    /// So large. `None`, and said so, where this machine does not allow it; a failure instead where crashes are asked for.
    pub fn new(bytes: u64) -> Option<Self> {
        let made = Self::by(&["--mount"], bytes).or_else(|| Self::by(&["--user", "--map-root-user", "--mount"], bytes));
        if made.is_none() {
            let why =
                "this machine lets nobody mount a file system (unshare --mount, mount -t tmpfs): a full disk cannot be tried";
            assert!(super::asked("STEELTHREAD_CRASHES").is_none(), "{why}");
            eprintln!("{why}");
        }
        made
    }

    fn by(how: &[&str], bytes: u64) -> Option<Self> {
        let mounted_at = tempfile::tempdir().unwrap();
        let mut command = Command::new("unshare");
        command.args(how).arg("sh").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut shell = command.spawn().ok()?;
        let (orders, answers) = (shell.stdin.take().unwrap(), BufReader::new(shell.stdout.take().unwrap()));
        let path = PathBuf::from(format!("/proc/{}/root{}", shell.id(), mounted_at.path().display()));
        let mut room = Self { shell, orders, answers, path, _mounted_at: mounted_at };
        let at = room._mounted_at.path().display().to_string();
        room.does(&format!("mount -t tmpfs -o size={bytes} none {at}")).then_some(room)
    }

    /// Runs a command in it; whether that went well.
    pub fn does(&mut self, command: &str) -> bool {
        let _ = writeln!(self.orders, "{command} && echo well || echo badly");
        let mut answer = String::new();
        let _ = self.answers.read_line(&mut answer);
        answer.trim() == "well"
    }

    /// Nothing in it can be written from now on.
    pub fn make_read_only(&mut self) {
        let at = self._mounted_at.path().display().to_string();
        assert!(self.does(&format!("mount -o remount,bind,ro {at}")));
    }

    /// Takes all room but this.
    pub fn fill_but(&self, bytes: u64) {
        let mut ballast = std::fs::OpenOptions::new().create(true).append(true).open(self.path.join("ballast")).unwrap();
        for step in [1 << 20, 64 << 10, 4096] {
            while ballast.write_all(&vec![b'.'; step]).is_ok() {}
        }
        let length = ballast.metadata().unwrap().len();
        ballast.set_len(length.saturating_sub(bytes)).unwrap();
    }

    /// Gives the room back.
    pub fn clear(&self) {
        std::fs::remove_file(self.path.join("ballast")).unwrap();
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}
