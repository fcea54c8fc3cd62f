//! What clients other than `errand` may do their own way, as docs/protocol.md allows it.

use errand_e2e::{ReplyQueue, Stack};
use serde_json::{Value, json};

#[tokio::test]
async fn a_client_that_writes_its_job_ids_in_upper_case_knows_its_answers_again() {
    let stack = Stack::connect().await;
    let reply_queue = ReplyQueue::new(&stack).await;
    let id = || uuid::Uuid::now_v7().to_string().to_uppercase();
    let (inline, uploaded) = (id(), id());
    let key = format!("uploads/{uploaded}/list.txt");
    stack.upload_file(&key, b"4 5".to_vec()).await;
    let object = json!({ "bucket": stack.input_bucket, "key": key });
    let mut sent = Vec::new();
    for (id, input) in [
        (&inline, json!({ "inline": "1 2 3" })),
        (&uploaded, json!({ "object": object })),
    ] {
        let request = json!({
            "version": 1, "job_id": id, "operation": "stats", "parameters": null, "input": input,
            "reply_queue": reply_queue.name(),
        });
        sent.push(stack.request("stats", request).await);
    }
    let replies = reply_queue.replies(2).await;
    for (id, message_id, sum) in [(&inline, &sent[0], "6"), (&uploaded, &sent[1], "9")] {
        let reply = &replies[id];
        assert_eq!(reply["message_id"], **message_id, "{reply:#}");
        assert_eq!(
            (&reply["outcome"]["job_id"], &reply["outcome"]["result"]["sum"]),
            (&id.as_str().into(), &sum.into()),
            "{reply:#}"
        );
        // Keys have it in lower case, and so may a person.
        let lower = id.to_lowercase();
        assert_eq!(stack.outcome(&lower).await, reply["outcome"]);
        for spelled in [id, &lower] {
            let json = stack
                .errand()
                .run(&["result", spelled, "--json"])
                .succeeded()
                .json();
            assert_eq!(
                (&json["job_id"], &json["sum"]),
                (&id.as_str().into(), &sum.into())
            );
        }
    }
}

#[tokio::test]
async fn parameters_may_be_null_and_statistics_are_spelled_in_either_way() {
    let stack = Stack::connect().await;
    let reply_queue = ReplyQueue::new(&stack).await;
    for statistics in [
        json!(["standard_deviation"]),
        json!(["standard-deviation"]),
        json!("standard-deviation,standard_deviation"),
    ] {
        let request = json!({
            "version": 1, "job_id": uuid::Uuid::now_v7().to_string(), "operation": "stats",
            "parameters": { "statistics": statistics, "column": null, "percentiles": null, "skip_invalid": null },
            "input": { "inline": "1 2 3", "object": null }, "reply_queue": reply_queue.name(),
        });
        stack.request("stats", request).await;
    }
    let deviation = json!({ "population": "0.81649658092772603", "sample": "1" });
    for outcome in reply_queue.outcomes(3).await.into_values() {
        let expected = json!({ "count": 3, "standard_deviation": deviation });
        assert_eq!(outcome["result"], expected, "{outcome:#}");
    }
    let errand = stack.errand().with("list.txt", "1 2 3");
    let print = |name| -> Value {
        errand
            .run(&["stats", "list.txt", "--json", "--statistics", name])
            .succeeded()
            .json()
    };
    for name in ["standard_deviation", "standard-deviation"] {
        assert_eq!(print(name)["standard_deviation"], deviation);
    }
}
