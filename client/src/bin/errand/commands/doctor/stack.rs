//! What a stack has once: its release, its key, buckets, the response queue.

use errand_client::admin::{Cloud, Deployment, Presence, Seen};
use errand_client::operations;

use super::operation::BY_HAND;
use crate::output::Finding;

/// What this client was built from.
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) async fn examine(cloud: &Cloud, deployment: &Deployment, findings: &mut Vec<Finding>) {
    findings.push(match cloud.stack_version(&deployment.queue_url).await {
        Ok(Seen::There(version)) => versions(VERSION, &version),
        Ok(Seen::Missing) => Finding::warning(
            "version",
            format!("client {VERSION}; the stack does not say which release it is: deploy it again with `make deploy`"),
        ),
        Ok(Seen::Not { needs }) => Finding::skipped("version", needs),
        Err(error) => Finding::failed("version", &error),
    });
    buckets(cloud, deployment, findings).await;
    let name = cloud.stack().response_queue();
    let check = "queue";
    match cloud.queue_state(&name).await {
        Ok(Seen::There(state)) => {
            findings.push(Finding::ok(check, format!("{name}: {} waiting", state.waiting)));
            findings.extend(encryption(cloud, state.kms_key.as_deref()));
            findings.push(super::operation::tls(name.as_str(), state.is_tls_only));
        }
        Ok(Seen::Missing) => findings.push(Finding::wrong(
            check,
            format!("{name} is missing: deploy the stack again"),
        )),
        Ok(Seen::Not { needs }) => findings.push(Finding::skipped(check, needs)),
        Err(error) => findings.push(Finding::failed(check, &error)),
    }
}

fn versions(client: &str, stack: &str) -> Finding {
    let check = "version";
    let numbers = |version: &str| -> Vec<u64> {
        let core = version.split(['-', '+']).next().unwrap_or_default();
        core.split('.')
            .map(|number| number.parse().unwrap_or_default())
            .collect()
    };
    let told = format!("client {client}, stack {stack}");
    match numbers(client).cmp(&numbers(stack)) {
        _ if client == stack => Finding::ok(check, told),
        std::cmp::Ordering::Less => {
            Finding::warning(check, format!("{told}: get the client of release {stack}"))
        }
        _ => Finding::warning(
            check,
            format!("{told}: deploy release {client}, with `make deploy`"),
        ),
    }
}

/// Whether reply queues are encrypted with the stack's key; nothing to say where neither has one of its own.
fn encryption(cloud: &Cloud, of_stack: Option<&str>) -> Option<Finding> {
    let check = "encryption";
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
    for (check, bucket, is_listed) in [
        ("input bucket", &deployment.input_bucket, false),
        ("result bucket", &deployment.result_bucket, true),
    ] {
        let presence = cloud.bucket_presence(bucket).await;
        let is_there = matches!(presence, Ok(Presence::There | Presence::Denied));
        findings.push(match presence {
            Ok(Presence::Denied) if is_listed => Finding::skipped(
                check,
                format!("{bucket}: needs s3:ListBucket: attach the stack's client policy (output ClientPolicyArn)"),
            ),
            // Clients put inputs there and never look: that they may not is as it should be.
            Ok(Presence::There | Presence::Denied) => Finding::ok(check, bucket.as_str()),
            Ok(Presence::Missing) => {
                Finding::wrong(check, format!("{bucket} is missing: deploy the stack again"))
            }
            Ok(Presence::Foreign) => Finding::wrong(
                check,
                format!(
                    "{bucket} belongs to another account than the stack's queues, and is not used: deploy the stack under \
                     another name"
                ),
            ),
            Err(error) => Finding::failed(check, &error),
        });
        if !is_there {
            continue;
        }
        findings.push(match cloud.is_bucket_tls_only(bucket).await {
            Ok(Seen::There(is_tls_only)) => super::operation::tls(bucket.as_str(), is_tls_only),
            Ok(Seen::Missing) => super::operation::tls(bucket.as_str(), false),
            Ok(Seen::Not { needs }) => Finding::skipped("tls", format!("of the buckets {needs}")),
            Err(error) => Finding::skipped("tls", &error),
        });
    }
    notifications(cloud, deployment, findings).await;
}

/// Whether a file that is put under an operation's prefix asks for it.
async fn notifications(cloud: &Cloud, deployment: &Deployment, findings: &mut Vec<Finding>) {
    let check = "notifications";
    let told = match cloud.notifications(&deployment.input_bucket).await {
        Ok(Seen::There(told)) => told,
        Ok(Seen::Missing) => Vec::new(),
        Ok(Seen::Not { needs }) => return findings.push(Finding::skipped(check, needs)),
        Err(error) => return findings.push(Finding::skipped(check, &error)),
    };
    for operation in operations::ALL {
        let name = operation.name();
        let (prefix, queue) = (format!("{name}/"), cloud.stack().request_queue(&name));
        let is_told = told.iter().any(|each| {
            each.prefix == prefix && each.is_of_all_created && each.queue_arn.ends_with(&format!(":{queue}"))
        });
        findings.push(if is_told {
            Finding::ok(check, format!("files under {prefix} go to {queue}"))
        } else {
            Finding::wrong(
                check,
                format!("files under {prefix} of the input bucket start no job: have it tell {queue} of what is created there ({BY_HAND})"),
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Health;

    #[test]
    fn the_older_of_client_and_stack_is_to_be_renewed() {
        assert_eq!(versions("0.1.0", "0.1.0").status, Health::Ok);
        for (client, stack, cure) in [
            ("0.1.0", "0.2.0", "get the client of release 0.2.0"),
            ("0.9.0", "0.10.0", "get the client of release 0.10.0"),
            ("1.0.0", "0.9.9", "deploy release 1.0.0"),
            ("1.0.0", "1.0.0-rc.1", "deploy release 1.0.0"),
            ("1.0.0", "?", "deploy release 1.0.0"),
        ] {
            let finding = versions(client, stack);
            assert_eq!(finding.status, Health::Warning, "{client} {stack}");
            assert!(
                finding.message.ends_with(cure) || finding.message.contains(cure),
                "{}",
                finding.message
            );
        }
    }
}
