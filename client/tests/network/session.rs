//! Runs of many jobs, by the library: what they ask of the cloud is counted.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use errand_client::{AccessKey, Client, Error, Input, Job, JobId, Outcome, Session, Settings, operations};
use errand_stats::Parameters;
use tokio::task::JoinSet;

use crate::stand_in::{Asked, StandIn, reply_to, s3_error, sqs_error};

async fn client(stand_in: &StandIn) -> Client {
    let mut settings = Settings::of_stack("errand".parse().unwrap());
    settings.endpoint_url = Some(stand_in.endpoint.parse().unwrap());
    settings.region = Some("eu-west-1".to_owned());
    settings.access_key = Some(AccessKey {
        id: "AKIDTEST".to_owned(),
        secret: "secret".to_owned(),
        session_token: None,
    });
    Client::connect(settings).await.unwrap()
}

fn job(text: impl Into<String>) -> Job {
    Job::new(
        operations::STATS,
        &Parameters::default(),
        Input::bytes("list.txt", text.into()),
    )
}

/// Runs so many jobs, so many at once; gives their ids.
async fn run_many(session: Session, count: usize, at_once: usize) -> HashSet<JobId> {
    let session = Arc::new(session);
    let mut running = JoinSet::new();
    let mut done = HashSet::new();
    for number in 0..count {
        if running.len() >= at_once {
            let outcome: Outcome = running.join_next().await.unwrap().unwrap();
            done.insert(outcome.job_id);
        }
        let session = Arc::clone(&session);
        running.spawn(async move { session.run(job(number.to_string())).await.unwrap() });
    }
    while let Some(ended) = running.join_next().await {
        done.insert(ended.unwrap().job_id);
    }
    session.close().await.unwrap();
    done
}

#[tokio::test]
async fn a_single_job_costs_five_requests_and_does_not_linger() {
    let stand_in = StandIn::start();
    let session = client(&stand_in).await.session();
    let begun = Instant::now();
    session.run(job("1")).await.unwrap();
    session.close().await.unwrap();
    let actions: Vec<_> = stand_in.asked().iter().map(Asked::action).collect();
    let all = [
        "GetQueueUrl",
        "CreateQueue",
        "SendMessage",
        "ReceiveMessage",
        "DeleteQueue",
    ];
    assert_eq!(actions, all);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_thousand_jobs_cost_at_most_six_tenths_of_a_request_each() {
    // A function that is done with all at once, and one whose answers come one by one.
    for (time, at_once) in [
        (Duration::ZERO, 100),
        (Duration::from_millis(3), 100),
        (Duration::ZERO, 1000),
    ] {
        let stand_in = StandIn::working(time);
        let done = run_many(client(&stand_in).await.session(), 1000, at_once).await;
        assert_eq!(done.len(), 1000);
        let count = stand_in.asked().len();
        assert!(count <= 600, "{count} requests at {time:?}, {at_once} at once");
        for once in ["GetQueueUrl", "CreateQueue", "DeleteQueue"] {
            assert_eq!(stand_in.asked_for(once).len(), 1, "{once}");
        }
    }
}

#[tokio::test]
async fn a_batch_is_no_larger_than_sqs_takes() {
    let stand_in = StandIn::start();
    let session = Arc::new(client(&stand_in).await.session());
    let mut running = JoinSet::new();
    for _ in 0..10 {
        let session = Arc::clone(&session);
        running.spawn(async move { session.run(job("1 ".repeat(200_000))).await.unwrap() });
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
    session.close().await.unwrap();
    let sent: Vec<_> = stand_in.asked_for("SendMessage");
    assert!(sent.len() >= 5, "{} calls", sent.len());
    assert!(sent.iter().all(|asked| asked.body.len() < 1_100_000));
}

#[tokio::test]
async fn two_jobs_with_one_id_both_hear_of_it() {
    let stand_in = StandIn::start();
    let session = client(&stand_in).await.session();
    let first = job("1");
    let second = job("1").with_id(first.id());
    let id = first.id();
    let (first, second) = tokio::join!(session.submit(first), session.submit(second));
    let (mut first, mut second) = (first.unwrap(), second.unwrap());
    let patience = Duration::from_secs(10);
    assert_eq!(first.wait(patience).await.unwrap().job_id, id);
    // Its outcome is read, which the stand-in does not have.
    let error = second.wait(Duration::from_secs(1)).await;
    assert!(matches!(error, Ok(_) | Err(Error::TimedOut { .. })), "{error:?}");
    session.close().await.unwrap();
}

#[tokio::test]
async fn a_reply_that_does_not_come_is_found_on_s3() {
    let lost = StandIn::with(f64::INFINITY, |asked| {
        if asked.action() == "ReceiveMessage" {
            return Some(Some((
                "200 OK",
                vec![("Content-Type", "application/x-amz-json-1.0".to_owned())],
                "{}".to_owned(),
            )));
        }
        let (_, name) = asked.target.split_once("/outcomes/")?;
        let id = name.split('.').next()?;
        let reply = reply_to(&serde_json::json!({ "job_id": id }));
        Some(Some(("200 OK", vec![], reply["outcome"].to_string())))
    });
    let session = client(&lost).await.session();
    let outcome = session.run(job("1")).await.unwrap();
    assert_eq!(outcome.attempt, 1);
    session.close().await.unwrap();
}

#[tokio::test]
async fn what_the_cloud_refuses_ends_all_who_wait() {
    let stand_in = StandIn::with(f64::INFINITY, |asked| {
        (asked.action() == "ReceiveMessage").then(|| Some(sqs_error("AccessDenied")))
    });
    let session = client(&stand_in).await.session();
    let (first, second) = tokio::join!(session.run(job("1")), session.run(job("2")));
    for error in [first.unwrap_err(), second.unwrap_err()] {
        assert!(
            matches!(error, Error::LostTrack { is_certain: true, .. }),
            "{error}"
        );
        assert_eq!(error.code(), "service_error");
    }
    session.close().await.unwrap();
    assert_eq!(stand_in.asked_for("DeleteQueue").len(), 1);
}

#[tokio::test]
async fn a_session_that_is_dropped_clears_up() {
    let stand_in = StandIn::with(f64::INFINITY, |asked| {
        // No part of an upload ever arrives.
        (asked.method == "PUT").then(|| Some(s3_error("503 Slow Down", "SlowDown")))
    });
    let session = client(&stand_in).await.session();
    let large = Job::new(
        operations::STATS,
        &Parameters::default(),
        Input::bytes("list.txt", vec![b'1'; 20 << 20]),
    );
    let given_up = tokio::time::timeout(Duration::from_secs(2), session.run(large)).await;
    assert!(given_up.is_err());
    assert_eq!(stand_in.unfinished(), 1);
    drop(session);
    let end = Instant::now() + Duration::from_secs(10);
    while stand_in.unfinished() > 0 || stand_in.asked_for("DeleteQueue").is_empty() {
        assert!(Instant::now() < end, "{:?}", stand_in.asked());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_closed_session_takes_no_job_and_tells_those_who_wait() {
    let stand_in = StandIn::working(Duration::from_mins(1));
    let session = client(&stand_in).await.session();
    let mut sent = session.submit(job("1")).await.unwrap();
    session.close().await.unwrap();
    session.close().await.unwrap();
    let error = sent.wait(Duration::from_secs(10)).await.unwrap_err();
    assert_eq!((error.job_id(), error.code()), (Some(sent.id()), "closed"));
    let error = session.run(job("1")).await.unwrap_err();
    assert!(matches!(error, Error::Closed), "{error}");
}
