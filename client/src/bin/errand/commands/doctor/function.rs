//! An operation's function, and what feeds it.

use errand_client::admin::{Cloud, FunctionState, QueueState, Seen, Trigger};

use crate::output::{Finding, Health};

/// Whether the queue is read for its function; what could not be seen is none.
pub(super) async fn triggers(
    cloud: &Cloud,
    function: &str,
    queue: &QueueState,
    findings: &mut Vec<Finding>,
) -> Option<bool> {
    match cloud.triggers(&queue.arn).await {
        Ok(Seen::There(found)) => {
            let found = trigger_findings(function, &found);
            let is_right = found.iter().all(|finding| finding.status != Health::Failed);
            findings.extend(found);
            Some(is_right)
        }
        Ok(Seen::Missing) => None,
        Ok(Seen::Not { needs }) => {
            findings.push(Finding::skipped("trigger", needs));
            None
        }
        Err(error) => {
            findings.push(Finding::skipped("trigger", &error));
            None
        }
    }
}

fn trigger_findings(function: &str, found: &[Trigger]) -> Vec<Finding> {
    let check = "trigger";
    let marked = format!(":function:{function}");
    let is_own = |trigger: &&Trigger| {
        let rest = trigger.function_arn.split_once(&marked).map(|(_, rest)| rest);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    };
    let mut findings = Vec::new();
    let own: Vec<_> = found.iter().filter(is_own).collect();
    if own.is_empty() {
        findings.push(Finding::wrong(
            check,
            format!("nothing reads the queue for {function}: deploy the stack again"),
        ));
    }
    for trigger in own {
        let update = format!("aws lambda update-event-source-mapping --uuid {}", trigger.uuid);
        if trigger.state != "Enabled" {
            findings.push(Finding::wrong(
                check,
                format!(
                    "{function} is not given its requests: its trigger is {}; enable it with `{update} --enabled`",
                    trigger.state
                ),
            ));
        } else if !trigger.reports_item_failures {
            findings.push(Finding::wrong(
                check,
                format!(
                    "{function} cannot say which requests of a batch it did not do, so that all or none of them are done again: \
                     `{update} --function-response-types ReportBatchItemFailures`"
                ),
            ));
        } else if let Some(problem) = trigger
            .last_result
            .as_ref()
            .filter(|result| result.contains("PROBLEM"))
        {
            findings.push(Finding::warning(
                check,
                format!("{function}: {problem}; see the function's log"),
            ));
        } else {
            findings.push(Finding::ok(
                check,
                format!("{function} is given its requests, and answers for each"),
            ));
        }
    }
    for other in found.iter().filter(|trigger| !is_own(trigger)) {
        findings.push(Finding::wrong(
            check,
            format!(
                "{} reads the queue of {function} too, and takes requests from it: `aws lambda delete-event-source-mapping \
                 --uuid {}`",
                other.function_arn, other.uuid
            ),
        ));
    }
    findings
}

/// What is known of a function; what could not be seen is none.
pub(super) async fn known(cloud: &Cloud, name: &str, findings: &mut Vec<Finding>) -> Option<FunctionState> {
    let check = "function";
    match cloud.function(name).await {
        Ok(Seen::There(function)) => {
            findings.push(function_finding(name, &function));
            Some(function)
        }
        Ok(Seen::Missing) => {
            findings.push(Finding::wrong(
                check,
                format!("{name} is missing: deploy the stack again"),
            ));
            None
        }
        Ok(Seen::Not { needs }) => {
            findings.push(Finding::skipped(check, needs));
            None
        }
        Err(error) => {
            findings.push(Finding::skipped(check, &error));
            None
        }
    }
}

fn function_finding(name: &str, function: &FunctionState) -> Finding {
    let check = "function";
    let reason = function
        .reason
        .as_deref()
        .map_or(String::new(), |reason| format!(" ({reason})"));
    match function.state.as_str() {
        // One that was idle for long is active again with its next request.
        "Active" | "Inactive" => Finding::ok(check, format!("{name}, time-out {} s", function.timeout_secs)),
        "Pending" => Finding::warning(
            check,
            format!("{name} is being set up{reason}: look again in a minute"),
        ),
        other => Finding::wrong(
            check,
            format!("{name} is {other}{reason}: deploy the stack again"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trigger(function: &str, state: &str) -> Trigger {
        Trigger {
            uuid: "u-1".to_owned(),
            function_arn: format!("arn:aws:lambda:eu-west-1:123456789012:function:{function}"),
            state: state.to_owned(),
            reports_item_failures: true,
            last_result: Some("OK".to_owned()),
        }
    }

    fn only(findings: &[Finding]) -> (Health, &str) {
        assert_eq!(findings.len(), 1, "{findings:?}");
        (findings[0].status, &findings[0].message)
    }

    #[test]
    fn a_trigger_is_right_if_it_is_enabled_and_lets_its_function_answer_for_each_request() {
        let right = trigger("errand-stats:live", "Enabled");
        assert_eq!(
            only(&trigger_findings("errand-stats", std::slice::from_ref(&right))).0,
            Health::Ok
        );
        for state in ["Disabled", "Disabling", "Enabling", "Creating"] {
            let findings = trigger_findings("errand-stats", &[trigger("errand-stats:live", state)]);
            let (status, message) = only(&findings);
            assert_eq!(status, Health::Failed);
            assert!(message.contains("--uuid u-1 --enabled"), "{message}");
        }
        let all_or_none = Trigger {
            reports_item_failures: false,
            ..right.clone()
        };
        let findings = trigger_findings("errand-stats", &[all_or_none]);
        assert_eq!(only(&findings).0, Health::Failed);
        assert!(only(&findings).1.contains("ReportBatchItemFailures"));
        let failing = Trigger {
            last_result: Some("PROBLEM: Function call failed".to_owned()),
            ..right.clone()
        };
        assert_eq!(
            only(&trigger_findings("errand-stats", &[failing])).0,
            Health::Warning
        );
        assert_eq!(only(&trigger_findings("errand-stats", &[])).0, Health::Failed);
        // Another function whose name begins alike is another function.
        let findings = trigger_findings(
            "errand-stats",
            &[right, trigger("errand-stats-two:live", "Enabled")],
        );
        assert_eq!(findings.len(), 2);
        assert_eq!(findings[1].status, Health::Failed);
        assert!(
            findings[1].message.contains("errand-stats-two"),
            "{}",
            findings[1].message
        );
    }

    #[test]
    fn a_function_that_cannot_be_called_is_told_with_its_reason() {
        for (state, status) in [
            ("Active", Health::Ok),
            ("Inactive", Health::Ok),
            ("Pending", Health::Warning),
            ("Failed", Health::Failed),
        ] {
            let function = FunctionState {
                timeout_secs: 60,
                state: state.to_owned(),
                reason: Some("the reason".to_owned()),
                max_receive_count: None,
            };
            let finding = function_finding("errand-stats", &function);
            assert_eq!(finding.status, status, "{state}");
            assert!(status == Health::Ok || finding.message.contains("the reason"));
        }
    }
}
