//! `errand cancel`.

use errand_client::{Client, Stopped};

use crate::cli::{CancelArguments, Global};
use crate::error::Error;
use crate::follow::MapProgress;
use crate::journal::Journal;
use crate::limit::within;
use crate::output::{self, Cancellation, Style};

pub(super) async fn run(client: &Client, global: &Global, wanted: &CancelArguments) -> Result<(), Error> {
    within(global.timeout, cancel(client, global, wanted)).await
}

/// Stops what many functions do of a job that is canceled, if they do. They see for themselves that it is, so that one that may not be
/// stopped comes to its end all the same.
async fn stop(client: &Client, canceled: &mut Cancellation) {
    let job_id = canceled.job_id;
    let state = match client.map_state(job_id, None).await {
        Ok(Some(state)) => state,
        Ok(None) => return,
        // It is canceled; this is beside it.
        Err(error) => return output::note(&format!("{job_id}: how far it was cannot be seen: {error}")),
    };
    canceled.progress = Some(MapProgress::from(&state));
    let needs = match client.stop_execution(job_id).await {
        Ok(Stopped::Done) => {
            canceled.stopped = Some(true);
            return;
        }
        Ok(Stopped::NoExecution) => return,
        Ok(Stopped::Not { needs }) => needs,
        Err(error) => error.to_string(),
    };
    output::note(&format!(
        "{job_id}: its execution is not stopped, but gives up by itself: {needs}"
    ));
    canceled.stopped = Some(false);
}

async fn cancel(client: &Client, global: &Global, wanted: &CancelArguments) -> Result<(), Error> {
    let style = Style {
        json: global.json,
        aside: false,
    };
    let (ids, _) = super::ids(client, None, &wanted.job).await?;
    let mut late = 0;
    let known = Journal::known(&ids);
    for job_id in ids {
        // What a job that somebody else sent does is not known here, and nothing depends on it.
        let operation = known.get(&job_id).map(|entry| entry.operation.clone());
        let operation = operation.unwrap_or_else(|| "unknown".parse().expect("a name"));
        let is_canceled = client.cancel(job_id, operation).await?;
        late += usize::from(!is_canceled);
        let mut canceled = Cancellation {
            job_id,
            canceled: is_canceled,
            stopped: None,
            progress: None,
        };
        if is_canceled {
            stop(client, &mut canceled).await;
        }
        output::canceled(&canceled, style)?;
    }
    match late {
        0 => Ok(()),
        count => Err(Error::TooLate { count }),
    }
}
