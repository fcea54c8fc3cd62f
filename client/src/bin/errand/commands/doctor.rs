//! `errand doctor`.

use errand_client::admin::{Backlog, Cloud, Deployment, Presence, reply_queues};
use errand_client::{Client, OperationName, operations};
use errand_protocol::QueueName;

use crate::cli::{DoctorArguments, Global};
use crate::error::Error;
use crate::limit::within;
use crate::output::{self, Finding, Health, Style};

/// What to say to somebody who may not look.
const ASK_FOR_POLICY: &str =
    "you may not look at it: attach the stack's client policy (output ClientPolicyArn)";

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

/// Looks at one thing after the other; what depends on one that does not work is not looked at.
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
    findings.push(Finding::ok("credentials", "found"));
    let deployment = match cloud.locate(&cloud.stack().response_queue()).await {
        Ok(deployment) => deployment,
        Err(error) => return findings.push(Finding::failed("stack", &error)),
    };
    let deployed = format!("`{}` is deployed at {}", cloud.stack(), cloud.place_name());
    findings.push(Finding::ok("stack", deployed));
    findings.extend(encryption(cloud, &deployment).await);
    buckets(cloud, &deployment, findings).await;
    findings.push(queue(cloud, &cloud.stack().response_queue()).await);
    for operation in operations::ALL {
        let operation = operation.name();
        findings.push(queue(cloud, &cloud.stack().request_queue(&operation)).await);
        findings.push(dead_letters(cloud, &operation).await);
    }
    findings.push(match look_after_reply_queues(cloud, wanted.fix).await {
        Ok(finding) => finding,
        Err(error) => Finding::failed("reply queues", &error),
    });
}

/// Whether reply queues are encrypted with the stack's key; nothing to say where neither has one of its own.
async fn encryption(cloud: &Cloud, deployment: &Deployment) -> Option<Finding> {
    let check = "encryption";
    let of_stack = match cloud.key_of(&deployment.queue_url).await {
        Ok(key) => key,
        Err(error) => return Some(Finding::failed(check, &error)),
    };
    match (of_stack, cloud.kms_key()) {
        (None, None) => None,
        (Some(key), Some(ours)) if key == ours.as_str() => Some(Finding::ok(check, key)),
        (Some(key), _) => Some(Finding::warning(
            check,
            format!(
                "the stack's queues have the key {key}, reply queues have not: set ERRAND_KMS_KEY_ARN to it"
            ),
        )),
        (None, Some(ours)) => Some(Finding::warning(
            check,
            format!(
                "reply queues get the key {ours}, which the stack has not: leave out ERRAND_KMS_KEY_ARN, or functions \
                     may not be able to answer"
            ),
        )),
    }
}

async fn buckets(cloud: &Cloud, deployment: &Deployment, findings: &mut Vec<Finding>) {
    for (check, bucket, cure) in [
        ("input bucket", &deployment.input_bucket, None),
        ("result bucket", &deployment.result_bucket, Some(ASK_FOR_POLICY)),
    ] {
        findings.push(match (cloud.bucket_presence(bucket).await, cure) {
            // Clients put inputs there and never look: that they may not is as it should be.
            (Ok(Presence::There), _) | (Ok(Presence::Denied), None) => Finding::ok(check, bucket.as_str()),
            (Ok(Presence::Denied), Some(cure)) => Finding::warning(check, format!("{bucket}: {cure}")),
            (Ok(Presence::Missing), _) => {
                Finding::wrong(check, format!("{bucket} is missing: deploy the stack again"))
            }
            (Ok(Presence::Foreign), _) => Finding::wrong(
                check,
                format!(
                    "{bucket} belongs to another account than the stack's queues, and is not used: deploy the stack under \
                     another name"
                ),
            ),
            (Err(error), _) => Finding::failed(check, &error),
        });
    }
}

async fn queue(cloud: &Cloud, name: &QueueName) -> Finding {
    let check = "queue";
    match cloud.backlog(name).await {
        Ok(Backlog::Waiting(count)) => Finding::ok(check, format!("{name}, {count} waiting")),
        Ok(Backlog::Denied) => Finding::warning(check, format!("{name}: {ASK_FOR_POLICY}")),
        Ok(Backlog::Missing) => Finding::wrong(check, format!("{name} is missing: deploy the stack again")),
        Err(error) => Finding::failed(check, &error),
    }
}

async fn dead_letters(cloud: &Cloud, operation: &OperationName) -> Finding {
    let (check, name) = ("dead letters", cloud.stack().dead_letter_queue(operation));
    match cloud.backlog(&name).await {
        Ok(Backlog::Waiting(0)) => Finding::ok(check, format!("{name}, none")),
        Ok(Backlog::Waiting(count)) => Finding::warning(
            check,
            format!("{name}, {count} waiting: see `errand dead-letters list --operation {operation}`"),
        ),
        Ok(Backlog::Denied) => Finding::warning(check, format!("{name}: {ASK_FOR_POLICY}")),
        Ok(Backlog::Missing) => Finding::wrong(check, format!("{name} is missing: deploy the stack again")),
        Err(error) => Finding::failed(check, &error),
    }
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
