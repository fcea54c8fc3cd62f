//! What would be done: `--dry-run`.

use std::num::NonZero;
use std::thread::available_parallelism;
use std::time::Duration;

use errand_client::Operation;
use serde_json::json;

use super::online::JOBS;
use super::plan::Item;
use super::units;
use crate::cli::{Global, ManyArguments};
use crate::cost::Bill;
use crate::error::Error;
use crate::output::{self, Style, shown};

/// What an upload and what a processor get through in a second where nobody has measured: 100 Mbit, and about what an image
/// or a list takes that is neither the lightest nor the heaviest of its kind.
const NETWORK_BYTES: f64 = 12.5e6;
const PROCESSOR_BYTES: f64 = 50e6;

/// The way there and back, which as many jobs share as are on their way, in seconds.
const JOB_SECS: f64 = 0.5;

/// What would become of a file.
pub(crate) enum Fate {
    Done,
    Skipped,
}

/// Says it, a line for each, and the sum; an error if something is known to fail.
pub(crate) fn say(
    items: &[Item],
    problems: &[Item],
    global: &Global,
    many: &ManyArguments,
    operation: Operation,
    fate: impl Fn(&Item) -> Result<Fate, Error>,
) -> Result<(), Error> {
    let (mut done, mut skipped, mut failed, mut size_bytes) = (0_usize, 0_usize, 0_usize, 0);
    let mut bill = Bill::of_a_run();
    let is_one_of_many = items.len() > 1;
    let style = Style {
        json: global.json,
        aside: false,
    };
    let fail = |item: &Item, error: &Error| {
        output::line(&format!("{}: {}", shown(&item.input), error.of(&item.input)));
    };
    for item in problems {
        failed += 1;
        if let Some(error) = &item.problem {
            fail(item, error);
        }
    }
    for item in items {
        let (input, target) = (item.input.to_string_lossy(), item.output.to_string_lossy());
        match fate(item) {
            Ok(Fate::Skipped) => skipped += 1,
            Ok(Fate::Done) => {
                done += 1;
                size_bytes += item.size_bytes;
                bill.add(Bill::of_a_job(
                    operation,
                    item.size_bytes,
                    false,
                    is_one_of_many,
                    None,
                ));
                let answer = json!({ "input": input, "status": "would be done", "output": target, "bytes": item.size_bytes });
                output::said(style, &answer, || {
                    if target.is_empty() {
                        shown(&item.input)
                    } else {
                        format!("{} -> {}", shown(&item.input), shown(&item.output))
                    }
                })?;
            }
            Err(error) => {
                failed += 1;
                fail(item, &error);
            }
        }
    }
    let time = expected(done, size_bytes, global.offline, many.jobs);
    let requests = bill.client_requests.ceil();
    let mut text = format!("would do {done}, {}", units::bytes(size_bytes));
    for (count, words) in [(skipped, "would be skipped"), (failed, "would fail")] {
        if count > 0 {
            text = format!("{text}; {count} {words}");
        }
    }
    text = format!("{text}; about {}", units::time(time));
    if !global.offline {
        text = format!(
            "{text} at 100 Mbit/s, {requests} requests from here, {} (list prices, see docs/cost.md)",
            bill.text()
        );
    }
    if global.json {
        let summary = json!({
            "would_be_done": done,
            "would_be_skipped": skipped,
            "would_fail": failed,
            "input_bytes": size_bytes,
            "seconds": time.as_secs_f64(),
            "requests": if global.offline { 0.0 } else { requests },
            "usd": if global.offline { 0.0 } else { bill.usd() },
        });
        output::said(style, &json!({ "summary": summary }), String::new)?;
    }
    if !global.quiet {
        output::line(&text);
    }
    if failed > 0 {
        return Err(Error::SomeFailed {
            failed,
            total: items.len() + problems.len(),
        });
    }
    Ok(())
}

/// A guess, by what is usual.
#[expect(clippy::cast_precision_loss, reason = "a guess")]
fn expected(count: usize, size_bytes: u64, offline: bool, jobs: Option<NonZero<usize>>) -> Duration {
    let (count, size) = (count as f64, size_bytes as f64);
    let at_once = |usual: usize| jobs.map_or(usual, NonZero::get) as f64;
    let seconds = if offline {
        let processors = available_parallelism().map_or(1, NonZero::get);
        size / PROCESSOR_BYTES / at_once(processors).min(processors as f64)
    } else {
        // Images come back about as large as they go.
        2.0 * size / NETWORK_BYTES + JOB_SECS * (count / at_once(JOBS)).ceil()
    };
    Duration::from_secs_f64(seconds)
}
