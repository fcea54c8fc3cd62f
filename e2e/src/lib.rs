//! What the black-box tests share: the real `errand` binary, and a view of the deployed stack that owes nothing to the
//! client's own code.
//!
//! The tests run against the stack that the environment names, as `devtools.local_cloud run` sets it, through
//! `make test`.
#![allow(clippy::missing_panics_doc, reason = "a test's way to fail is to panic")]

mod mailbox;
mod pictures;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use aws_config::BehaviorVersion;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use serde_json::Value;

pub use mailbox::Mailbox;
pub use pictures::{luma_of, noise_png, scene_png};

/// How long any one thing may take before a test gives it up.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The deployed stack, seen from outside.
pub struct Stack {
    /// Its name.
    pub name: String,
    /// The bucket for inputs.
    pub input_bucket: String,
    /// The bucket for results and outcomes.
    pub result_bucket: String,
    /// A client of its S3.
    pub s3: aws_sdk_s3::Client,
    /// A client of its SQS.
    pub sqs: aws_sdk_sqs::Client,
}

impl Stack {
    /// The stack that the environment names.
    ///
    /// # Panics
    ///
    /// The environment names none: run the tests with `make test`.
    pub async fn connect() -> Self {
        let name = std::env::var("ERRAND_STACK").expect("no stack to test against: run `make test`");
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let shared = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .load()
            .await;
        let sqs = aws_sdk_sqs::Client::new(&shared);
        let queue = format!("{name}-responses");
        let url = sqs
            .get_queue_url()
            .queue_name(queue)
            .send()
            .await
            .expect("the stack is deployed")
            .queue_url
            .unwrap();
        let account = url.rsplit('/').nth(1).unwrap().to_owned();
        let region = shared.region().expect("a region is set").to_string();
        let s3 = aws_sdk_s3::config::Builder::from(&shared)
            .force_path_style(true)
            .build();
        Self {
            input_bucket: format!("{name}-input-{account}-{region}"),
            result_bucket: format!("{name}-results-{account}-{region}"),
            name,
            s3: aws_sdk_s3::Client::from_conf(s3),
            sqs,
        }
    }

    /// The URL of one of the stack's queues, by the last part of its name.
    ///
    /// # Panics
    ///
    /// The cloud does not answer as it should.
    pub async fn queue(&self, part: &str) -> String {
        let name = format!("{}-{part}", self.name);
        self.sqs
            .get_queue_url()
            .queue_name(name)
            .send()
            .await
            .unwrap()
            .queue_url
            .unwrap()
    }

    /// Sends a body to an operation's request queue, as any program may; gives SQS's id of the message.
    pub async fn request(&self, operation: &str, body: impl ToString) -> String {
        let queue = self.queue(&format!("{operation}-requests")).await;
        let send = self
            .sqs
            .send_message()
            .queue_url(queue)
            .message_body(body.to_string());
        send.send().await.unwrap().message_id.unwrap()
    }

    /// Puts an object into the input bucket.
    ///
    /// # Panics
    ///
    /// The cloud does not answer as it should.
    pub async fn drop_file(&self, key: &str, bytes: Vec<u8>) {
        let put = self
            .s3
            .put_object()
            .bucket(&self.input_bucket)
            .key(key)
            .body(ByteStream::from(bytes));
        put.send().await.unwrap();
    }

    /// What an object of the result bucket holds; none if it does not exist.
    ///
    /// # Panics
    ///
    /// The cloud does not answer as it should.
    pub async fn result(&self, key: &str) -> Option<Vec<u8>> {
        match self
            .s3
            .get_object()
            .bucket(&self.result_bucket)
            .key(key)
            .send()
            .await
        {
            Ok(object) => Some(object.body.collect().await.unwrap().to_vec()),
            Err(error) => {
                let is_missing = error
                    .as_service_error()
                    .is_some_and(aws_sdk_s3::operation::get_object::GetObjectError::is_no_such_key);
                assert!(is_missing, "{error:?}");
                None
            }
        }
    }

    /// Waits until an object of the result bucket is there.
    ///
    /// # Panics
    ///
    /// It does not come.
    pub async fn await_result(&self, key: &str) -> Vec<u8> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(bytes) = self.result(key).await {
                return bytes;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{key} did not appear in {}", self.result_bucket);
    }

    /// Waits for the stored outcome of a job.
    ///
    /// # Panics
    ///
    /// It does not come, or is no JSON.
    pub async fn outcome(&self, job_id: &str) -> Value {
        serde_json::from_slice(&self.await_result(&format!("outcomes/{job_id}.json")).await).unwrap()
    }

