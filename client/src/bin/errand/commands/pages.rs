//! `errand completions` and `errand man`: pages and scripts of the one definition of the command line.

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
        Shell::PowerShell => &Powershell,
    };
    let mut script = Vec::new();
    let name = "errand";
    shell
        .write_registration(cli::COMPLETION_VARIABLE, name, name, name, &mut script)
        .map_err(failed("-".as_ref()))?;
    print(&script)
}

pub(crate) fn man(wanted: &ManArguments) -> Result<(), Error> {
    // Not clap's own width, which is the terminal's: manuals are set by whoever shows them.
    let mut root = cli::command().disable_help_subcommand(true);
    root.build();
    match &wanted.folder {
        None => print(&page(root).map_err(failed("-".as_ref()))?),
        Some(folder) => {
            fs::create_dir_all(folder).map_err(failed(folder))?;
            write_all(&root, folder)
        }
    }
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
    // The version, but not of which commit: pages of a release are the same wherever they are made.
    let source = concat!("errand ", env!("CARGO_PKG_VERSION"));
    Man::new(command.version(env!("CARGO_PKG_VERSION")))
        .source(source)
        .manual("errand")
        .render(&mut text)?;
    Ok(text)
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
