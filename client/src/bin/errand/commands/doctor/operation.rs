//! What each operation has: its queue, whether what waits there is worked on, its dead letters.

use std::time::Duration;

use errand_client::Operation;
use errand_client::admin::{Cloud, FunctionState, QueueState, Seen};
use errand_protocol::QueueName;

use super::function;
use crate::output::{Finding, age};

/// A queue in which requests wait and none is worked on is looked at so often again before that counts: SQS's counts lag, and
/// what reads a queue may take a second to ask.
const LOOKS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);

/// What is told of plain http.
pub(super) const TLS: &str = "tls";

/// What deploying again does not mend, since `CloudFormation` does not look whether all is still as it left it.
pub(super) const BY_HAND: &str =
    "it was changed by hand: `aws cloudformation detect-stack-drift` finds what is not as in template.yaml";

/// What AWS asks of the visibility time-out of a queue that feeds a function, in time-outs of the function ("Using Lambda with
/// Amazon SQS", in its developer guide).
const VISIBILITY_TIMEOUTS: u64 = 6;

/// Attempts that a request has (docs/protocol.md): fewer deliveries end it sooner.
const ATTEMPTS: u64 = 5;

pub(super) async fn examine(cloud: &Cloud, operation: Operation, findings: &mut Vec<Finding>) {
    let name = operation.name();
    let queue = cloud.stack().request_queue(&name);
    let function = format!("{}-{name}", cloud.stack());
    let state = match cloud.queue_state(&queue).await {
        Ok(Seen::There(state)) => Some(state),
        Ok(Seen::Missing) => {
            findings.push(Finding::wrong(
                "queue",
                format!("{queue} is missing: deploy the stack again"),
            ));
            None
        }
        Ok(Seen::Not { needs }) => {
            findings.push(Finding::skipped("queue", needs));
            None
        }
        Err(error) => {
            findings.push(Finding::failed("queue", &error));
            None
        }
    };
    if let Some(state) = state {
        let triggers = function::triggers(cloud, &function, &state, findings).await;
        let known = function::known(cloud, &function, findings).await;
        findings.push(backlog(cloud, &queue, state.clone(), triggers).await);
        findings.push(redrive(
            &queue,
            &cloud.stack().dead_letter_queue(&name),
            &state,
            known.as_ref(),
        ));
        findings.extend(known.map(|function| visibility(&queue, &state, &function)));
        findings.push(tls(queue.as_str(), state.is_tls_only));
    }
    dead_letters(cloud, operation, findings).await;
}

/// What waits, and whether it is worked on.
async fn backlog(
    cloud: &Cloud,
    queue: &QueueName,
    mut state: QueueState,
    is_triggered: Option<bool>,
) -> Finding {
    let check = "queue";
    let age_of_oldest = match cloud.oldest_messages(std::slice::from_ref(queue)).await {
        Ok(Seen::There(ages)) => ages.get(queue).map(|oldest| oldest.age_secs),
        _ => None,
    };
    let told = |state: &QueueState| {
        let delayed = match state.delayed {
            0 => String::new(),
            count => format!(", {count} delayed"),
        };
        let oldest = match age_of_oldest {
            Some(secs) if state.waiting + state.in_flight > 0 => format!(", the oldest {} old", age(secs)),
            _ => String::new(),
        };
        format!(
            "{queue}: {} waiting, {} in flight{delayed}{oldest}",
            state.waiting, state.in_flight
        )
    };
    let is_still = |state: &QueueState| state.waiting > 0 && state.in_flight == 0;
    if is_triggered == Some(false) && state.waiting > 0 {
        return Finding::wrong(
            check,
            format!("{}: none of them is worked on, see the trigger", told(&state)),
        );
    }
    for _ in 0..LOOKS {
        if !is_still(&state) {
            return Finding::ok(check, told(&state));
        }
        tokio::time::sleep(PAUSE).await;
        match cloud.queue_state(queue).await {
            Ok(Seen::There(now)) if now.waiting < state.waiting => return Finding::ok(check, told(&now)),
            Ok(Seen::There(now)) => state = now,
            Ok(_) => {}
            Err(error) => return Finding::failed(check, &error),
        }
    }
    if !is_still(&state) {
        return Finding::ok(check, told(&state));
    }
    Finding::wrong(
        check,
        format!(
            "{}: for {LOOKS} s none of them was worked on; is the function's trigger disabled, or is it throttled? an operator \
             sees it here (output OperatorPolicyArn), and `errand doctor --probe` tries a job",
            told(&state)
        ),
    )
}

fn redrive(
    queue: &QueueName,
    dead_letters: &QueueName,
    state: &QueueState,
    function: Option<&FunctionState>,
) -> Finding {
    let check = "redrive";
    let Some(redrive) = &state.redrive else {
        return Finding::wrong(
            check,
            format!(
                "{queue} has no dead-letter queue, so that what cannot be done is lost: set its redrive policy ({BY_HAND})"
            ),
        );
    };
    let count = redrive.max_receive_count;
    if !redrive.target_arn.ends_with(&format!(":{dead_letters}")) {
        return Finding::wrong(
            check,
            format!(
                "{queue} gives up to {}, where nobody looks: set its redrive policy ({BY_HAND})",
                redrive.target_arn
            ),
        );
    }
    if count < ATTEMPTS {
        return Finding::wrong(
            check,
            format!(
                "{queue} gives up after {count} deliveries, before the {ATTEMPTS} attempts that a job has: set its redrive policy ({BY_HAND})"
            ),
        );
    }
    match function.and_then(|function| function.max_receive_count) {
        Some(told) if told != count => Finding::wrong(
            check,
            format!(
                "{queue} gives up after {count} deliveries, and its function counts to {told} (ERRAND_MAX_RECEIVE_COUNT): jobs end \
                 without an answer; set its redrive policy to {told} ({BY_HAND})"
            ),
        ),
        _ => Finding::ok(
            check,
            format!("{queue} gives up after {count} deliveries, to {dead_letters}"),
        ),
    }
}

