//! Jobs that are sent now and fetched later, to the letter: what is printed, what is asked, what is noted.

use errand_client::JobId;
use serde_json::{Value, json};

use crate::command::Errand;
use crate::stand_in::{Answer, Asked, StandIn, reply_to, s3_error};

const ID: &str = "0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b";

fn errand(stand_in: &StandIn) -> Errand {
    Errand::new()
        .with("ERRAND_ENDPOINT_URL", &stand_in.endpoint)
        .with_file("list.txt", "1 2 3")
}

/// Answers every look for an outcome with one.
#[expect(clippy::option_option, reason = "what the stand-in takes")]
fn done(asked: &Asked) -> Option<Option<Answer>> {
    let (_, name) = asked.target.split_once("/outcomes/")?;
    let id = name.split('.').next()?;
    let outcome = reply_to(&json!({ "job_id": id }))["outcome"].to_string();
    (asked.method == "GET").then_some(Some(("200 OK", vec![], outcome)))
}

fn actions(stand_in: &StandIn) -> Vec<String> {
    stand_in.asked().iter().map(Asked::action).collect()
}

#[test]
fn a_detached_job_costs_two_requests_and_is_noted() {
    let stand_in = StandIn::start();
    let errand = errand(&stand_in);
    let sent = errand.run(&["stats", "list.txt", "--detach"]);
    assert_eq!((sent.code, sent.stderr.as_str()), (Some(0), ""));
    let id = sent.stdout.strip_suffix('\n').unwrap();
    assert!(id.parse::<JobId>().is_ok(), "{id}");
    assert_eq!(actions(&stand_in), ["GetQueueUrl", "SendMessage"]);

    let journal = errand.home.path().join(".local/state/errand/jobs.jsonl");
    let line: Value = serde_json::from_str(&std::fs::read_to_string(journal).unwrap()).unwrap();
    assert_eq!(
        (
            &line["job_id"],
            &line["stack"],
            &line["input"],
            &line["operation"]
        ),
        (&json!(id), &json!("errand"), &json!("list.txt"), &json!("stats"))
    );
    let listed = errand.run(&["jobs"]);
    assert_eq!((listed.code, listed.stderr.as_str()), (Some(0), ""));
    assert!(
        listed.stdout.starts_with(&format!("{id}  waiting   "))
            && listed.stdout.ends_with(" ago          -  stats      list.txt\n"),
        "{}",
        listed.stdout
    );
    let elsewhere = errand.run(&["jobs", "--stack", "another"]);
    assert_eq!((elsewhere.code, elsewhere.stdout.as_str()), (Some(0), ""));
}

#[test]
fn what_was_done_is_not_asked_for_again() {
    let stand_in = StandIn::with(f64::INFINITY, done);
    let errand = errand(&stand_in);
    let answer = errand.run(&["stats", "list.txt", "--id-from-content", "--detach", "--json"]);
    let id = serde_json::from_str::<Value>(&answer.stdout).unwrap()["job_id"].clone();
    // It never changes between releases: the same list would be another job.
    assert_eq!(id, "88385f29-406c-5673-9d37-6533d28e285f");
    let asked = actions(&stand_in);
    assert_eq!((asked.len(), asked[0].as_str()), (2, "GetQueueUrl"), "{asked:?}");
    assert!(asked[1].contains(&format!("/outcomes/{}.json", id.as_str().unwrap())));
}

#[test]
fn canceling_writes_under_a_condition_and_tells_whether_it_came_in_time() {
    let stand_in = StandIn::start();
    let canceled = errand(&stand_in).run(&["cancel", ID]);
    canceled.with(0, &[]);
    assert_eq!(canceled.stdout, format!("{ID}  canceled\n"));
    let puts = stand_in.asked_for("PUT");
    assert_eq!((puts.len(), puts[0].header("if-none-match")), (1, "*"));
    let outcome: Value = serde_json::from_slice(&puts[0].body).unwrap();
    assert_eq!(
        (&outcome["status"], &outcome["error"]["code"], &outcome["attempt"]),
        (&json!("failed"), &json!("canceled"), &json!(0))
    );

    let stand_in = StandIn::with(f64::INFINITY, |asked| match asked.method.as_str() {
        "PUT" => Some(Some(s3_error("412 Precondition Failed", "PreconditionFailed"))),
        _ => done(asked),
    });
    let late = errand(&stand_in).run(&["cancel", ID]);
    assert_eq!(
        (late.code, late.stdout, late.stderr),
        (
            Some(1),
            format!("{ID}  too late: it has its answer, fetch it with `errand result {ID}`\n"),
            "errand: 1 of the jobs had an answer already: too late to cancel\n".to_owned()
        )
    );
}

#[test]
fn several_answers_are_fetched_by_one_command_and_waited_for_by_another() {
    let stand_in = StandIn::with(f64::INFINITY, done);
    let other = "0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6c";
    let errand = errand(&stand_in);
    let waited = errand.run(&["wait", ID, other]);
    let mut lines: Vec<_> = waited.stdout.lines().collect();
    lines.sort_unstable();
    let told = |id| format!("{id} stats of a message succeeded: count 1");
    assert_eq!(
        (waited.code, lines),
        (Some(0), vec![told(ID).as_str(), &told(other)])
    );
    let fetched = errand.run(&["result", ID, other]);
    assert_eq!(
        (fetched.code, fetched.stdout),
        (Some(0), format!("{}\n{}\n", told(ID), told(other)))
    );
    let link = errand.run(&["result", ID, "--url"]);
    let begin = format!(
        "{}/errand-results-123456789012-eu-west-1/outcomes/{ID}.json?",
        stand_in.endpoint
    );
    assert!(
        link.code == Some(0) && link.stdout.starts_with(&begin),
        "{link:?}"
    );
    assert!(link.stdout.contains("X-Amz-Expires=3600"), "{link:?}");
}
