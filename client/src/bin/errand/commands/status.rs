//! `errand status`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use errand_client::admin::{OldestMessage, Seen, unix_ms};
use errand_client::{Client, Outcome, Status as Ending, operations};
use errand_protocol::QueueName;

use crate::cli::{Global, StatusArguments};
use crate::commands::jobs;
use crate::error::Error;
use crate::job_list::{State, outcomes};
use crate::limit::within;
use crate::map_jobs;
use crate::output::{self, JobLine, QueueLine, Status, Style, Unanswered, Window};
use crate::unanswered::unanswered;

/// Outcomes that are shown one by one.
const SHOWN: usize = 5;

pub(super) async fn run(client: &Client, global: &Global, wanted: &StatusArguments) -> Result<(), Error> {
    within(global.timeout, look(client, global, wanted)).await
}

async fn look(client: &Client, global: &Global, wanted: &StatusArguments) -> Result<(), Error> {
    // Tells at once where there is no stack.
    client.deployment().await?;
    let (queues, ages_need) = queues(client).await?;
    let reply_queues = client.cloud().reply_queue_urls().await?.len();
    let map_jobs = map_jobs::of_stack(client).await?;
    let (window, newest) = outcomes_of(client, wanted).await?;
    let waiting = unanswered(client).await?;
    let status = Status {
        stack: client.stack().as_str(),
        place: client.cloud().place_name(),
        at_unix_ms: unix_ms(),
        queues,
        ages_need,
        reply_queues,
        map_jobs,
        outcomes: window,
        last: newest.iter().take(SHOWN).map(line).collect(),
        unanswered: Unanswered {
            count: waiting.len(),
            oldest_job_id: waiting.first().map(|entry| entry.job_id),
            oldest_sent_at_unix_ms: waiting.first().map(|entry| entry.sent_at_unix_ms),
        },
    };
    let style = Style {
        json: global.json,
        aside: false,
    };
    output::status(&status, style)
}

/// All queues of the stack, and what it takes to know how old their messages are, where that is not known.
async fn queues(client: &Client) -> Result<(Vec<QueueLine>, Option<String>), Error> {
    let (cloud, stack) = (client.cloud(), client.stack());
    let mut wanted = Vec::new();
    for operation in operations::ALL {
        let name = operation.name();
        wanted.push((stack.request_queue(&name), "requests", Some(name.clone())));
        wanted.push((stack.dead_letter_queue(&name), "dead_letters", Some(name)));
    }
    wanted.push((stack.response_queue(), "responses", None));
    let names: Vec<QueueName> = wanted.iter().map(|(queue, ..)| queue.clone()).collect();
    // A figure beside the others: what keeps it away keeps nothing else.
    let (ages, ages_need) = match cloud.oldest_messages(&names).await {
        Ok(Seen::There(ages)) => (ages, None),
        Ok(Seen::Missing) => (HashMap::new(), Some("CloudWatch is not there".to_owned())),
        Ok(Seen::Not { needs }) => (HashMap::new(), Some(needs)),
        Err(error) => (HashMap::new(), Some(error.to_string())),
    };
    let mut lines = Vec::new();
    for (queue, kind, operation) in wanted {
        let (state, needs) = match cloud.queue_state(&queue).await? {
            Seen::There(state) => (Some(state), None),
            Seen::Missing => (None, Some("it is missing: deploy the stack again".to_owned())),
            Seen::Not { needs } => (None, Some(needs)),
        };
        let oldest: Option<&OldestMessage> = ages.get(&queue);
        lines.push(QueueLine {
            kind,
            operation,
            waiting: state.as_ref().map(|state| state.waiting),
            in_flight: state.as_ref().map(|state| state.in_flight),
            delayed: state.as_ref().map(|state| state.delayed),
            oldest_age_secs: oldest.map(|oldest| oldest.age_secs),
            oldest_measured_at_unix_ms: oldest.map(|oldest| oldest.measured_at_unix_secs * 1000),
            needs,
            queue: queue.to_string(),
        });
    }
    Ok((lines, ages_need))
}

/// What became of the jobs of the last while, and the newest outcomes, however old.
async fn outcomes_of(client: &Client, wanted: &StatusArguments) -> Result<(Window, Vec<Outcome>), Error> {
    let since_ms = u64::try_from(wanted.since.as_millis()).unwrap_or(u64::MAX);
    let begin = unix_ms().saturating_sub(since_ms);
    let enough = wanted.limit.max(SHOWN);
    let mut listed = jobs::list(client, 0, enough).await?;
    listed.sort_by_key(|each| (Reverse(each.stored_at_unix_ms), each.job_id));
    let is_all = listed
        .get(wanted.limit)
        .is_none_or(|next| next.stored_at_unix_ms < begin);
    listed.truncate(enough);
    let ids: Vec<_> = listed.iter().map(|each| each.job_id).collect();
    let found = outcomes(client, &ids).await?;
    // One that a last attempt has only prepared is none yet.
    let newest: Vec<Outcome> = found.into_iter().flatten().collect();
    let mut window = Window {
        since_secs: wanted.since.as_secs(),
        is_all,
        succeeded: 0,
        failed: 0,
        canceled: 0,
        failures: BTreeMap::new(),
    };
    for outcome in newest
        .iter()
        .take(wanted.limit)
        .filter(|outcome| outcome.finished_at_unix_ms >= begin)
    {
        match (State::of(Some(outcome)), &outcome.status) {
            (State::Canceled, _) => window.canceled += 1,
            (_, Ending::Failed { error }) => {
                window.failed += 1;
                *window.failures.entry(error.code.to_string()).or_default() += 1;
            }
            (_, Ending::Succeeded { .. }) => window.succeeded += 1,
        }
    }
    Ok((window, newest))
}

fn line(outcome: &Outcome) -> JobLine<'_> {
    JobLine {
        job_id: outcome.job_id,
        state: State::of(Some(outcome)),
        operation: Some(&outcome.operation),
        sent_at_unix_ms: outcome.job_id.drawn_at_unix_ms(),
        finished_at_unix_ms: Some(outcome.finished_at_unix_ms),
        duration_ms: Some(outcome.duration_ms),
        input: outcome.input.as_ref().map(ToString::to_string),
        error: match &outcome.status {
            Ending::Failed { error } => Some(error),
            Ending::Succeeded { .. } => None,
        },
        progress: None,
    }
}
