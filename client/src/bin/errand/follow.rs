//! How far a job is that may be done by many functions (a map job), while its answer is waited for.
//!
//! Whether it is one is for the function to decide, and seen by the plan that it keeps in the result bucket. Nobody but who sent a job
//! that is large enough, or waits for one by its id, looks for it, and ever less often: from every second to every five.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use errand_client::{Client, JobId, MapState, Outcome, SentJob, Unit};
use serde::Serialize;

use crate::error::Error;
use crate::limit::Limit;
use crate::many::units;
use crate::output;

/// The first pause between two looks, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// When it is first asked whether an execution has ended without an answer, how often then, and how long an answer may lag behind its
/// end.
const FIRST_CHECK: Duration = Duration::from_secs(5);
const CHECK: Duration = Duration::from_secs(20);
const LAG: Duration = Duration::from_secs(3);

/// What is known of a job whose answer is waited for.
#[derive(Debug, Default)]
pub(crate) struct Following {
    is_sent: AtomicBool,
    is_mapped: AtomicBool,
    text: Mutex<Option<String>>,
}

impl Following {
    /// Of a job that was sent already.
    pub(crate) fn of_sent() -> Self {
        let following = Self::default();
        following.begin();
        following
    }

    /// The request is in its queue: from now on it is looked for.
    pub(crate) fn begin(&self) {
        self.is_sent.store(true, Ordering::Relaxed);
    }

    /// Whether it is a map job, as far as is known.
    fn is_mapped(&self) -> bool {
        self.is_mapped.load(Ordering::Relaxed)
    }

    /// How far it is, for a person to read; none of what is no map job.
    pub(crate) fn text(&self) -> Option<String> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn tell(&self, state: &MapState) {
        self.is_mapped.store(true, Ordering::Relaxed);
        *self.text.lock().unwrap_or_else(PoisonError::into_inner) = Some(text(state));
    }
}

/// Looks how far a job is, for as long as it is waited for; ends only where no answer will come.
pub(crate) async fn follow(client: &Client, job_id: JobId, following: &Following) -> Error {
    let (mut pause, mut check) = (FIRST_PAUSE, Instant::now() + FIRST_CHECK);
    let mut known: Option<MapState> = None;
    loop {
        tokio::time::sleep(pause).await;
        if !following.is_sent.load(Ordering::Relaxed) {
            continue;
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
        match client.map_state(job_id, known.as_ref()).await {
            Ok(Some(state)) => {
                tell_news(job_id, known.as_ref(), &state);
                following.tell(&state);
                known = Some(state);
            }
            Ok(None) => {}
            Err(error) if error.is_retryable() => output::step(&format!("{error}; still waiting")),
            Err(error) => {
                // The answer is what is waited for: this is beside it.
                output::step(&format!("how far the job is cannot be seen: {error}"));
                return std::future::pending().await;
            }
        }
        if known.is_some() && Instant::now() >= check {
            check = Instant::now() + CHECK;
            if let Some(error) = ended_without_an_answer(client, job_id).await {
                return error;
            }
        }
    }
}

/// Tells what was not told before to whoever wants to know every step.
fn tell_news(job_id: JobId, known: Option<&MapState>, state: &MapState) {
    if known.is_none() {
        output::step(&format!("job {job_id} is done by many functions"));
    }
    let told = known.map_or(0, |known| known.plan.notes.len());
    for note in state.plan.notes.iter().skip(told) {
        output::step(note);
    }
    if known.and_then(|known| known.needs.as_ref()) != state.needs.as_ref()
        && let Some(needs) = &state.needs
    {
        output::step(&format!("how many are done is not looked at: {needs}"));
    }
}

/// The error of a map job whose execution has ended, and whose outcome does not come.
pub(crate) async fn ended_without_an_answer(client: &Client, job_id: JobId) -> Option<Error> {
    let Err(ended @ errand_client::Error::ExecutionEnded { .. }) = client.check_execution(job_id).await
    else {
        return None;
    };
    // Its last step may just have stored it.
    tokio::time::sleep(LAG).await;
    match client.outcome(job_id).await {
        Ok(None) => Some(ended.into()),
        _ => None,
    }
}

/// Waits for the outcome of a job that was sent: as long as the limit says, else as long as is usual for its operation, or, of a map
/// job, for as long as it takes.
pub(crate) async fn outcome(
    client: &Client,
    sent: &mut SentJob,
    limit: Option<Limit>,
    following: Option<&Following>,
) -> Result<Outcome, Error> {
    let (job_id, usual) = (sent.id(), sent.operation().default_timeout());
    let Some(following) = following else {
        let time = limit.map_or(usual, Limit::left);
        return Ok(sent.wait(time).await?);
    };
    following.begin();
    let waiting = async {
        loop {
            match sent.wait(limit.map_or(usual, Limit::left)).await {
                Err(errand_client::Error::TimedOut { .. }) if limit.is_none() && following.is_mapped() => {}
                ended => return ended,
            }
        }
    };
    tokio::select! {
        ended = waiting => Ok(ended?),
        error = follow(client, job_id, following) => Err(error),
    }
}

/// The same of a job that is known by its id alone.
pub(crate) async fn outcome_of(
    client: &Client,
    job_id: JobId,
    limit: Option<Limit>,
    usual: Duration,
    following: &Following,
) -> Result<Outcome, Error> {
    let waiting = async {
        loop {
            match client.wait(job_id, limit.map_or(usual, Limit::left)).await {
                Err(errand_client::Error::TimedOut { .. }) if limit.is_none() && following.is_mapped() => {}
                ended => return ended,
            }
        }
    };
    tokio::select! {
        ended = waiting => Ok(ended?),
        error = follow(client, job_id, following) => Err(error),
    }
}

/// How far a map job is, as JSON.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MapProgress {
    unit: Unit,
    objects: u64,
    bytes: u64,
    round: u32,
    items: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    items_done: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items_failed: Option<u64>,
    #[serde(skip)]
    pub(crate) text: String,
}

