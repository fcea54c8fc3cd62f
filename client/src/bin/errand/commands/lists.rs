//! `errand stats` of many lists.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;

use errand_client::operations::STATS;
use errand_client::{Client, JobError, JobIds, MapReport, ObjectReport, ObjectStatus, success};
use errand_stats::{Answer, Column, Parameters};
use serde::Serialize;
use serde_json::Value;

use super::stats::{parameters, summarize};
use crate::answer::job;
use crate::cli::{Global, StatsArguments};
use crate::error::Error;
use crate::limit::{Limit, within};
use crate::many::detached;
use crate::many::dry_run::{self, Fate};
use crate::many::online::{self, Broken, Way};
use crate::many::plan::{Item, printed};
use crate::many::pool::{self, Event};
use crate::many::report::{Manner, Report, Told};
use crate::many::table::Table;
use crate::many::{all, here};
use crate::output::{self, shown, statistics_text};

/// Does all of them in this process.
pub(super) fn offline(global: &Global, wanted: &StatsArguments) -> Result<(), Error> {
    let items = local(wanted)?;
    let parameters = parameters(wanted);
    let mut lines = Lines::new(&items, global, &parameters);
    lines.report.end_with_signals();
    let threads = wanted
        .many
        .jobs
        .or(available_parallelism().ok())
        .unwrap_or(NonZero::<usize>::MIN);
    let memory_bytes = (u64::from(global.memory) << 20) / threads.get() as u64;
    let stop = AtomicBool::new(false);
    let (items, problems) = apart(items);
    lines.problems(&problems, wanted, &stop);
    pool::run(
        items.len(),
        threads.get(),
        &stop,
        |index| {
            summarize(
                &items[index].input,
                &parameters,
                memory_bytes,
                NonZero::<usize>::MIN,
            )
        },
        |event| match event {
            Event::Tick => lines.report.tick(),
            Event::Ended(index, Ok(answer)) => lines.done(&items[index], index, &answer, None, &stop),
            Event::Ended(index, Err(error)) => {
                lines.table_add(index, None);
                lines.report.failed(&items[index], &error);
                lines.after_failure(wanted, &stop);
            }
        },
    );
    lines.end_of(Ok(()))
}

/// Does all of them in the cloud.
pub(super) async fn online(client: &Client, global: &Global, wanted: &StatsArguments) -> Result<(), Error> {
    let items = within(global.timeout, plan(Some(client), wanted)).await?;
    let (parameters, send) = (Arc::new(parameters(wanted)), wanted.send);
    if send.detach {
        let (items, problems) = apart(items);
        let job = move |item: &Item| job(STATS, &*parameters, item.job_input()?, send);
        return detached::send(client, global, &wanted.many, items, &problems, job).await;
    }
    let mut lines = Lines::new(&items, global, &parameters);
    let stop = AtomicBool::new(false);
    let (items, problems) = apart(items);
    lines.problems(&problems, wanted, &stop);
    let items = Arc::new(items);
    let jobs = wanted.many.jobs.map_or(online::JOBS, NonZero::get);
    let start = |index: usize, way: Arc<Way>| {
        let (items, parameters) = (Arc::clone(&items), Arc::clone(&parameters));
        async move {
            let input = items[index].job_input()?;
            let (outcome, timing) = way.ask(job(STATS, &*parameters, input, send)?, None).await?;
            Ok((success::<Answer>(outcome)?, timing))
        }
    };
    let session = client.session();
    let count = items.len();
    let ran = online::run(
        client,
        session,
        count,
        jobs,
        global.timeout,
        start,
        |way, event| {
            lines.report.on_the_way(way);
            match event {
                Event::Tick => {}
                Event::Ended(index, Ok((answer, timing))) => {
                    lines.report.time(&timing);
                    lines.done(&items[index], index, &answer.result, Some(answer.job), &stop);
                }
                Event::Ended(index, Err(error)) => {
                    lines.table_add(index, None);
                    lines.report.failed(&items[index], &error);
                    lines.after_failure(wanted, &stop);
                }
            }
            !stop.load(Ordering::Relaxed)
        },
    )
    .await;
    lines.end_of(ran)
}

/// Says what would be done.
pub(super) fn dry_run(global: &Global, wanted: &StatsArguments) -> Result<(), Error> {
    let (items, problems) = match super::stats::single(wanted) {
        Some(list) => (vec![Item::of(list, PathBuf::new())?], Vec::new()),
        None => apart(local(wanted)?),
    };
    dry_run::say(&items, &problems, global, &wanted.many, STATS, |_| Ok(Fate::Done))
}

/// All lists, which are files here.
pub(super) fn local(wanted: &StatsArguments) -> Result<Vec<Item>, Error> {
    here(plan(None, wanted))
}

/// All lists. Without a client, none is in the cloud.
async fn plan(client: Option<&Client>, wanted: &StatsArguments) -> Result<Vec<Item>, Error> {
    let found = all(client, STATS, &wanted.files, &wanted.many, None, None).await?;
    Ok(printed(found.inputs))
}

/// Those that can be done, and those of which it is known that they cannot.
fn apart(items: Vec<Item>) -> (Vec<Item>, Vec<Item>) {
    items.into_iter().partition(|item| item.problem.is_none())
}

#[derive(Serialize)]
struct Ended<'a> {
    #[serde(flatten)]
    job: Option<JobIds>,
    #[serde(flatten)]
    answer: &'a Answer,
}

/// Whether a row has to say which column it is of: there may be several, or nobody said whether the first row is headers.
fn names_columns(parameters: &Parameters) -> bool {
    match &parameters.column {
        Some(Column::Name(name)) => name.contains(','),
        Some(Column::Number(_)) => parameters.header.is_none(),
        None => parameters.columns.is_some(),
    }
}

