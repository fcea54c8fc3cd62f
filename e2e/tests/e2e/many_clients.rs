//! Many clients at once: each gets its own answers, all of them, and nobody else's.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use errand_e2e::{PATIENCE, ReplyQueue, Stack, luma_of, scene_png};
use serde_json::json;

const CLIENTS: u32 = 20;

#[tokio::test]
async fn twenty_commands_at_once_each_print_their_own_answer() {
    let stack = Stack::alone().await;
    let users = &stack;
    thread::scope(|scope| {
        for client in 1..=CLIENTS {
            scope.spawn(move || {
                let image = scene_png(40, 30, client);
                let errand = users
                    .errand()
                    .with("input.txt", format!("{client} {client}000 7"))
                    .with("image.png", &image);
                let json = errand.run(&["stats", "--json"]).succeeded().json();
                assert_eq!(json["sum"], (client * 1001 + 7).to_string(), "client {client}");
                let _ = errand
                    .run(&["grayscale", "image.png", "-o", "gray.png"])
                    .succeeded();
                let gray = image::load_from_memory(&errand.file("gray.png")).unwrap();
                assert_eq!(
                    (gray.width(), gray.height(), gray.into_bytes()),
                    luma_of(&image),
                    "client {client}"
                );
            });
        }
    });
    let end = Instant::now() + PATIENCE;
    while !stack.reply_queues().await.is_empty() {
        assert!(Instant::now() < end, "a reply queue is left");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn of_two_hundred_mixed_requests_each_reply_goes_to_its_own_queue() {
    let stack = Stack::connect().await;
    let requests = stack.queue("stats-requests").await;
    let mut reply_queues = Vec::new();
    for client in 1..=CLIENTS {
        reply_queues.push((client, ReplyQueue::new(&stack).await, BTreeSet::new()));
    }
    // Every batch holds requests of ten clients.
    for round in 1..=10 {
        for group in reply_queues.chunks_mut(10) {
            let mut batch = stack.sqs.send_message_batch().queue_url(&requests);
            for (client, reply_queue, asked) in group {
                let job_id = uuid::Uuid::now_v7().to_string();
                let body = json!({
                    "version": 1, "job_id": job_id, "operation": "stats", "reply_queue": reply_queue.name(),
                    "input": { "inline": format!("{client} {round}000") },
                });
                let entry = SendMessageBatchRequestEntry::builder().id(client.to_string());
                batch = batch.entries(entry.message_body(body.to_string()).build().unwrap());
                asked.insert(job_id);
            }
            assert!(batch.send().await.unwrap().failed().is_empty());
        }
    }
    for (client, reply_queue, asked) in reply_queues {
        let replies = reply_queue.replies(asked.len()).await;
        assert_eq!(replies.keys().cloned().collect::<BTreeSet<_>>(), asked);
        for reply in replies.values() {
            assert_eq!(reply["outcome"]["result"]["minimum"], client.to_string());
        }
    }
}
