//! What the black-box tests share: the real `errand` binary, and a view of the deployed stack that owes nothing to the
//! client's own code.
//!
//! The tests run against the stack that the environment names, as `devtools.local_cloud run` sets it, through
//! `make test`. They are modules of one binary, `tests/e2e/`, so that the AWS SDK is linked once; they run side by side
//! on the one stack, and those that cannot say so: see [`Stack::alone`].
#![allow(clippy::missing_panics_doc, reason = "a test's way to fail is to panic")]

mod command;
mod pictures;
mod record;
mod reply_queue;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_config::BehaviorVersion;
use aws_sdk_s3::primitives::ByteStream;
use serde_json::Value;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

pub use command::{Ended, Errand, is_client_restricted};
pub use pictures::{luma_of, noise_png, scene_png};
pub use record::command as record_answers;
pub use reply_queue::ReplyQueue;

/// How long any one thing may take before a test gives it up.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Who uses the stack at the moment: any number of tests, or one that needs it to itself.
static USE: RwLock<()> = RwLock::const_new(());

enum Use {
    Shared(#[expect(dead_code, reason = "held until it is dropped")] RwLockReadGuard<'static, ()>),
    Alone(#[expect(dead_code, reason = "held until it is dropped")] RwLockWriteGuard<'static, ()>),
}

/// The deployed stack, seen from outside. A test connects once: a second time, it could wait for itself.
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
    _use: Use,
}

impl Stack {
    /// The stack that the environment names, while other tests use it too.
    ///
    /// # Panics
    ///
    /// The environment names none: run the tests with `make test`.
    pub async fn connect() -> Self {
        Self::with_use(Use::Shared(USE.read().await)).await
    }

    /// The stack that the environment names, while no other test uses it: for a test that counts all that is in a queue
    /// or all queues that there are, or that changes a queue's settings.
    ///
    /// # Panics
    ///
    /// The environment names none: run the tests with `make test`.
    pub async fn alone() -> Self {
        Self::with_use(Use::Alone(USE.write().await)).await
    }

    async fn with_use(r#use: Use) -> Self {
        let name = std::env::var("ERRAND_STACK").expect("no stack to test against: run `make test`");
        let shared = aws_config::defaults(BehaviorVersion::latest())
            .http_client(errand_aws::http_client().expect("AWS_CA_BUNDLE, if set, names certificates"))
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
            _use: r#use,
        }
    }

    /// The client's command, in a new, empty folder.
    ///
    /// # Panics
    ///
    /// No folder can be made.
    #[must_use]
    pub fn errand(&self) -> Errand<'_> {
        Errand::new(self)
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
    pub async fn upload_file(&self, key: &str, bytes: Vec<u8>) {
        self.upload_file_with(key, bytes, None).await;
    }

    /// The same with parameters for its job beside it, as a JSON object.
    ///
    /// # Panics
    ///
    /// The cloud does not answer as it should.
    pub async fn upload_file_with(&self, key: &str, bytes: Vec<u8>, parameters: Option<&str>) {
        let metadata = parameters.map(|json| [("errand-parameters".to_owned(), json.to_owned())].into());
        let put = self
            .s3
            .put_object()
            .bucket(&self.input_bucket)
            .key(key)
            .set_metadata(metadata)
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

    /// Waits for the stored outcome of a job: one that is no answer before a later moment, as the failure that is stored
    /// before a last attempt begins, is none yet.
    ///
    /// # Panics
    ///
    /// It does not come, or is no JSON.
    pub async fn outcome(&self, job_id: &str) -> Value {
        let key = format!("outcomes/{job_id}.json");
        let end = Instant::now() + PATIENCE;
        loop {
            let stored = self.await_result(&key).await;
            record::message("outcome", job_id, &String::from_utf8_lossy(&stored));
            let outcome: Value = serde_json::from_slice(&stored).unwrap();
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
            let begins = outcome["not_before_unix_ms"].as_u64().unwrap_or_default();
            if u128::from(begins) <= now {
                return outcome;
            }
            assert!(Instant::now() < end, "no answer yet: {outcome}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
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