/// A job that is done, with an answer for each of many objects.
pub(super) struct Reported<'a> {
    pub(super) job: JobIds,
    pub(super) report: &'a MapReport,
    /// What the names of the objects begin with, if it is known: `s3://BUCKET/`.
    pub(super) bucket: Option<&'a str>,
    pub(super) json: bool,
    pub(super) quiet: bool,
}

impl Reported<'_> {
    /// Tells the answer of each, or why there is none; an error if any failed.
    pub(super) async fn tell(&self, client: &Client, limit: Option<Limit>) -> Result<(), Error> {
        let mut lines: Option<Lines> = None;
        let stop = AtomicBool::new(false);
        let mut index = 0;
        for number in 0..self.report.reports {
            let reading = async { Ok(client.object_reports(self.job.job_id, number).await?) };
            for object in within(limit, reading).await? {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let item = self.item(&object);
                let answer = self.answer(object.status);
                let lines = lines.get_or_insert_with(|| self.lines(answer.as_ref().ok()));
                match answer {
                    Ok(answer) => lines.done(&item, index, &answer, Some(self.job), &stop),
                    Err(error) => {
                        lines.table_add(index, None);
                        lines.report.failed(&item, &error);
                    }
                }
                index += 1;
            }
        }
        lines.unwrap_or_else(|| self.lines(None)).end_of(Ok(()))
    }

    /// How they are told follows from the first answer: others are alike.
    fn lines(&self, first: Option<&Answer>) -> Lines {
        let (with_columns, with_skipped) = match first {
            Some(Answer::Columns(columns)) => {
                let mut summaries = columns.columns.iter().map(|column| &column.summary);
                (true, summaries.any(|summary| !summary.skipped.is_empty()))
            }
            Some(Answer::List(summary)) => (false, !summary.skipped.is_empty()),
            None => (false, false),
        };
        let manner = Manner {
            done: "done",
            json: self.json,
            quiet: self.quiet,
            timing: false,
            in_this_run: false,
            makes_files: false,
        };
        let total = usize::try_from(self.report.objects).unwrap_or(usize::MAX);
        Lines {
            report: Report::of_so_many(total, self.report.bytes_in, manner),
            table: (!self.json).then(|| Table::of_lists(with_columns, with_skipped)),
            json: self.json,
        }
    }

    fn item(&self, object: &ObjectReport) -> Item {
        Item {
            input: format!("{}{}", self.bucket.unwrap_or_default(), object.key).into(),
            output: PathBuf::new(),
            below: None,
            size_bytes: object.size_bytes,
            there: None,
            problem: None,
        }
    }

    fn answer(&self, status: ObjectStatus) -> Result<Answer, Error> {
        let bad = |message: String| {
            Error::from(errand_client::Error::BadAnswer {
                job_id: self.job.job_id,
                message,
            })
        };
        match status {
            ObjectStatus::Done { result, .. } => {
                serde_json::from_value(Value::Object(result)).map_err(|error| bad(error.to_string()))
            }
            ObjectStatus::Failed { code, message } => Err(Error::Failed(JobError::permanent(code, message))),
            ObjectStatus::Skipped => Err(bad("a list was skipped".to_owned())),
        }
    }
}

/// Rows in the order of the lists, or whole answers as they come.
struct Lines {
    report: Report,
    table: Option<Table>,
    json: bool,
}

impl Lines {
    fn new(items: &[Item], global: &Global, parameters: &Parameters) -> Self {
        let manner = Manner {
            done: "done",
            json: global.json,
            quiet: global.quiet,
            timing: global.timing,
            in_this_run: true,
            makes_files: false,
        };
        Self {
            report: Report::new(items.iter(), manner),
            table: (!global.json)
                .then(|| Table::of_lists(names_columns(parameters), parameters.skip_invalid)),
            json: global.json,
        }
    }

    fn problems(&mut self, problems: &[Item], wanted: &StatsArguments, stop: &AtomicBool) {
        for item in problems {
            if let Some(error) = &item.problem {
                self.report.failed(item, error);
                self.after_failure(wanted, stop);
            }
        }
    }

    fn after_failure(&mut self, wanted: &StatsArguments, stop: &AtomicBool) {
        if wanted.many.fail_fast {
            self.report.stop("--fail-fast");
        }
        stop.fetch_or(self.report.is_over(), Ordering::Relaxed);
    }

    fn done(&mut self, item: &Item, index: usize, answer: &Answer, job: Option<JobIds>, stop: &AtomicBool) {
        let told = Told {
            input: &item.input,
            output: None,
            answer: Ended { job, answer },
            output_bytes: 0,
        };
        let is_row = Table::holds(answer);
        self.report.done(item, &told, || {
            (!is_row).then(|| format!("{}\n{}\n", shown(&item.input), statistics_text(answer)))
        });
        self.table_add(index, is_row.then_some((answer, &item.input)));
        if let (Answer::Columns(columns), true, false) = (answer, is_row, self.json) {
            for column in &columns.not_numeric {
                output::line(&format!("{}: not numeric: {column}", shown(&item.input)));
            }
        }
        stop.fetch_or(self.report.is_over(), Ordering::Relaxed);
    }

    fn table_add(&mut self, index: usize, row: Option<(&Answer, &Path)>) {
        if let Some(lines) = self.table.as_mut().and_then(|table| table.add(index, row)) {
            self.report.line(&lines);
        }
    }

    fn end_of(mut self, run: Result<(), Broken>) -> Result<(), Error> {
        debug_assert_eq!(self.json, self.table.is_none());
        if let Some(lines) = self.table.as_mut().and_then(Table::end) {
            self.report.line(&lines);
        }
        self.report.end_of(run)
    }
}
