//! Many jobs that are sent now and fetched later: `--detach`.

use std::num::NonZero;
use std::sync::Arc;

use errand_client::{Client, Job, JobId};
use serde::Serialize;

use super::online;
use super::plan::Item;
use super::pool::Event;
use super::report::{Manner, Report, Told};
use crate::cli::{Global, ManyArguments};
use crate::error::Error;

#[derive(Serialize)]
struct Answer {
    job_id: JobId,
}

/// Sends a job for each, and prints its id as soon as its request is in its queue.
///
/// Whose id is not printed, because nobody takes it or because the run is interrupted in that moment, is in the journal.
pub(crate) async fn send(
    client: &Client,
    global: &Global,
    many: &ManyArguments,
    items: Vec<Item>,
    problems: &[Item],
    job: impl Fn(&Item) -> Result<Job, Error> + Send + Sync + 'static,
) -> Result<(), Error> {
    let manner = Manner {
        done: "sent",
        json: global.json,
        quiet: global.quiet,
        timing: false,
        in_this_run: true,
        makes_files: false,
    };
    let mut report = Report::new(items.iter().chain(problems), manner);
    let failed = |report: &mut Report, item: &Item, error: &Error| {
        report.failed(item, error);
        if many.fail_fast {
            report.stop("--fail-fast");
        }
    };
    for item in problems {
        if let Some(error) = &item.problem {
            failed(&mut report, item, error);
        }
    }
    let (items, job) = (Arc::new(items), Arc::new(job));
    let jobs = many.jobs.map_or(online::JOBS, NonZero::get);
    let count = if report.is_over() { 0 } else { items.len() };
    let start = |index: usize, way: Arc<online::Way>| {
        let (items, job) = (Arc::clone(&items), Arc::clone(&job));
        async move {
            let item = &items[index];
            let job = job(item)?;
            let job_id = job.id();
            way.send(job, item.below.as_ref()).await?;
            Ok(job_id)
        }
    };
    let session = client.detached_session();
    let ran = online::run(
        client,
        session,
        count,
        jobs,
        global.timeout,
        start,
        |way, event| {
            report.on_the_way(way);
            match event {
                Event::Tick => {}
                Event::Ended(index, Ok(job_id)) => {
                    let item = &items[index];
                    let told = Told {
                        input: &item.input,
                        output: None,
                        answer: Answer { job_id },
                        output_bytes: 0,
                    };
                    report.done(item, &told, || Some(job_id.to_string()));
                }
                Event::Ended(index, Err(error)) => failed(&mut report, &items[index], &error),
            }
            !report.is_over()
        },
    )
    .await;
    report.end_of(ran)
}
