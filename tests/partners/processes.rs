//! Programs that run beside the tests: how they are started, waited for and ended.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// How long a partner may take for what it does in a second when the machine is free.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// A port that nobody has. Below 32768, where no outgoing connection gets it while a server is away from it.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + (std::process::id() % 10_000) as u16;
    loop {
        let port = 20_000 + (first - 20_000 + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Asks until there is an answer; `None` when the time is over.
pub fn poll<T>(patience: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if began.elapsed() > patience {
            return None;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A program in the background, with all that it says in a file; killed when dropped.
pub struct Process {
    child: Child,
    pub log: PathBuf,
}

impl Process {
    pub fn start(mut command: Command, log: &Path) -> Self {
        let file = std::fs::File::options().create(true).append(true).open(log).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { child, log: log.to_owned() }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it said so far.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until this port takes connections.
    pub fn wait_for_port(&mut self, port: u16) {
        let open = poll(PATIENCE, || {
            assert!(self.child.try_wait().unwrap().is_none(), "it ended at once: {}", self.said());
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        assert!(open.is_some(), "nothing listens at {port}: {}", self.said());
    }

    /// SIGTERM, then the exit code.
    pub fn terminate(&mut self) -> i32 {
        let told = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().unwrap();
        assert!(told.success());
        let ended = poll(PATIENCE, || self.child.try_wait().unwrap());
        ended.and_then(|status| status.code()).unwrap_or_else(|| panic!("does not end: {}", self.said()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
