//! Reply queues that dead clients left behind, found by their age and removed by `errand doctor`.

use std::time::{SystemTime, UNIX_EPOCH};

use errand_e2e::{Stack, is_client_restricted};
use serde_json::Value;

/// Makes a reply queue whose tags say that it was made so many seconds ago, and, if given, when its client was last
/// seen.
async fn reply_queue(stack: &Stack, created_secs_ago: Option<u64>, seen_secs_ago: Option<u64>) -> String {
    let name = format!("{}-reply-{}", stack.name, uuid::Uuid::now_v7().simple());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut create = stack.sqs.create_queue().queue_name(&name);
    for (tag, age) in [
        ("errand:created-unix-secs", created_secs_ago),
        ("errand:seen-unix-secs", seen_secs_ago),
    ] {
        if let Some(age) = age {
            create = create.tags(tag, (now - age).to_string());
        }
    }
    create.send().await.unwrap();
    name
}

/// The names of the reply queues that exist now.
async fn names(stack: &Stack) -> Vec<String> {
    let urls = stack.reply_queues().await;
    let name = |url: &String| url.rsplit('/').next().unwrap().to_owned();
    urls.iter().map(name).collect()
}

fn finding(health: &Value, check: &str) -> (String, String) {
    let findings = health["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["check"] == check).unwrap();
    let text = |field| found[field].as_str().unwrap().to_owned();
    (text("status"), text("message"))
}

#[tokio::test]
async fn reply_queues_of_dead_clients_are_found_and_removed_and_no_others() {
    let stack = Stack::alone().await;
    let abandoned = reply_queue(&stack, Some(3700), None).await;
    let long_abandoned = reply_queue(&stack, Some(90_000), Some(80_000)).await;
    let new = reply_queue(&stack, Some(3500), None).await;
    let waiting_long = reply_queue(&stack, Some(90_000), Some(900)).await;
    let ageless = reply_queue(&stack, None, None).await;

    let doctor = stack.errand();
    let health = doctor.run(&["doctor", "--json"]).succeeded().json();
    assert_eq!(health["healthy"], true, "{health:#}");
    for check in [
        "region",
        "credentials",
        "stack",
        "input bucket",
        "result bucket",
        "queue",
    ] {
        assert_eq!(finding(&health, check).0, "ok", "{health:#}");
    }
    assert_eq!(
        finding(&health, "reply queues"),
        (
            "warning".to_owned(),
            "2 in use, 1 without an age, left alone, 2 of clients that died: remove them with `errand doctor --fix`"
                .to_owned()
        )
    );
    assert_eq!(names(&stack).await.len(), 5, "looking removes nothing");

    let text = doctor.run(&["doctor", "--fix"]).succeeded().stdout;
    assert!(
        text.contains("2 in use, 1 without an age, left alone, 2 of clients that died removed"),
        "{text}"
    );
    let left = names(&stack).await;
    for (name, stays) in [
        (&abandoned, false),
        (&long_abandoned, false),
        (&new, true),
        (&waiting_long, true),
        (&ageless, true),
    ] {
        assert_eq!(left.contains(name), stays, "{name}");
    }

    // A job looks at no queue but its own: nobody waits for the sweep.
    let abandoned = reply_queue(&stack, Some(3700), None).await;
    let _ = stack.errand().with("input.txt", "1").run(&["stats"]).succeeded();
    assert!(names(&stack).await.contains(&abandoned));
    for name in names(&stack).await {
        let url = stack.sqs.get_queue_url().queue_name(name).send().await.unwrap();
        let delete = stack.sqs.delete_queue().queue_url(url.queue_url.unwrap());
        delete.send().await.unwrap();
    }
}

#[tokio::test]
async fn a_stack_that_is_not_there_is_told_with_the_cure() {
    let stack = Stack::connect().await;
    let ended = stack.errand().run(&["doctor", "--stack", "elsewhere"]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let told = if is_client_restricted() {
        "failed   stack          find queue elsewhere-responses: "
    } else {
        "failed   stack          stack `elsewhere` is not deployed at"
    };
    assert!(ended.stdout.contains(told), "{}", ended.stdout);
}

/// The operator policy lets one see all that there is to see; the client policy does not, which is told and is no fault.
#[tokio::test]
async fn an_operator_sees_all_and_a_client_is_told_what_it_may_not_see() {
    let stack = Stack::alone().await;
    let errand = stack.errand();
    let skipped = |health: &Value| -> Vec<String> {
        let findings = health["findings"].as_array().unwrap().iter();
        let skipped = findings.filter(|finding| finding["status"] == "skipped");
        let checks = skipped.map(|finding| finding["check"].as_str().unwrap().to_owned());
        checks.collect()
    };
    let health = errand.run_as_operator(&["doctor", "--json"]).succeeded().json();
    assert_eq!(skipped(&health), [""; 0], "{health:#}");
    for check in [
        "clock",
        "version",
        "notifications",
        "trigger",
        "function",
        "redrive",
        "visibility",
        "tls",
    ] {
        assert_eq!(finding(&health, check).0, "ok", "{health:#}");
    }
    assert!(
        finding(&health, "credentials").1.contains("account 000000000000"),
        "{health:#}"
    );

    let health = errand.run(&["doctor", "--json"]).succeeded().json();
    let wanted: &[&str] = if is_client_restricted() {
        &["tls", "notifications", "trigger", "function"]
    } else {
        &[]
    };
    assert_eq!(skipped(&health), wanted, "{health:#}");
    assert_eq!(finding(&health, "version").0, "ok", "{health:#}");
}

#[tokio::test]
async fn a_trial_job_of_each_operation_is_answered_and_leaves_nothing_behind() {
    let stack = Stack::alone().await;
    let health = stack
        .errand()
        .run(&["doctor", "--probe", "--json"])
        .succeeded()
        .json();
    let findings = health["findings"].as_array().unwrap().iter();
    let probes: Vec<_> = findings.filter(|finding| finding["check"] == "probe").collect();
    assert_eq!(probes.len(), 2, "{health:#}");
    assert!(probes.iter().all(|probe| probe["status"] == "ok"), "{health:#}");
    assert_eq!(names(&stack).await, [""; 0]);
}
