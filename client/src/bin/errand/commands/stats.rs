//! `errand stats`.

use errand_client::operations::STATS;
use errand_client::{Client, success};
use errand_stats::{Accumulator, Parameters, ReadError, Selection, Summary};

use crate::answer::{ask, detach, job};
use crate::cli::{Global, StatsArguments};
use crate::error::Error;
use crate::files::{self, Stream};
use crate::output::{self, Style};

pub(super) fn offline(global: &Global, wanted: &StatsArguments) -> Result<(), Error> {
    wanted.send.check_offline()?;
    let source = Stream::open(&wanted.file)?;
    // Half for the numbers, as in the function: modes and the distinct count need a copy of them.
    let half = usize::try_from(u64::from(global.memory) << 19).unwrap_or(usize::MAX);
    let mut list = Accumulator::new(&parameters(wanted)).with_memory_budget(half);
    list.read(source.bytes).map_err(|error| match error {
        ReadError::List(error) => rejected(error),
        ReadError::Input(source) => Error::Read {
            path: wanted.file.clone(),
            source,
        },
    })?;
    let summary = list.finish().map_err(rejected)?;
    output::result(&summary, None, style(global))
}

pub(super) async fn online(client: &Client, global: &Global, wanted: &StatsArguments) -> Result<(), Error> {
    let input = files::input(&wanted.file)?;
    let job = job(STATS, &parameters(wanted), input, wanted.send)?;
    if wanted.send.detach {
        return detach(client, global, job).await;
    }
    let outcome = ask(client, job, global.timeout).await?;
    let answer = success::<Summary>(outcome)?;
    output::result(&answer.result, Some(answer.job), style(global))
}

fn parameters(wanted: &StatsArguments) -> Parameters {
    Parameters {
        column: wanted.column.clone(),
        decimal_comma: wanted.decimal_comma,
        skip_invalid: wanted.skip_invalid,
        statistics: if wanted.all {
            Selection::All
        } else {
            wanted.statistics.clone()
        },
        percentiles: wanted.percentiles.clone(),
        histogram: wanted.histogram,
    }
}

fn style(global: &Global) -> Style {
    Style {
        json: global.json,
        aside: false,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a function for map_err")]
fn rejected(error: errand_stats::Error) -> Error {
    Error::offline(error.code(), error.to_string())
}
