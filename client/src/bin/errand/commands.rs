//! What the subcommands do, one file each.

mod dead_letters;
mod doctor;
mod grayscale;
mod images;
mod listen;
mod lists;
mod result;
mod stats;

use errand_client::Client;

use crate::cli::{Command, Global};
use crate::error::Error;

/// Does what was typed in this process, with no cloud at all, or says what would be done.
pub(crate) fn run_offline(global: &Global, command: &Command) -> Result<(), Error> {
    match command {
        Command::Stats(wanted) if wanted.many.dry_run => lists::dry_run(global, wanted),
        Command::Grayscale(wanted) if wanted.many.dry_run => images::dry_run(global, wanted),
        Command::Stats(wanted) => stats::offline(global, wanted),
        Command::Grayscale(wanted) => grayscale::offline(global, wanted),
        Command::Result(_) | Command::Listen(_) | Command::DeadLetters(_) | Command::Doctor(_) => Err(
            Error::Usage("this asks the cloud: leave out --offline (or ERRAND_OFFLINE)".to_owned()),
        ),
    }
}

/// Does what was typed in the cloud. `errand doctor` also has something to say when there is no connection.
pub(crate) async fn run_online(
    client: Result<Client, Error>,
    global: &Global,
    command: &Command,
) -> Result<(), Error> {
    match command {
        Command::Stats(wanted) => stats::online(&client?, global, wanted).await,
        Command::Grayscale(wanted) => grayscale::online(&client?, global, wanted).await,
        Command::Result(wanted) => result::run(&client?, global, wanted).await,
        Command::Listen(wanted) => listen::run(&client?, global, wanted).await,
        Command::DeadLetters(wanted) => dead_letters::run(&client?, global, wanted).await,
        Command::Doctor(wanted) => doctor::run(client, global, wanted).await,
    }
}
