//! `errand status`: how the stack does.

use errand_e2e::{Stack, is_client_restricted};

#[tokio::test]
async fn queues_outcomes_and_failures_by_code_are_told() {
    let stack = Stack::alone().await;
    let errand = stack.errand().with("good.txt", "1 2").with("bad.txt", "x");
    let before = errand
        .run(&["status", "--json", "--limit", "5000"])
        .succeeded()
        .json();
    let _ = errand.run(&["stats", "good.txt"]).succeeded();
    errand.run(&["stats", "bad.txt"]).failed(1, &["not a number"]);

    let status = errand
        .run(&["status", "--json", "--limit", "5000"])
        .succeeded()
        .json();
    assert_eq!(status["stack"], stack.name.as_str());
    let count = |status: &serde_json::Value, pointer: &str| {
        status.pointer(pointer).map_or(0, |count| count.as_u64().unwrap())
    };
    for (pointer, more) in [
        ("/outcomes/succeeded", 1),
        ("/outcomes/failed", 1),
        ("/outcomes/failures/not_an_integer", 1),
    ] {
        assert_eq!(
            count(&status, pointer),
            count(&before, pointer) + more,
            "{pointer} {status:#}"
        );
    }
    assert_eq!(status["outcomes"]["is_all"], true);
    let last = &status["last"];
    assert!(last.as_array().unwrap().len() <= 5, "{status:#}");
    assert_eq!(last[0]["error"]["code"], "not_an_integer", "{status:#}");
    let queues = status["queues"].as_array().unwrap();
    let names: Vec<_> = queues
        .iter()
        .map(|queue| queue["queue"].as_str().unwrap())
        .collect();
    let wanted = [
        "stats-requests",
        "stats-dead-letters",
        "grayscale-requests",
        "grayscale-dead-letters",
        "responses",
    ];
    assert_eq!(names, wanted.map(|name| format!("{}-{name}", stack.name)));
    for queue in queues {
        for figure in ["waiting", "in_flight", "delayed"] {
            assert!(queue[figure].is_u64(), "{queue}");
        }
    }
    assert_eq!(status["unanswered"]["count"], 0, "both were answered");
    // What only an operator may ask is told, and is no failure.
    let needs = status["ages_need"].as_str().unwrap_or_default();
    assert_eq!(
        needs.contains("cloudwatch:GetMetricData"),
        is_client_restricted(),
        "{status:#}"
    );
    let of_operator = errand.run_as_operator(&["status", "--json"]).succeeded().json();
    assert!(of_operator["ages_need"].is_null(), "{of_operator:#}");

    // Of more than are looked at, it says so.
    let status = errand
        .run(&["status", "--json", "--limit", "1"])
        .succeeded()
        .json();
    assert_eq!(status["outcomes"]["is_all"], false, "{status:#}");
    assert_eq!(status["outcomes"]["failed"], 1, "the newest one");
    let text = errand.run(&["status", "--limit", "5000"]).succeeded().stdout;
    for line in [
        "stats requests ",
        "done in the last 1 h: ",
        "last outcomes\n",
        "  not_an_integer",
    ] {
        assert!(text.contains(line), "{text}");
    }
}
