//! `errand cancel`.

use errand_client::Client;

use crate::cli::{CancelArguments, Global};
use crate::error::Error;
use crate::journal::Journal;
use crate::limit::within;
use crate::output::{self, Style};

pub(super) async fn run(client: &Client, global: &Global, wanted: &CancelArguments) -> Result<(), Error> {
    within(global.timeout, cancel(client, global, wanted)).await
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
        output::canceled(job_id, is_canceled, style)?;
    }
    match late {
        0 => Ok(()),
        count => Err(Error::TooLate { count }),
    }
}
