//! The wire forms, fixed: each file under `golden/` is a message as version 1 writes it. A change that breaks one of
//! these tests breaks deployed stacks. Written by hand, 2026-11.

use errand_protocol::{
    DecodeError, JobError, MapPlan, MapReport, ObjectReport, Outcome, Reply, Request, RequestInput, Salvage,
    Status, code, limits, salvage,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const REQUEST_INLINE: &str = include_str!("golden/request_inline.json");
const REQUEST_OBJECT: &str = include_str!("golden/request_object.json");
const OUTCOME_SUCCEEDED: &str = include_str!("golden/outcome_succeeded.json");
const OUTCOME_FAILED: &str = include_str!("golden/outcome_failed.json");
const REPLY: &str = include_str!("golden/reply.json");
/// Ids in upper case, and all that version 1 was given later.
const REPLY_TO_BARE_TEXT: &str = include_str!("golden/reply_to_bare_text.json");
const REQUEST_REDRIVEN: &str = include_str!("golden/request_redriven.json");
const REQUEST_OBJECTS: &str = include_str!("golden/request_objects.json");
const REQUEST_PREFIX: &str = include_str!("golden/request_prefix.json");
const REQUEST_EACH: &str = include_str!("golden/request_each.json");

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The text with one field changed by `edit`.
fn edited(text: &str, edit: impl FnOnce(&mut serde_json::Map<String, Value>)) -> String {
    let mut value = value(text);
    edit(value.as_object_mut().unwrap());
    value.to_string()
}

#[test]
fn what_is_read_is_written_again_unchanged() {
    for text in [
        REQUEST_INLINE,
        REQUEST_OBJECT,
        REQUEST_REDRIVEN,
        REQUEST_OBJECTS,
        REQUEST_PREFIX,
        REQUEST_EACH,
    ] {
        assert_eq!(value(&Request::from_json(text).unwrap().to_json()), value(text));
    }
    for text in [OUTCOME_SUCCEEDED, OUTCOME_FAILED] {
        let written = Outcome::from_json(text.as_bytes()).unwrap().to_json();
        assert_eq!(serde_json::from_slice::<Value>(&written).unwrap(), value(text));
    }
    for text in [REPLY, REPLY_TO_BARE_TEXT] {
        assert_eq!(value(&Reply::from_json(text).unwrap().to_message()), value(text));
    }
}

/// That a message is read, and written again unchanged.
#[track_caller]
fn is_kept<T: DeserializeOwned + Serialize>(text: &str) {
    let read: T = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), value(text));
}

#[test]
fn what_a_map_job_keeps_is_read_and_written_again_unchanged() {
    is_kept::<MapPlan>(include_str!("golden/map-plan_slices.json"));
    is_kept::<MapPlan>(include_str!("golden/map-plan_begun.json"));
    is_kept::<MapReport>(include_str!("golden/map-report_grayscale.json"));
    is_kept::<ObjectReport>(include_str!("golden/map-object-report_done.json"));
    is_kept::<ObjectReport>(include_str!("golden/map-object-report_skipped.json"));
    is_kept::<ObjectReport>(include_str!("golden/map-object-report_failed.json"));
}

#[test]
fn what_a_prefix_does_not_say_is_all_of_the_bucket() {
    let text = edited(REQUEST_EACH, |fields| {
        fields["input"] = json!({ "prefix": { "bucket": "measurements" } });
    });
    let RequestInput::Prefix(prefix) = Request::from_json(&text).unwrap().input else {
        panic!("{text}")
    };
    assert_eq!(prefix.prefix, "");
    assert!(prefix.include.is_empty() && prefix.exclude.is_empty());
}

#[test]
fn fields_that_are_not_known_pass() {
    let text = edited(REQUEST_INLINE, |fields| {
        fields.insert("priority".into(), json!(7));
        fields["input"]
            .as_object_mut()
            .unwrap()
            .insert("language".into(), json!("la"));
    });
    assert_eq!(
        Request::from_json(&text).unwrap(),
        Request::from_json(REQUEST_INLINE).unwrap()
    );
    let text = edited(OUTCOME_SUCCEEDED, |fields| {
        fields.insert("cost".into(), json!({ "usd": "0.0000002" }));
        fields["object"]
            .as_object_mut()
            .unwrap()
            .insert("color".into(), json!("gray"));
    });
    assert_eq!(
        Outcome::from_json(text.as_bytes()).unwrap(),
        Outcome::from_json(OUTCOME_SUCCEEDED.as_bytes()).unwrap()
    );
}

#[test]
fn what_is_null_is_as_if_it_was_not_there() {
    let text = edited(REQUEST_INLINE, |fields| {
        fields["parameters"] = json!(null);
        fields["input"]["object"] = json!(null);
        fields.insert("message_id".into(), json!(null));
    });
    assert_eq!(
        Request::from_json(&text).unwrap(),
        Request::from_json(REQUEST_INLINE).unwrap()
    );
}

#[test]
fn an_outcome_may_tell_its_trace() {
    let id = "1-5759e988-bd862e3fe1be46a994272793";
    let text = edited(OUTCOME_FAILED, |fields| {
        fields.insert("trace_id".into(), json!(id));
    });
    let outcome = Outcome::from_json(text.as_bytes()).unwrap();
    assert_eq!(outcome.trace_id, Some(id.parse().unwrap()));
    let written: Value = serde_json::from_slice(&outcome.to_json()).unwrap();
    assert_eq!(written, value(&text));
}

