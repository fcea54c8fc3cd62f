//! The command line as it is parsed, shown, completed and documented: what the structs say, and what holds for all options alike.

use std::env;

use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, Command, CommandFactory};
use errand_client::operations;

use super::Arguments;

/// Options of operations, and these: to other commands they are not offered, and those refuse them.
const OF_OPERATIONS: [&str; 3] = ["offline", "memory", "timing"];

/// Commands that ask no cloud and print no answer: no global option means anything there.
const PAGES: [&str; 2] = ["completions", "man"];

/// Global options that are in the short help as well.
const SHORT: [&str; 3] = ["json", "offline", "target"];

/// The whole command line.
pub(crate) fn command() -> Command {
    command_without(&[])
}

/// The same, which does not look at these variables.
pub(super) fn command_without(variables: &[String]) -> Command {
    let root = Arguments::command();
    let global: Vec<Arg> = root
        .get_arguments()
        .filter(|arg| arg.is_global_set())
        .map(|arg| polish(arg.clone(), variables))
        .collect();
    let root = root.mut_subcommands(|sub| {
        let name = sub.get_name().to_owned();
        let is_operation = operations::ALL.iter().any(|each| each.name().as_str() == name);
        let hidden = global.iter().filter(|arg| {
            let is_of_operations = OF_OPERATIONS.contains(&arg.get_id().as_str());
            PAGES.contains(&name.as_str()) || is_of_operations && !is_operation
        });
        let hidden: Vec<_> = hidden.map(|arg| arg.clone().hide(true)).collect();
        sub.args(hidden)
    });
    every(root, variables)
}

fn every(command: Command, variables: &[String]) -> Command {
    command
        .mut_args(|arg| polish(arg, variables))
        .mut_subcommands(|sub| every(sub, variables))
}

/// What holds for every option.
fn polish(arg: Arg, without: &[String]) -> Arg {
    // A switch's variable is often 1.
    let arg = match arg.get_action() {
        ArgAction::SetTrue => arg.value_parser(BoolishValueParser::new()),
        _ => arg,
    };
    // Global options are out of the way of a command's own.
    let arg = if arg.is_global_set() && !SHORT.contains(&arg.get_id().as_str()) {
        arg.hide_short_help(true)
    } else {
        arg
    };
    // What is empty says nothing, as an unset variable in a script.
    let is_left_out = |name: &str| {
        without.iter().any(|each| each == name) || env::var_os(name).is_some_and(|value| value.is_empty())
    };
    let name = arg.get_env().and_then(|name| name.to_str()).map(str::to_owned);
    match name {
        Some(name) if is_left_out(&name) => arg.env(None::<&'static str>),
        // A value does not belong into a page that others read.
        _ => arg.hide_env_values(true),
    }
}