fn visibility(queue: &QueueName, state: &QueueState, function: &FunctionState) -> Finding {
    let check = "visibility";
    let (visible, timeout) = (state.visibility_timeout_secs, function.timeout_secs);
    let least = timeout * VISIBILITY_TIMEOUTS;
    let told = format!("{queue}: {visible} s, the function's time-out is {timeout} s");
    if visible >= least {
        return Finding::ok(check, told);
    }
    let cure = format!(
        "`aws sqs set-queue-attributes --attributes VisibilityTimeout={least} --queue-url {}`",
        state.url
    );
    if visible < timeout {
        Finding::wrong(
            check,
            format!("{told}, so that a job may be done twice at once: {cure}"),
        )
    } else {
        Finding::warning(check, format!("{told}: {cure}"))
    }
}

/// Whether something refuses plain http.
pub(super) fn tls(name: &str, is_tls_only: bool) -> Finding {
    if is_tls_only {
        Finding::ok(TLS, format!("{name} refuses plain http"))
    } else {
        Finding::warning(
            TLS,
            format!("{name} takes plain http: give it back its policy `OnlyOverTls` ({BY_HAND})"),
        )
    }
}

async fn dead_letters(cloud: &Cloud, operation: Operation, findings: &mut Vec<Finding>) {
    let operation = operation.name();
    let (check, name) = ("dead letters", cloud.stack().dead_letter_queue(&operation));
    let state = match cloud.queue_state(&name).await {
        Ok(Seen::There(state)) => state,
        Ok(Seen::Missing) => {
            return findings.push(Finding::wrong(
                check,
                format!("{name} is missing: deploy the stack again"),
            ));
        }
        Ok(Seen::Not { needs }) => return findings.push(Finding::skipped(check, needs)),
        Err(error) => return findings.push(Finding::failed(check, &error)),
    };
    let held = match state.in_flight {
        0 => String::new(),
        count => format!(", {count} held by somebody who looks at them"),
    };
    findings.push(match state.waiting + state.in_flight {
        0 => Finding::ok(check, format!("{name}, none")),
        _ => Finding::warning(
            check,
            format!(
                "{name}, {} waiting{held}: see `errand dead-letters list --operation {operation}`",
                state.waiting
            ),
        ),
    });
    findings.push(tls(name.as_str(), state.is_tls_only));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Health;

    fn queue() -> QueueState {
        QueueState {
            url: "https://sqs.eu-west-1.amazonaws.com/123456789012/errand-stats-requests".to_owned(),
            waiting: 0,
            in_flight: 0,
            delayed: 0,
            arn: "arn:aws:sqs:eu-west-1:123456789012:errand-stats-requests".to_owned(),
            visibility_timeout_secs: 360,
            redrive: Some(errand_client::admin::Redrive {
                target_arn: "arn:aws:sqs:eu-west-1:123456789012:errand-stats-dead-letters".to_owned(),
                max_receive_count: 100,
            }),
            kms_key: None,
            is_tls_only: true,
        }
    }

    fn function(timeout_secs: u64, max_receive_count: u64) -> FunctionState {
        FunctionState {
            timeout_secs,
            state: "Active".to_owned(),
            reason: None,
            max_receive_count: Some(max_receive_count),
        }
    }

    fn names() -> (QueueName, QueueName) {
        (
            "errand-stats-requests".parse().unwrap(),
            "errand-stats-dead-letters".parse().unwrap(),
        )
    }

    #[test]
    fn a_queue_hides_a_request_for_six_times_as_long_as_its_function_may_take() {
        let (name, _) = names();
        for (timeout_secs, status) in [
            (60, Health::Ok),
            (61, Health::Warning),
            (360, Health::Warning),
            (361, Health::Failed),
        ] {
            let finding = visibility(&name, &queue(), &function(timeout_secs, 100));
            assert_eq!(finding.status, status, "{timeout_secs}");
        }
    }

    #[test]
    fn a_queue_gives_up_after_as_many_deliveries_as_its_function_counts_to_its_own_dead_letters() {
        let (name, dead_letters) = names();
        let of = |count, target: &str| QueueState {
            redrive: Some(errand_client::admin::Redrive {
                target_arn: format!("arn:aws:sqs:eu-west-1:123456789012:{target}"),
                max_receive_count: count,
            }),
            ..queue()
        };
        let none = QueueState {
            redrive: None,
            ..queue()
        };
        for (state, counted, status) in [
            (of(100, "errand-stats-dead-letters"), Some(100), Health::Ok),
            (of(100, "errand-stats-dead-letters"), None, Health::Ok),
            (of(50, "errand-stats-dead-letters"), Some(100), Health::Failed),
            (of(4, "errand-stats-dead-letters"), None, Health::Failed),
            (of(100, "errand-grayscale-dead-letters"), None, Health::Failed),
            (none, None, Health::Failed),
        ] {
            let known = counted.map(|counted| function(60, counted));
            let finding = redrive(&name, &dead_letters, &state, known.as_ref());
            assert_eq!(finding.status, status, "{}", finding.message);
        }
    }
}
