//! A trial job: whether the stack does anything at all.

use std::time::{Duration, Instant};

use errand_client::{Client, Error, Operation, Status};

use crate::output::Finding;

/// How long its answer is waited for: a function that has to start is there in a second, one that died over a request is given
/// it again after minutes.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn send(client: &Client, operation: Operation) -> Finding {
    let check = "probe";
    let name = operation.name();
    let begun = Instant::now();
    let session = client.session();
    let answered = async {
        let mut sent = session.submit(operation.trial()).await?;
        sent.wait(PATIENCE).await
    };
    let answered = answered.await;
    // What stays behind is found by the next look at reply queues.
    let _ = session.close().await;
    match answered {
        Ok(outcome) => match outcome.status {
            Status::Succeeded { .. } => Finding::ok(
                check,
                format!(
                    "{name}: a trial job was done in {:.2} s",
                    begun.elapsed().as_secs_f64()
                ),
            ),
            Status::Failed { error } => Finding::wrong(
                check,
                format!(
                    "{name}: trial job {} failed ({}): {error}",
                    outcome.job_id, error.code
                ),
            ),
        },
        Err(Error::TimedOut { job_id, seconds }) => {
            let is_taken_back = client.cancel(job_id, name.clone()).await.unwrap_or(false);
            let fate = if is_taken_back {
                "it was taken back"
            } else {
                "it goes on in the cloud"
            };
            Finding::wrong(
                check,
                format!(
                    "{name}: trial job {job_id} has no answer after {seconds} s, and {fate}: look at queue, trigger and function above, \
                     and into the function's log (`sam logs --name {}-{name}`)",
                    client.stack()
                ),
            )
        }
        Err(error) => Finding::failed(check, &format!("{name}: {error}")),
    }
}
