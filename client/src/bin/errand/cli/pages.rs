//! What is typed after `errand completions` and `errand man`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Print what makes a shell complete this command
///
/// Subcommands, options, values, files, and the ids of jobs that were sent. The script asks `errand` itself, which has to be on the PATH.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand completions bash > ~/.local/share/bash-completion/completions/errand
  errand completions zsh > ~/.zfunc/_errand      with fpath+=(~/.zfunc) before compinit in .zshrc
  errand completions fish > ~/.config/fish/completions/errand.fish
  errand completions powershell >> $PROFILE")]
pub(crate) struct CompletionsArguments {
    /// For which shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// A shell that can be told how to complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// Bash, of version 4 or later
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    #[value(alias = "pwsh")]
    Powershell,
}

/// Print the manual page, or write all into a folder
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  errand man | man -l -
  errand man ~/.local/share/man/man1        one page for each command: then man errand-stats")]
pub(crate) struct ManArguments {
    /// The folder for a page of each command; it is made where it is not there
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}
