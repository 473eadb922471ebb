//! `token`: lines for the files that `serve` reads.

use super::args::{NewTokenArgs, TokenCommand};
use super::exit::Ended;
use super::output;
use crate::serve::{check_name, new_token};
use anyhow::Context;

pub(super) fn run(command: TokenCommand) -> anyhow::Result<Ended> {
    let TokenCommand::New(args) = command;
    output::print(&line(&args, &new_token().context("this machine gives no random numbers")?)?)?;
    Ok(Ended::Done)
}

fn line(args: &NewTokenArgs, token: &str) -> anyhow::Result<String> {
    check_name(&args.name).map_err(anyhow::Error::msg)?;
    let scopes = if args.scope.is_empty() { String::new() } else { format!(" {}", args.scope.join(",")) };
    Ok(format!("{}: {token}{scopes}\n", args.name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_line_holds_name_token_and_scopes() {
        let args = |name: &str, scope: &[&str]| NewTokenArgs {
            name: name.into(),
            scope: scope.iter().map(|word| (*word).to_owned()).collect(),
        };
        assert_eq!(line(&args("shop", &[]), "st_1").unwrap(), "shop: st_1\n");
        assert_eq!(line(&args("shop", &["intake", "read"]), "st_1").unwrap(), "shop: st_1 intake,read\n");
        assert!(line(&args("my shop", &[]), "st_1").unwrap_err().to_string().contains("letters, digits and"));
    }

    #[test]
    fn tokens_are_long_and_never_the_same() {
        let (one, other) = (new_token().unwrap(), new_token().unwrap());
        assert!(one != other && one.len() == 67 && one.starts_with("st_"), "{one}");
    }
}
