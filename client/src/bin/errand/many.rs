//! Many files in one run: what they are ([`inputs`]), where their answers go ([`plan`]), who does them ([`pool`] here, [`online`] in the cloud), and what is
//! told of them ([`report`], [`progress`], [`table`]).
//!
//! The whole plan is made, and refused if two answers would share a place, before anything is done. After that a failure
//! stops nothing but its own file. Memory: some hundred bytes a file for the plan, and one input for each worker,
//! or, in the cloud, a message or a part of an upload for each job on its way.

pub(crate) mod detached;
pub(crate) mod dry_run;
pub(crate) mod inputs;
pub(crate) mod online;
pub(crate) mod plan;
pub(crate) mod pool;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod table;
pub(crate) mod units;

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use errand_client::{Client, Operation};

use self::inputs::{Found, Wanted, find, find_there};
use crate::address::is_there;
use crate::cli::ManyArguments;
use crate::error::Error;

/// All files that are meant, those on this machine first.
pub(crate) async fn all(
    client: Option<&Client>,
    operation: Operation,
    names: &[PathBuf],
    many: &ManyArguments,
    output: Option<&Path>,
    is_fit: Option<fn(&Path) -> bool>,
) -> Result<Found, Error> {
    let is_here = |name: &&PathBuf| client.is_none() || !is_there(name);
    let (here, there): (Vec<_>, Vec<_>) = names.iter().partition(is_here);
    let owned = |names: Vec<&PathBuf>| names.into_iter().cloned().collect::<Vec<_>>();
    let (here, there) = (owned(here), owned(there));
    let wanted = Wanted {
        names: &here,
        list: many.files_from.as_deref(),
        nul: many.null,
        include: &many.include,
        exclude: &many.exclude,
        output,
        is_fit,
    };
    let mut found = find(&wanted)?;
    if let Some(client) = client {
        let there = find_there(client, operation, &there, &wanted).await?;
        found.inputs.extend(there.inputs);
        found.passed_over += there.passed_over;
    }
    Ok(found)
}

/// The end of what waits for nothing, because no cloud is asked.
pub(crate) fn here<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(ended) => ended,
        Poll::Pending => unreachable!("nothing here waits"),
    }
}
