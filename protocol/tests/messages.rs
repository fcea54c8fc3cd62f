//! What a message is, on the samples that the worker and the client are held to as well.

#[path = "samples/messages.rs"]
mod samples;

use errand_protocol::Message;

use samples::Sample;

#[test]
fn the_jobs_of_every_form_of_message_have_the_ids_of_the_samples() {
    let message_id = "m-1";
    for sample in Sample::all() {
        for (operation, takes_bare_text) in [("stats", true), ("grayscale", false)] {
            let body = sample.body(operation);
            let message = Message::read(&body, message_id, takes_bare_text);
            assert_eq!(
                message.job_ids(),
                sample.jobs(operation, message_id),
                "{operation}: {}",
                sample.form
            );
            let again = message.redrive_body(&body, &operation.parse().unwrap());
            let again = Message::read(&again, "another", takes_bare_text).job_ids();
            // What is named in the body, or by the file, keeps its id in a new message.
            if matches!(message, Message::Request(_) | Message::BareText { .. }) {
                assert_eq!(again, message.job_ids(), "{operation}: {} redriven", sample.form);
            }
        }
    }
}
