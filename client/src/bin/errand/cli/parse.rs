//! From the words of a command line to what is wanted, or to what is wrong with them.

use std::env;
use std::ffi::OsString;

use clap::builder::{BoolishValueParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, FromArgMatches};
use clap_complete::engine::ArgValueCandidates;

use super::command::command_without;
use super::{Arguments, complete};
use crate::config::{Given, Key, aws_variables, nearest};
use crate::error::Error;
use crate::output;

/// What was typed and set.
pub(crate) struct Typed {
    pub(crate) arguments: Arguments,
    /// Who said what about settings.
    pub(crate) given: Given,
}

/// Reads the command line. Help and version are printed: then there is nothing left to do.
pub(crate) fn parse(words: &[OsString]) -> Result<Option<Typed>, Error> {
    let matches = match matches(words) {
        Ok(matches) => matches,
        Err(error) => {
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                    print(&error)?;
                    Ok(None)
                }
                _ => Err(Error::CommandLine(Box::new(error))),
            };
        }
    };
    let given = given(&matches);
    let arguments =
        Arguments::from_arg_matches(&matches).map_err(|error| Error::CommandLine(Box::new(error)))?;
    Ok(Some(Typed { arguments, given }))
}

/// Whether whoever reads stdout wants JSON, also of a command line that cannot be read otherwise.
pub(crate) fn wants_json(words: &[OsString]) -> bool {
    let options = words.iter().skip(1).take_while(|word| *word != "--");
    let is_set = |value: OsString| {
        let command = Command::new("errand");
        BoolishValueParser::new()
            .parse_ref(&command, None, &value)
            .unwrap_or(false)
    };
    options.into_iter().any(|word| word == "--json") || env::var_os("ERRAND_JSON").is_some_and(is_set)
}

/// Prints a page that was asked for, like any other answer: a standard output that does not take it is told.
fn print(page: &clap::Error) -> Result<(), Error> {
    let page = page.render();
    let text = if output::is_seen() {
        page.ansi().to_string()
    } else {
        page.to_string()
    };
    output::write_out(text.as_bytes()).map_err(|source| Error::Write {
        path: "-".into(),
        source,
    })
}

/// What was typed, and what variables say beside it: less than what is typed, where both cannot be.
fn matches(words: &[OsString]) -> Result<ArgMatches, clap::Error> {
    let read = |without: &[String]| command_without(without).try_get_matches_from(words);
    // Variables are no words: whoever types none wants the page.
    if words.len() == 1 {
        return read(&variables(&super::command()));
    }
    let mut error = match read(&[]) {
        Ok(matches) => return Ok(matches),
        Err(error) => error,
    };
    if !matches!(
        error.kind(),
        ErrorKind::ValueValidation | ErrorKind::InvalidValue | ErrorKind::ArgumentConflict
    ) {
        return Err(error);
    }
    // Those without which it is another matter are what it is about.
    let argument = error.get(ContextKind::InvalidArg).map(ToString::to_string);
    let mut causes = Vec::new();
    for name in variables(&super::command()) {
        match read(std::slice::from_ref(&name)) {
            Ok(matches) => {
                causes.push(name);
                if error.kind() == ErrorKind::ArgumentConflict && causes.len() == 1 {
                    // Another variable may be the other side of it.
                    let rest = variables(&super::command());
                    let is_alone = !rest
                        .iter()
                        .any(|other| *other != causes[0] && read(std::slice::from_ref(other)).is_ok());
                    if is_alone {
                        return Ok(matches);
                    }
                }
            }
            Err(other) if other.get(ContextKind::InvalidArg).map(ToString::to_string) != argument => {
                causes.push(name);
            }
            Err(_) => {}
        }
    }
    if !causes.is_empty() {
        let names = causes.join(" and ");
        let tip = format!("this comes from the variable {names}: change it, or unset it");
        add_tip(&mut error, tip);
    }
    if let Some(tip) = meant(&error) {
        add_tip(&mut error, tip);
    }
    Err(error)
}

fn add_tip(error: &mut clap::Error, tip: String) {
    let mut tips = match error.remove(ContextKind::Suggested) {
        Some(ContextValue::StyledStrs(tips)) => tips,
        _ => Vec::new(),
    };
    tips.push(tip.into());
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
}

/// The value that was meant, most likely, of an option that has names for values.
fn meant(error: &clap::Error) -> Option<String> {
    let (Some(ContextValue::String(argument)), Some(ContextValue::String(value))) = (
        error.get(ContextKind::InvalidArg),
        error.get(ContextKind::InvalidValue),
    ) else {
        return None;
    };
    if error.kind() != ErrorKind::ValueValidation {
        return None;
    }
    let value = value.rsplit(',').next().unwrap_or(value).trim();
    let mut root = super::command();
    root.build();
    let known = choices(&root, argument)?;
    // An id that is nearly another's is not meant for it.
    let known = known
        .iter()
        .map(String::as_str)
        .filter(|name| !complete::is_job_id(name));
    let name = nearest(value, known)?;
    Some(format!("a similar value exists: '{name}'"))
}

/// The words that an option, as an error names it, has for values.
fn choices(command: &Command, argument: &str) -> Option<Vec<String>> {
    let option = command.get_arguments().find(|arg| arg.to_string() == *argument);
    if let Some(candidates) = option.and_then(|arg| arg.get::<ArgValueCandidates>()) {
        let candidates = candidates.candidates();
        let names = candidates.iter().filter_map(|each| each.get_value().to_str());
        return Some(names.map(str::to_owned).collect());
    }
    command.get_subcommands().find_map(|sub| choices(sub, argument))
}

/// The variables of options that are set.
fn variables(command: &Command) -> Vec<String> {
    let mut names: Vec<_> = command
        .get_arguments()
        .filter_map(|arg| Some(arg.get_env()?.to_str()?.to_owned()))
        .filter(|name| env::var_os(name).is_some())
        .collect();
    for sub in command.get_subcommands() {
        names.extend(variables(sub));
    }
    names.sort();
    names.dedup();
    names
}

/// An error's text for a program: without usage and where to look.
pub(crate) fn message(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "no command was given: see `errand --help`".to_owned();
    }
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let lines = text
        .lines()
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"));
    let lines: Vec<_> = lines.map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("; ")
}

/// Who said what about settings.
fn given(matches: &ArgMatches) -> Given {
    let mut given = Given {
        aws: aws_variables(),
        ..Given::default()
    };
    for key in Key::all(false) {
        let id = key.name().replace('-', "_");
        let Ok(Some(mut raw)) = matches.try_get_raw(&id) else {
            continue;
        };
        let Some(text) = raw.next().and_then(|text| text.to_str()) else {
            continue;
        };
        // What is empty says nothing.
        if text.is_empty() {
            continue;
        }
        let said = (*key, text.to_owned());
        match matches.value_source(&id) {
            Some(ValueSource::CommandLine) => given.options.push(said),
            Some(ValueSource::EnvVariable) => given.variables.push(said),
            _ => {}
        }
    }
    given
}