#[test]
fn a_field_that_is_missing_is_named() {
    for field in ["version", "job_id", "operation", "input"] {
        let text = edited(REQUEST_INLINE, |fields| drop(fields.remove(field)));
        let error = Request::from_json(&text).unwrap_err().to_string();
        assert!(error.contains(&format!("missing field `{field}`")), "{error}");
    }
    for field in ["job_id", "status", "attempt", "result"] {
        let text = edited(OUTCOME_SUCCEEDED, |fields| drop(fields.remove(field)));
        let error = Outcome::from_json(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(&format!("missing field `{field}`")), "{error}");
    }
}

#[test]
fn a_later_version_is_told_as_such_even_when_nothing_else_is_the_same() {
    let error = Request::from_json(r#"{"version": 2, "jobs": []}"#).unwrap_err();
    assert!(matches!(error, DecodeError::Version { found: 2 }));
    assert!(error.to_string().contains("version 2"), "{error}");
    assert!(matches!(
        Request::from_json(r#"{"version": 0}"#),
        Err(DecodeError::Version { found: 0 })
    ));
}

#[test]
fn an_input_is_exactly_one_of_its_kinds() {
    let refused = |input: Value| {
        let text = edited(REQUEST_INLINE, |fields| fields["input"] = input);
        Request::from_json(&text).unwrap_err().to_string()
    };
    let error = refused(json!({}));
    let expected = "`input` has none of `inline`, `object`, `objects` and `prefix`";
    assert!(error.contains(expected), "{error}");
    let object = json!({ "bucket": "abc", "key": "k" });
    for two in [
        json!({ "inline": "1", "object": object }),
        json!({ "object": object, "objects": [object] }),
        json!({ "objects": [object], "prefix": { "bucket": "abc" } }),
    ] {
        let error = refused(two);
        assert!(error.contains("`input` has several of `inline`"), "{error}");
    }
    let error = refused(json!({ "objects": [] }));
    assert!(error.contains("`objects` is empty"), "{error}");
}

#[test]
fn an_integer_that_json_numbers_would_damage_survives() {
    let request = Request::from_json(REQUEST_INLINE).unwrap();
    assert!(request.to_json().contains("9007199254740993"));
}

#[test]
fn a_broken_request_still_tells_who_asked() {
    let text = edited(REQUEST_INLINE, |fields| drop(fields.remove("operation")));
    let request = Request::from_json(REQUEST_INLINE).unwrap();
    let expected = Salvage {
        job_id: Some(request.job_id),
        reply_queue: request.reply_queue,
    };
    assert_eq!(salvage(&text), expected);
    assert_eq!(salvage("{ not json"), Salvage::default());
    assert_eq!(salvage("[1, 2]"), Salvage::default());
}

#[test]
fn only_a_failure_that_may_pass_can_be_replaced() {
    let mut outcome = Outcome::from_json(OUTCOME_FAILED.as_bytes()).unwrap();
    assert!(!outcome.is_provisional());
    outcome.status = Status::Failed {
        error: JobError::transient(code::SERVICE_UNAVAILABLE, "throttled"),
    };
    assert!(outcome.is_provisional());
    assert!(
        !Outcome::from_json(OUTCOME_SUCCEEDED.as_bytes())
            .unwrap()
            .is_provisional()
    );
}

#[test]
fn a_failure_stored_before_the_last_attempt_is_no_answer_until_its_moment_and_gives_way_to_every_other() {
    let outcome = |status: Option<JobError>, not_before_unix_ms| {
        let mut outcome = Outcome::from_json(OUTCOME_SUCCEEDED.as_bytes()).unwrap();
        if let Some(error) = status {
            outcome.status = Status::Failed { error };
        }
        outcome.not_before_unix_ms = not_before_unix_ms;
        Outcome::from_json(&outcome.to_json()).unwrap()
    };
    let may_pass = || Some(JobError::transient(code::PROCESS_KILLED, "killed"));
    let pending = outcome(may_pass(), Some(1_000));
    assert!(!pending.is_answer_at(999));
    assert!(pending.is_answer_at(1_000));
    let provisional = outcome(may_pass(), None);
    let succeeded = outcome(None, None);
    let failed = outcome(Some(JobError::permanent(code::INTERNAL, "panic")), None);
    // In the order in which each replaces those before it; the last two replace neither themselves nor each other.
    let ranks = [(0, &pending), (1, &provisional), (2, &succeeded), (2, &failed)];
    for (rank, new) in ranks {
        assert!(rank == 0 || new.is_answer_at(0));
        for (other, stored) in ranks {
            assert_eq!(new.replaces(stored), rank > other, "{new:?} over {stored:?}");
        }
    }
}

#[test]
fn a_reply_at_the_limit_carries_the_outcome_and_one_byte_more_only_its_place() {
    let sized = |padding: usize| {
        let mut reply = Reply::from_json(REPLY).unwrap();
        let outcome = reply.outcome.as_mut().unwrap();
        let Status::Succeeded { result, .. } = &mut outcome.status else {
            unreachable!()
        };
        result.insert("padding".into(), "p".repeat(padding).into());
        reply
    };
    let empty = sized(0).to_message().len();
    let exact = sized(limits::MESSAGE_BYTES - empty).to_message();
    assert_eq!(exact.len(), limits::MESSAGE_BYTES);
    assert!(Reply::from_json(&exact).unwrap().outcome.is_some());
    let over = Reply::from_json(&sized(limits::MESSAGE_BYTES - empty + 1).to_message()).unwrap();
    assert_eq!(over.outcome, None);
    assert_eq!(over.location, Reply::from_json(REPLY).unwrap().location);
}