impl MapProgress {
    /// What was done of a job that was stopped, for a person to read.
    pub(crate) fn done_so_far(&self) -> Option<String> {
        let unit = match self.unit {
            Unit::Slices => "slices",
            Unit::Batches => "batches",
        };
        let done = self.items_done?;
        Some(format!("{done} of {} {unit} were done", self.items))
    }
}

impl From<&MapState> for MapProgress {
    fn from(state: &MapState) -> Self {
        Self {
            unit: state.plan.unit,
            objects: state.plan.objects,
            bytes: state.plan.bytes,
            round: state.plan.round,
            items: state.plan.items,
            items_done: state.items_done(),
            items_failed: state.counts.map(|counts| counts.failed),
            text: text(state),
        }
    }
}

/// How far a map job is, for a person to read: `planned 391 slices, 120 done`.
fn text(state: &MapState) -> String {
    let plan = &state.plan;
    if !plan.is_planned {
        return format!(
            "planning: {}, {} so far",
            units::count(plan.objects, "object", "objects"),
            units::bytes(plan.bytes)
        );
    }
    let items = match plan.unit {
        Unit::Slices => units::count(plan.items, "slice", "slices"),
        Unit::Batches => units::count(plan.items, "batch", "batches"),
    };
    let mut text = format!("planned {items}");
    if plan.round > 1 {
        text = format!("{text}, pass {}", plan.round);
    }
    if let Some(counts) = state.counts {
        text = format!("{text}, {} done", counts.succeeded);
        if counts.failed > 0 {
            text = format!("{text}, {} failed", counts.failed);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use errand_client::{ItemCounts, MapPlan};

    use super::*;

    fn state(plan: MapPlan, counts: Option<ItemCounts>) -> MapState {
        let mut state = MapState::of(plan);
        state.counts = counts;
        state
    }

    #[test]
    fn progress_is_told_in_the_words_of_its_work() {
        let plan = MapPlan {
            version: 1,
            unit: Unit::Slices,
            objects: 12,
            bytes: 104_857_600_000,
            is_planned: false,
            items: 0,
            round: 0,
            notes: Vec::new(),
        };
        assert_eq!(
            text(&state(plan.clone(), None)),
            "planning: 12 objects, 105 GB so far"
        );
        let planned = MapPlan {
            is_planned: true,
            items: 391,
            round: 1,
            ..plan
        };
        let counts = |succeeded, failed| {
            Some(ItemCounts {
                total: 391,
                succeeded,
                failed,
                ..ItemCounts::default()
            })
        };
        assert_eq!(text(&state(planned.clone(), None)), "planned 391 slices");
        assert_eq!(
            text(&state(planned.clone(), counts(120, 0))),
            "planned 391 slices, 120 done"
        );
        let second = MapPlan {
            round: 2,
            ..planned.clone()
        };
        assert_eq!(
            text(&state(second, counts(3, 1))),
            "planned 391 slices, pass 2, 3 done, 1 failed"
        );
        let one = MapPlan {
            unit: Unit::Batches,
            items: 1,
            ..planned
        };
        assert_eq!(text(&state(one, counts(0, 0))), "planned 1 batch, 0 done");
    }
}
