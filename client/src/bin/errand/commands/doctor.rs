//! `errand doctor`: one thing after the other, each with what it needs to be mended. What depends on one that does not work is not
//! looked at; what this user may not see is told, and is no fault.

mod account;
mod function;
mod operation;
mod probe;
mod stack;

use errand_client::admin::{Cloud, reply_queues};
use errand_client::{Client, operations};

use crate::cli::{DoctorArguments, Global};
use crate::error::Error;
use crate::limit::within;
use crate::output::{self, Finding, Health, Style, age};
use crate::unanswered::unanswered;

pub(super) async fn run(
    client: Result<Client, Error>,
    global: &Global,
    wanted: &DoctorArguments,
) -> Result<(), Error> {
    let mut findings = Vec::new();
    let examined = within(global.timeout, async {
        examine(client, wanted, &mut findings).await;
        Ok(())
    });
    if let Err(error) = examined.await {
        findings.push(Finding::failed("time", &error));
    }
    let findings = said_once(findings);
    let style = Style {
        json: global.json,
        aside: false,
    };
    let failed = findings
        .iter()
        .filter(|finding| finding.status == Health::Failed)
        .count();
    output::findings(&findings, style)?;
    match failed {
        0 => Ok(()),
        count => Err(Error::Unhealthy { count }),
    }
}

/// Without what several things need a second time, and with all that refuse plain http on one line.
fn said_once(all: Vec<Finding>) -> Vec<Finding> {
    let is_refusing = |finding: &Finding| finding.check == operation::TLS && finding.status == Health::Ok;
    let refusing = all.iter().filter(|finding| is_refusing(finding)).count();
    let (mut findings, mut is_said): (Vec<Finding>, bool) = (Vec::new(), false);
    for finding in all {
        if is_refusing(&finding) {
            if !is_said {
                let text = format!("{refusing} of the stack's queues and buckets refuse plain http");
                findings.push(Finding::ok(operation::TLS, text));
            }
            is_said = true;
        } else if finding.status != Health::Skipped
            || !findings
                .iter()
                .any(|said| (said.check, &said.message) == (finding.check, &finding.message))
        {
            findings.push(finding);
        }
    }
    findings
}

async fn examine(client: Result<Client, Error>, wanted: &DoctorArguments, findings: &mut Vec<Finding>) {
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            let check = match error {
                Error::Client(errand_client::Error::NoRegion) => "region",
                Error::Client(errand_client::Error::Configuration(_)) => "configuration",
                _ => "credentials",
            };
            return findings.push(Finding::failed(check, &error));
        }
    };
    let cloud = client.cloud();
    findings.push(Finding::ok("region", cloud.region()));
    if !account::examine(cloud, findings).await {
        return;
    }
    let deployment = match cloud.locate(&cloud.stack().response_queue()).await {
        Ok(deployment) => deployment,
        Err(error) => {
            // What could not be looked at before was not there either.
            findings.retain(|finding| finding.status != Health::Skipped);
            return findings.push(Finding::failed("stack", &error));
        }
    };
    let deployed = format!("`{}` is deployed at {}", cloud.stack(), cloud.place_name());
    findings.push(Finding::ok("stack", deployed));
    stack::examine(cloud, &deployment, findings).await;
    for &each in operations::ALL {
        operation::examine(cloud, each, findings).await;
    }
    findings.extend(jobs(&client).await);
    findings.push(match look_after_reply_queues(cloud, wanted.fix).await {
        Ok(finding) => finding,
        Err(error) => Finding::failed("reply queues", &error),
    });
    if wanted.probe {
        for &each in operations::ALL {
            findings.push(probe::send(&client, each).await);
        }
    }
}

/// Whether this user waits for jobs longer than any takes; nothing to say where not.
async fn jobs(client: &Client) -> Option<Finding> {
    let check = "jobs";
    let waiting = match unanswered(client).await {
        Ok(waiting) => waiting,
        Err(error) => return Some(Finding::skipped(check, &error)),
    };
    let oldest = waiting.first()?;
    let secs = errand_client::admin::unix_ms().saturating_sub(oldest.sent_at_unix_ms) / 1000;
    let told = format!(
        "{} of yours without an answer, the oldest sent {} ago",
        waiting.len(),
        age(secs)
    );
    let longest = operations::ALL
        .iter()
        .map(|operation| operation.default_timeout().as_secs())
        .max();
    Some(if secs > longest.unwrap_or_default() {
        Finding::warning(check, format!("{told}: see `errand jobs --state waiting`"))
    } else {
        Finding::ok(check, told)
    })
}

async fn look_after_reply_queues(cloud: &Cloud, fix: bool) -> Result<Finding, errand_client::Error> {
    let check = "reply queues";
    let found = reply_queues::find(cloud).await?;
    let mut text = format!("{} in use", found.in_use);
    if found.ageless > 0 {
        text = format!("{text}, {} without an age, left alone", found.ageless);
    }
    if found.abandoned.is_empty() {
        return Ok(Finding::ok(check, text));
    }
    if !fix {
        return Ok(Finding::warning(
            check,
            format!(
                "{text}, {} of clients that died: remove them with `errand doctor --fix`",
                found.abandoned.len()
            ),
        ));
    }
    reply_queues::sweep(cloud, &found).await?;
    Ok(Finding::ok(
        check,
        format!("{text}, {} of clients that died removed", found.abandoned.len()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_things_need_or_have_is_said_once() {
        let all = vec![
            Finding::ok("tls", "a refuses plain http"),
            Finding::skipped("trigger", "needs x"),
            Finding::warning("tls", "b takes plain http"),
            Finding::skipped("trigger", "needs x"),
            Finding::ok("tls", "c refuses plain http"),
            Finding::skipped("function", "needs x"),
        ];
        let said: Vec<String> = said_once(all)
            .into_iter()
            .map(|finding| finding.message)
            .collect();
        assert_eq!(
            said,
            [
                "2 of the stack's queues and buckets refuse plain http",
                "not looked at: needs x",
                "b takes plain http",
                "not looked at: needs x"
            ]
        );
    }
}
