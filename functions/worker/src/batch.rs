//! A whole event: its records side by side, and the answer that Lambda expects.

mod response;

use std::sync::Arc;
use std::time::Duration;

use lambda_runtime::Error;
use serde_json::Value;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use self::response::SqsBatchResponse;
use crate::event::{self, Delivery, Event};
use crate::invocation::Invocation;
use crate::job::Job;
use crate::map;
use crate::operation::Operation;
use crate::ports::{Objects, Queues};
use crate::process::{End, Processor};
use crate::retry;

/// Answers one invocation.
///
/// # Errors
///
/// Something has to be retried that cannot be named in the answer: Lambda then repeats the whole event, which is
/// harmless.
pub(crate) async fn handle<O, S, Q>(
    processor: Arc<Processor<O, S, Q>>,
    payload: &str,
    context: &lambda_runtime::Context,
) -> Result<Value, Error>
where
    O: Operation,
    S: Objects,
    Q: Queues,
{
    let invocation = Invocation::new(context);
    match event::decode(
        payload,
        &context.request_id,
        &processor.expected,
        &processor.config,
    ) {
        Event::Sqs(deliveries) => {
            let response = answer_deliveries(processor, deliveries, invocation).await?;
            Ok(serde_json::to_value(response)?)
        }
        Event::Step(step) => Box::pin(map::handle(processor, step, &invocation)).await,
        Event::Direct(jobs) => answer_direct(processor, jobs, &invocation).await,
    }
}

async fn answer_deliveries<O, S, Q>(
    processor: Arc<Processor<O, S, Q>>,
    deliveries: Vec<Delivery>,
    invocation: Invocation,
) -> Result<SqsBatchResponse, Error>
where
    O: Operation,
    S: Objects,
    Q: Queues,
{
    let ids: Vec<Option<String>> = deliveries
        .iter()
        .map(|delivery| delivery.message_id.clone())
        .collect();
    let deadline = invocation.deadline;
    let invocation = Arc::new(invocation);
    let mut running = JoinSet::new();
    for (index, delivery) in deliveries.into_iter().enumerate() {
        let (processor, invocation) = (Arc::clone(&processor), Arc::clone(&invocation));
        let process = async move { (index, process_delivery(&processor, delivery, &invocation).await) };
        running.spawn(process.in_current_span());
    }
    // A message whose task panicked, or still runs when Lambda has to be answered, is not done: it is delivered again,
    // and the others are not held up by it.
    let mut done = vec![false; ids.len()];
    let all = async {
        while let Some(joined) = running.join_next().await {
            match joined {
                Ok((index, is_done)) => done[index] = is_done,
                Err(error) => tracing::error!(%error, "a record's task ended early"),
            }
        }
    };
    if tokio::time::timeout(deadline.left_to_answer(), all)
        .await
        .is_err()
    {
        tracing::error!(records = running.len(), "not done before the function's time-out");
    }
    let failed = ids.into_iter().zip(done).filter(|(_, is_done)| !is_done);
    // Both an error and an empty identifier make Lambda repeat the whole batch; the error says why.
    failed
        .map(|(id, _)| id.ok_or_else(|| "a record without a message id has to be delivered again".into()))
        .collect()
}

/// Does all jobs of one message; whether it can be deleted.
async fn process_delivery<O, S, Q>(
    processor: &Processor<O, S, Q>,
    delivery: Delivery,
    invocation: &Invocation,
) -> bool
where
    O: Operation,
    S: Objects,
    Q: Queues,
{
    let mut wait = None;
    let mut longest = |time: Duration| wait = wait.max(Some(time));
    for job in delivery.jobs {
        match processor.process(job, invocation).await {
            End::Answered(_) | End::Started => {}
            End::DeadLettered(_) | End::OnItsWay | End::Deferred => longest(Duration::ZERO),
            End::Retry { attempt, .. } => longest(retry::backoff(processor.config.retry_base, attempt)),
        }
    }
    let Some(wait) = wait else {
        return true;
    };
    if let Some(handle) = &delivery.receipt_handle {
        // Without a handle, or if this fails, the message is delivered again after the queue's visibility timeout.
        if let Err(error) = processor
            .queues
            .change_visibility(&processor.config.request_queue_url, handle, wait)
            .await
        {
            tracing::warn!(%error, "the wait for the next delivery could not be set");
        }
    }
    false
}

async fn answer_direct<O, S, Q>(
    processor: Arc<Processor<O, S, Q>>,
    jobs: Vec<Job>,
    invocation: &Invocation,
) -> Result<Value, Error>
where
    O: Operation,
    S: Objects,
    Q: Queues,
{
    let mut outcomes = Vec::new();
    let mut unanswered = 0;
    for job in jobs {
        match processor.process(job, invocation).await {
            End::Answered(outcome) => outcomes.push(serde_json::to_value(outcome)?),
            // Its outcome comes later.
            End::Started => {}
            End::DeadLettered(_) | End::OnItsWay | End::Retry { .. } | End::Deferred => unanswered += 1,
        }
    }
    if unanswered > 0 {
        return Err(
            format!("{unanswered} jobs have to be retried; those that were answered stay answered").into(),
        );
    }
    Ok(Value::Array(outcomes))
}