    /// The names of the reply queues that exist now.
    ///
    /// # Panics
    ///
    /// The cloud does not answer as it should.
    pub async fn reply_queues(&self) -> Vec<String> {
        let prefix = format!("{}-reply-", self.name);
        let mut pages = self
            .sqs
            .list_queues()
            .queue_name_prefix(prefix)
            .into_paginator()
            .send();
        let mut urls = Vec::new();
        while let Some(page) = pages.next().await {
            urls.extend(page.unwrap().queue_urls.unwrap_or_default());
        }
        urls
    }
}

/// The `errand` binary, built by the same profile as this test.
///
/// # Panics
///
/// It is not there.
#[must_use]
pub fn binary() -> PathBuf {
    // target/release/deps/test-hash -> target/release/errand
    let mut path = std::env::current_exe().expect("a test knows its own path");
    path.pop();
    path.pop();
    path.push(format!("errand{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is not built: run `make test`", path.display());
    path
}

/// A run of `errand` in a folder of its own.
pub struct Errand {
    /// The folder that it runs in.
    pub folder: tempfile::TempDir,
}

impl Default for Errand {
    fn default() -> Self {
        Self::new()
    }
}

impl Errand {
    /// In a new, empty folder.
    ///
    /// # Panics
    ///
    /// No folder can be made.
    #[must_use]
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// With a file in the folder.
    ///
    /// # Panics
    ///
    /// The file cannot be written.
    #[must_use]
    pub fn with(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.folder.path().join(name), bytes).unwrap();
        self
    }

    /// The command, to be run in the folder.
    pub fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        become_user(&mut command, "CLIENT");
        if let Some(folder) = std::env::var_os("ERRAND_LOCAL_DIR") {
            // What the client notes in its user's cache goes with the local cloud.
            command.env("XDG_CACHE_HOME", PathBuf::from(folder).join("cache"));
        }
        command
    }

    /// Runs it to its end as somebody who looks after the stack.
    ///
    /// # Panics
    ///
    /// It cannot be started.
    #[must_use]
    pub fn run_as_operator(&self, arguments: &[&str]) -> Ended {
        let mut command = self.command(arguments);
        become_user(&mut command, "OPERATOR");
        Ended::from(command.output().unwrap())
    }

    /// Runs it to its end.
    ///
    /// # Panics
    ///
    /// It cannot be started.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Ended {
        Ended::from(self.command(arguments).output().unwrap())
    }

    /// What a file in the folder holds.
    ///
    /// # Panics
    ///
    /// There is no such file.
    #[must_use]
    pub fn file(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The names of all files in the folder, sorted.
    ///
    /// # Panics
    ///
    /// The folder cannot be read.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Gives a command the key of one of the users that `devtools.local_cloud.with_users` made, where it did: the client with the client
/// policy alone, the operator with the operator policy besides. The tests themselves look behind the scenes as root.
fn become_user(command: &mut Command, user: &str) {
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        if let Some(value) = std::env::var_os(format!("ERRAND_TEST_{user}_{name}")) {
            command.env(name, value);
        }
    }
}

/// Whether the client runs as a user who may use this one stack and nothing else: to such a user another stack is
/// forbidden, whether it is there or not.
#[must_use]
pub fn is_client_restricted() -> bool {
    std::env::var_os("ERRAND_TEST_CLIENT_AWS_ACCESS_KEY_ID").is_some()
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained.
    pub stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ended {
    /// That it succeeded, without complaint.
    ///
    /// # Panics
    ///
    /// It did not.
    #[must_use]
    pub fn succeeded(self) -> Self {
        assert_eq!(
            (self.code, self.stderr.as_str()),
            (Some(0), ""),
            "{}",
            self.stdout
        );
        self
    }

    /// That it failed with this exit code, saying each of `words` on stderr.
    ///
    /// # Panics
    ///
    /// It did not.
    #[expect(
        clippy::must_use_candidate,
        clippy::return_self_not_must_use,
        reason = "an assertion, whose value is a bonus"
    )]
    pub fn failed(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout: {} stderr: {}",
            self.stdout,
            self.stderr
        );
        for word in words {
            assert!(self.stderr.contains(word), "no `{word}` in: {}", self.stderr);
        }
        self
    }

    /// What it printed, as JSON.
    ///
    /// # Panics
    ///
    /// It is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}
