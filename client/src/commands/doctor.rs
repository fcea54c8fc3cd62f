//! `errand doctor`.

use errand_protocol::{Operation, QueueName};

use super::OPERATIONS;
use crate::cli::{DoctorArguments, Global};
use crate::cloud::{Backlog, Cloud, Place, Presence};
use crate::error::Error;
use crate::orphans;
use crate::output::{self, Finding, Health, Style};

/// What to say to somebody who may not look.
const ASK_FOR_POLICY: &str =
    "you may not look at it: attach the stack's client policy (output ClientPolicyArn)";

pub(super) async fn run(global: &Global, wanted: &DoctorArguments) -> Result<(), Error> {
    let mut findings = Vec::new();
    examine(global, wanted, &mut findings).await;
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
        count => Err(Error::Unwell { count }),
    }
}

/// Looks at one thing after the other; what depends on one that does not work is not looked at.
async fn examine(global: &Global, wanted: &DoctorArguments, findings: &mut Vec<Finding>) {
    let cloud = match Cloud::connect(global).await {
        Ok(cloud) => cloud,
        Err(error) => {
            let check = match error {
                Error::NoRegion => "region",
                _ => "credentials",
            };
            return findings.push(Finding::failed(check, &error));
        }
    };
    findings.push(Finding::ok("region", cloud.region()));
    findings.push(Finding::ok("credentials", "found"));
    let place = match cloud.locate(&cloud.stack.response_queue()).await {
        Ok(place) => place,
        Err(error) => return findings.push(Finding::failed("stack", &error)),
    };
    let deployed = format!("`{}` is deployed at {}", cloud.stack, cloud.place_name());
    findings.push(Finding::ok("stack", deployed));
    buckets(&cloud, &place, findings).await;
    findings.push(queue(&cloud, &cloud.stack.response_queue()).await);
    for name in OPERATIONS {
        let operation: Operation = name.parse().expect("a valid name");
        findings.push(queue(&cloud, &cloud.stack.request_queue(&operation)).await);
        findings.push(dead_letters(&cloud, &operation).await);
    }
    findings.push(match reply_queues(&cloud, wanted.fix).await {
        Ok(finding) => finding,
        Err(error) => Finding::failed("reply queues", &error),
    });
}

async fn buckets(cloud: &Cloud, place: &Place, findings: &mut Vec<Finding>) {
    for (check, bucket, cure) in [
        ("input bucket", &place.input_bucket, None),
        ("result bucket", &place.result_bucket, Some(ASK_FOR_POLICY)),
    ] {
        findings.push(match (cloud.bucket_presence(bucket).await, cure) {
            // Clients put inputs there and never look: that they may not is as it should be.
            (Ok(Presence::There), _) | (Ok(Presence::Hidden), None) => Finding::ok(check, bucket.as_str()),
            (Ok(Presence::Hidden), Some(cure)) => Finding::warning(check, format!("{bucket}: {cure}")),
            (Ok(Presence::Missing), _) => {
                Finding::wrong(check, format!("{bucket} is missing: deploy the stack again"))
            }
            (Err(error), _) => Finding::failed(check, &error),
        });
    }
}

async fn queue(cloud: &Cloud, name: &QueueName) -> Finding {
    let check = "queue";
    match cloud.backlog(name).await {
        Ok(Backlog::Waiting(count)) => Finding::ok(check, format!("{name}, {count} waiting")),
        Ok(Backlog::Hidden) => Finding::warning(check, format!("{name}: {ASK_FOR_POLICY}")),
        Ok(Backlog::Missing) => Finding::wrong(check, format!("{name} is missing: deploy the stack again")),
        Err(error) => Finding::failed(check, &error),
    }
}

async fn dead_letters(cloud: &Cloud, operation: &Operation) -> Finding {
    let (check, name) = ("dead letters", cloud.stack.dead_letter_queue(operation));
    match cloud.backlog(&name).await {
        Ok(Backlog::Waiting(0)) => Finding::ok(check, format!("{name}, none")),
        Ok(Backlog::Waiting(count)) => Finding::warning(
            check,
            format!("{name}, {count} waiting: see `errand dead-letters list --operation {operation}`"),
        ),
        Ok(Backlog::Hidden) => Finding::warning(check, format!("{name}: {ASK_FOR_POLICY}")),
        Ok(Backlog::Missing) => Finding::wrong(check, format!("{name} is missing: deploy the stack again")),
        Err(error) => Finding::failed(check, &error),
    }
}

async fn reply_queues(cloud: &Cloud, fix: bool) -> Result<Finding, Error> {
    let check = "reply queues";
    let found = orphans::find(cloud).await?;
    let mut text = format!("{} in use", found.in_use);
    if found.ageless > 0 {
        text = format!("{text}, {} without an age, left alone", found.ageless);
    }
    if found.orphans.is_empty() {
        return Ok(Finding::ok(check, text));
    }
    if !fix {
        return Ok(Finding::warning(
            check,
            format!(
                "{text}, {} of clients that died: remove them with `errand doctor --fix`",
                found.orphans.len()
            ),
        ));
    }
    for url in &found.orphans {
        cloud.delete_queue(url).await?;
    }
    Ok(Finding::ok(
        check,
        format!("{text}, {} of clients that died removed", found.orphans.len()),
    ))
}
