//! The command line: arguments, commands, tables.
//!
//! This room decides how people ask and how answers look. Arguments as written (`args`) and what they mean (`source`, `limits`, the
//! settings of `app`) are different types, so that everything that can be wrong about them is told before anything begins. A
//! question looks the same to a command whether a server, a store or a recording answers it: all are `query::Answers`. Exit codes
//! are decided in one place (`exit`). Answers go to standard output, talk goes to standard error.
//!
//! The road not taken: a client of its own kind for each command. Figures that come out of two implementations differ one day.

mod access;
mod alert;
mod alerting;
mod alerts;
mod analyze;
mod args;
mod budget;
mod check;
mod config;
mod demo;
mod doors;
mod exchange;
mod exit;
mod explain;
mod figures;
mod flow;
mod forwarding;
mod history;
mod hops;
mod incidents;
mod keeping;
mod limits;
mod login;
mod logs;
mod maps;
mod matching;
mod output;
mod progress;
mod question;
mod remote;
mod serving;
mod source;
mod status;
mod stop;
mod storing;
#[cfg(test)]
mod tests;
mod token;
mod trace;
mod trace_tree;
#[cfg(test)]
mod trace_tree_tests;
mod why_not;
mod words;

use args::{Arguments, Command};
use clap::CommandFactory;
use exit::Ended;
use std::io::Write;
use std::process::ExitCode;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    match config::read(std::env::args_os().collect()) {
        Ok(config::Read::Arguments(arguments)) => exit::code(run(arguments.command)),
        Ok(config::Read::Listing(text)) => exit::code(told(&text)),
        Err(config::Refused::Usage(error)) => exit::usage(&error),
        Err(config::Refused::Told(error)) => exit::code(Err(error)),
    }
}

fn run(command: Command) -> anyhow::Result<Ended> {
    // A server starts its logs itself, because they may go on as spans.
    if !matches!(command, Command::Serve(_)) {
        logs::start();
    }
    match command {
        Command::Serve(args) => serving::run(*args),
        Command::Demo(args) => demo::run(args),
        Command::Analyze(args) => analyze::run(args),
        Command::Check { maps } => check::run(&maps),
        Command::Status(args) => question::status(args),
        Command::Hops(args) => question::hops(args),
        Command::History(args) => question::history(args),
        Command::Explain(args) => question::explain(args),
        Command::Flow(args) => question::flow(args),
        Command::Budget(args) => question::budget(args),
        Command::Gate(args) => question::gate(args),
        Command::Matching(args) => question::matching(args),
        Command::Alerts(args) => question::alerts(args),
        Command::Incidents(args) => question::incidents(args),
        Command::Trace(args) => question::trace(args),
        Command::Export(args) => exchange::export(&args),
        Command::Import { what, file } => exchange::import(what, &file),
        Command::Backup(args) => storing::backup(args),
        Command::Compact(args) => storing::compact(&args),
        Command::Alert { command } => alert::run(command),
        Command::Token { command } => token::run(command),
        Command::Version => told(&format!("steelthread {}\n", env!("CARGO_PKG_VERSION"))),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "steelthread", &mut script);
            told(&String::from_utf8(script)?)
        }
        Command::Man { command } => told(&manual(command.as_deref())?),
    }
}

fn told(text: &str) -> anyhow::Result<Ended> {
    output::print(text)?;
    Ok(Ended::Done)
}

fn manual(command: Option<&str>) -> anyhow::Result<String> {
    let mut whole = Arguments::command();
    whole.build();
    let of = match command {
        None => whole,
        Some(name) => {
            let found = whole.find_subcommand(name).cloned();
            found.ok_or_else(|| anyhow::anyhow!("there is no command '{name}'; 'steelthread --help' lists them"))?
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(of).render(&mut page)?;
    Ok(String::from_utf8(page)?)
}

/// One line to standard error. That nobody listens there is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
