//! `errand completions` and `errand man`: pages and scripts of the one definition of the command line.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use clap::Command;
use clap_complete::env::{Bash, EnvCompleter, Fish, Powershell, Zsh};
use clap_mangen::Man;

use crate::cli::{self, CompletionsArguments, ManArguments, Shell};
use crate::error::Error;

pub(crate) fn completions(wanted: &CompletionsArguments) -> Result<(), Error> {
    let shell: &dyn EnvCompleter = match wanted.shell {
        Shell::Bash => &Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
        Shell::Powershell => &Powershell,
    };
    let mut script = Vec::new();
    let name = "errand";
    shell
        .write_registration(cli::COMPLETION_VARIABLE, name, name, name, &mut script)
        .map_err(failed("-".as_ref()))?;
    print(&script)
}

pub(crate) fn man(wanted: &ManArguments) -> Result<(), Error> {
    let mut root = in_full(cli::command()).disable_help_subcommand(true);
    root.build();
    match &wanted.folder {
        None => print(&page(root).map_err(failed("-".as_ref()))?),
        Some(folder) => {
            fs::create_dir_all(folder).map_err(failed(folder))?;
            write_all(&root, folder)
        }
    }
}

/// With what a short help leaves out, and without the clutter that the long one has of it.
fn in_full(command: Command) -> Command {
    command
        .mut_args(|arg| arg.hide_short_help(false))
        .mut_subcommands(in_full)
}

/// A page of a command and one of each below it, such as errand-dead-letters-show.1.
fn write_all(command: &Command, folder: &Path) -> Result<(), Error> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let path = folder.join(format!("{name}.1"));
    let text = page(command.clone()).map_err(failed(&path))?;
    fs::write(&path, text).map_err(failed(&path))?;
    command
        .get_subcommands()
        .filter(|sub| !sub.is_hide_set())
        .try_for_each(|sub| write_all(sub, folder))
}

fn page(command: Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let has_subcommands = command.has_subcommands();
    let notes = command.get_after_long_help().or(command.get_after_help());
    let notes = notes
        .map(|notes| sections(&notes.to_string()))
        .unwrap_or_default();
    // The version, but not of which commit: pages of a release are the same wherever they are made.
    let man = Man::new(command)
        .source(concat!("errand ", env!("CARGO_PKG_VERSION")))
        .manual("errand");
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if has_subcommands {
        man.render_subcommands_section(&mut text)?;
    }
    text.extend(notes.bytes());
    Ok(text)
}

/// What stands below a help page, as sections of a manual page: examples and tables keep their lines, which `clap_mangen` would
/// fill.
fn sections(notes: &str) -> String {
    let mut text = String::new();
    for paragraph in notes.split("\n\n") {
        match paragraph.split_once(":\n") {
            Some((title, lines)) if !title.contains('\n') => {
                let _ = writeln!(text, ".SH {}\n.nf", title.to_uppercase());
                for line in lines.lines() {
                    let _ = writeln!(text, "{}", escaped(line.strip_prefix("  ").unwrap_or(line)));
                }
                text += ".fi\n";
            }
            _ => {
                let (title, rest) = paragraph.split_once(": ").unwrap_or(("Notes", paragraph));
                let _ = writeln!(text, ".SH {}", title.to_uppercase());
                for line in rest.lines() {
                    let _ = writeln!(text, "{}", escaped(line));
                }
            }
        }
    }
    text
}

/// A line of text for roff (`groff_char(7)`, `groff(7)`).
fn escaped(line: &str) -> String {
    let mut text = String::new();
    if line.starts_with(['.', '\'']) {
        text += "\\&";
    }
    for letter in line.chars() {
        match letter {
            '\\' => text += "\\e",
            // A hyphen that is typed, rather than one of typography; likewise the others.
            '-' => text += "\\-",
            '\'' => text += "\\(aq",
            '`' => text += "\\(ga",
            '^' => text += "\\(ha",
            '~' => text += "\\(ti",
            letter if letter.is_ascii() => text.push(letter),
            // Writing into a text does not fail.
            letter => _ = write!(text, "\\[u{:04X}]", u32::from(letter)),
        }
    }
    text
}

fn print(bytes: &[u8]) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(bytes)
        .and_then(|()| stdout.flush())
        .map_err(failed("-".as_ref()))
}

fn failed(path: &Path) -> impl Fn(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Write {
        path: path.clone(),
        source,
    }
}
