//! `errand wait`.

use std::collections::HashSet;
use std::sync::Arc;

use errand_client::{Client, JobId, operations};
use tokio::task::JoinSet;

use crate::cli::{Global, WaitArguments};
use crate::error::Error;
use crate::follow::{self, Following};
use crate::job_list::State;
use crate::limit::{GRACE, Limit, within};
use crate::many::progress::tell_of_map;
use crate::output::{self, Style};
use crate::signals::interruption;

/// Jobs that are waited for at once; the others are looked at once one of these is done.
const AT_ONCE: usize = 64;

pub(super) async fn run(client: &Client, global: &Global, wanted: &WaitArguments) -> Result<(), Error> {
    let style = Style {
        json: global.json,
        aside: false,
    };
    let (ids, of_files) = super::ids(client, global.timeout, &wanted.job).await?;
    // What is not answered does not come to an end by itself in time.
    let limit = global.timeout.map(|limit| limit.and(GRACE));
    let following = Arc::new(Following::of_sent());
    tokio::select! {
        ended = within(limit, wait(client, global.timeout, &ids, &of_files, style, &following)) => ended,
        // They go on, and their ids are known to whoever waits.
        () = interruption() => Err(Error::Interrupted { job_id: ids.first().copied(), is_done: false }),
        never = tell_of_map(|| following.text()) => match never {},
    }
}

async fn wait(
    client: &Client,
    limit: Option<Limit>,
    ids: &[JobId],
    of_files: &HashSet<JobId>,
    style: Style,
    following: &Arc<Following>,
) -> Result<(), Error> {
    let usual = operations::ALL
        .iter()
        .map(|operation| operation.default_timeout());
    let usual = usual.max().unwrap_or_default();
    let mut waiting = JoinSet::new();
    let mut left = ids.iter().copied();
    let (mut count, mut first_error) = (0, None);
    loop {
        while waiting.len() < AT_ONCE
            && let Some(id) = left.next()
        {
            let client = client.clone();
            // Each is a map job or not by itself; of one alone it is told how far it is.
            let following = match ids {
                [_] => Arc::clone(following),
                _ => Arc::new(Following::of_sent()),
            };
            waiting.spawn(async move {
                (
                    id,
                    follow::outcome_of(&client, id, limit, usual, &following).await,
                )
            });
        }
        let Some(waited) = waiting.join_next().await else {
            break;
        };
        let (job_id, outcome) = waited.expect("a wait that panics");
        match outcome {
            Ok(outcome) => {
                count += usize::from(State::of(Some(&outcome)) != State::Succeeded);
                output::outcome(&outcome, style)?;
            }
            Err(Error::Client(errand_client::Error::TimedOut { seconds, .. })) => {
                let seconds = limit.map_or(seconds, |limit| limit.time().as_secs());
                first_error.get_or_insert(Error::NoOutcome {
                    job_id,
                    stack: client.stack().clone(),
                    seconds,
                    is_known: of_files.contains(&job_id) || super::is_known(client, job_id).await,
                });
            }
            Err(error @ Error::Client(errand_client::Error::ExecutionEnded { .. })) => {
                first_error.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    match (first_error, count) {
        (Some(error), _) => Err(error),
        (None, 0) => Ok(()),
        (None, count) => Err(Error::JobsFailed { count }),
    }
}
