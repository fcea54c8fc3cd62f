//! `errand stats`.

use errand_stats::{Accumulator, Parameters, ReadError, Selection, Summary};

use crate::answer::{JobIds, ask, success};
use crate::cli::{Global, StatsArguments};
use crate::cloud::Cloud;
use crate::error::Error;
use crate::files::{LocalInput, Stream};
use crate::operations::STATS;
use crate::output::{self, Style};

pub(super) fn offline(global: &Global, wanted: &StatsArguments) -> Result<(), Error> {
    let source = Stream::open(&wanted.file)?;
    // Half for the integers, as in the function: modes and the distinct count need a copy of them.
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

pub(super) async fn online(cloud: &Cloud, global: &Global, wanted: &StatsArguments) -> Result<(), Error> {
    let input = LocalInput::open(&wanted.file)?;
    let outcome = ask(cloud, STATS, &parameters(wanted), &input, global.timeout).await?;
    let job = JobIds::from(&outcome);
    let (summary, _): (Summary, _) = success(outcome)?;
    output::result(&summary, Some(job), style(global))
}

fn parameters(wanted: &StatsArguments) -> Parameters {
    Parameters {
        column: wanted.column.clone(),
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
