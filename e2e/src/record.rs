//! What the tests get from the functions and from the command, for `devtools.checks.schemas` to hold against
//! `docs/schemas/`: one line for each message or answer, in the file that `E2E_ANSWERS` names.

use std::fs::File;
use std::io::Write as _;
use std::sync::LazyLock;

use serde_json::{Value, json};

/// Opened to append, so that lines of tests side by side stay whole.
static FILE: LazyLock<Option<File>> = LazyLock::new(|| {
    let path = std::env::var_os("E2E_ANSWERS")?;
    let file = File::options().create(true).append(true).open(path);
    Some(file.expect("E2E_ANSWERS names a file that can be written"))
});

/// Records a message, or an object: `schema` is the name of a file in `docs/schemas/`, `of` says to a person what it is.
pub(crate) fn message(schema: &str, of: &str, text: &str) {
    if let Some(mut file) = FILE.as_ref() {
        let line = format!("{}\n", json!({ "schema": schema, "of": of, "text": text }));
        file.write_all(line.as_bytes()).unwrap();
    }
}

/// Records what a command printed, where it was to print JSON. [`Errand`](crate::Errand) does it for those that it runs to
/// their end.
///
/// # Panics
///
/// The file cannot be written.
pub fn command(arguments: &[&str], stdout: &str) {
    const COMMANDS: [&str; 11] = [
        "stats",
        "grayscale",
        "result",
        "wait",
        "jobs",
        "cancel",
        "listen",
        "dead-letters",
        "status",
        "doctor",
        "config",
    ];
    if FILE.is_none() || !arguments.contains(&"--json") {
        return;
    }
    let mut words = arguments.iter().skip_while(|word| !COMMANDS.contains(word));
    let name = match (words.next(), words.next()) {
        (Some(command @ (&"dead-letters" | &"config")), Some(action)) => format!("{command}-{action}"),
        _ if arguments.contains(&"--detach") => "detached".to_owned(),
        _ if arguments.contains(&"--url") => "link".to_owned(),
        (Some(command), _) => (*command).to_owned(),
        (None, _) => panic!("no command in {arguments:?}"),
    };
    let of = format!("errand {}", arguments.join(" "));
    for line in stdout.lines() {
        let answer: Value = serde_json::from_str(line).unwrap_or_default();
        // An outcome and a dead letter have the error among other things.
        let others = ["status", "state", "job_ids"];
        let is_error = answer["error"].is_object() && others.iter().all(|field| answer[field].is_null());
        let is_of_many =
            answer["summary"].is_object() || answer["input"].is_string() && answer["status"].is_string();
        let schema = match name.as_str() {
            _ if is_error => "error",
            "stats" | "grayscale" if is_of_many => "many",
            "grayscale" if answer["reports"].is_u64() => "objects",
            "detached" if is_of_many && answer["status"] != "sent" => "many",
            name => name,
        };
        message(&format!("command/{schema}"), &of, line);
        // The request that the command sent, as it lies in the queue.
        if let Some(body) = answer["body"].as_str()
            && body.contains("\"version\"")
        {
            message("request", &of, body);
        }
    }
}
