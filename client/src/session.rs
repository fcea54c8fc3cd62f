//! A run of one job or of many: one reply queue, requests out in tens, replies in in tens.
//!
//! Three tasks run beside the caller, from the first job on, on the runtime that it was sent from. [`outbox`] gathers
//! requests that are to be sent at about the same time; a request alone is sent at once. [`inbox`] receives replies for as
//! long as anybody waits for one, hands each to whoever does, and looks on S3 for those that do not come. A third marks the
//! queue as in use, for as long as the run takes.
//!
//! What a session holds is bounded by what its caller has open: a request's body until it is sent, and outcomes that have
//! come and are not taken yet, of which no more than [`inbox::MOST_HELD_BYTES`] are kept: the rest is read from S3 by whoever
//! takes it.

mod inbox;
mod outbox;
mod sent_job;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use errand_protocol::{JobId, ObjectLocation, Outcome, QueueName, Request, RequestInput, keys, limits};
use tokio::sync::OnceCell;
use tokio::task::{JoinHandle, JoinSet};

use self::inbox::Inbox;
use self::outbox::{Coming, Outbox, Waiting};
use crate::admin::reply_queues::HEARTBEAT;
use crate::client::Client;
use crate::cloud::{Deployment, Outgoing, PartialUpload};
use crate::error::Error;
use crate::input::Input;
use crate::job::Job;
use crate::operations::Operation;
use crate::persist::persist;
use crate::trace;

pub use self::sent_job::SentJob;

/// A run of one job or of many, with one reply queue for all of them; see [`Client::session`].
///
/// Any number of jobs may be prepared, sent and waited for at once, from any number of tasks: how many files are on their
/// way at a time is up to the caller. End it with [`Self::close`], also where something failed. A session that is dropped
/// without that clears up by itself as long as its runtime runs; queues that stay behind all the same are found an hour
/// later by `errand doctor`.
pub struct Session {
    shared: Arc<Shared>,
    tasks: OnceCell<Mutex<Vec<JoinHandle<()>>>>,
}

/// What a session's tasks and its jobs have in common.
struct Shared {
    client: Client,
    /// None where replies go to the stack's response queue.
    reply_queue: Option<QueueName>,
    reply_url: OnceCell<String>,
    /// Whether there may be a queue to be removed.
    is_queue_begun: AtomicBool,
    is_closed: AtomicBool,
    outbox: Outbox,
    inbox: Inbox,
    /// Uploads that were given up in the middle.
    leftovers: Mutex<Vec<PartialUpload>>,
}

impl Session {
    pub(crate) fn new(client: Client, has_reply_queue: bool) -> Self {
        let reply_queue = has_reply_queue.then(|| client.stack().new_reply_queue());
        Self {
            shared: Arc::new(Shared {
                client,
                reply_queue,
                reply_url: OnceCell::new(),
                is_queue_begun: AtomicBool::new(false),
                is_closed: AtomicBool::new(false),
                outbox: Outbox::default(),
                inbox: Inbox::default(),
                leftovers: Mutex::default(),
            }),
            tasks: OnceCell::new(),
        }
    }

    /// Gets a job ready to be sent: finds its queue, makes the reply queue if this is the session's first job, and uploads
    /// the input where it does not fit into a message. Nothing is asked of the function yet; what is not sent costs a day of
    /// storage at most.
    ///
    /// # Errors
    ///
    /// The input cannot be read, or is too large; the stack is not deployed; the cloud cannot be reached or refuses.
    pub async fn prepare(&self, job: Job) -> Result<PreparedJob, Error> {
        let shared = &self.shared;
        if shared.is_closed.load(Ordering::Acquire) {
            return Err(Error::Closed);
        }
        let coming = shared.outbox.expect();
        let Job {
            id,
            operation,
            parameters,
            input,
            map,
        } = job;
        let deployment = shared.client.deployment_of(operation).await?;
        let request = Request {
            reply_queue: shared.reply_queue.clone(),
            map,
            ..Request::new(
                id,
                operation.name(),
                parameters,
                RequestInput::Inline(String::new()),
            )
        };
        // A new queue needs up to a second on AWS before all of SQS knows it: the upload fills that time.
        let (request, ()) = tokio::try_join!(
            shared.with_input(&deployment, request, &input),
            self.open_reply_queue(&deployment)
        )?;
        self.start_tasks().await;
        Ok(PreparedJob {
            outgoing: Outgoing {
                job_id: id,
                body: request.to_json(),
                trace: trace::current(),
            },
            operation,
            queue_url: deployment.queue_url.clone(),
            shared: Arc::clone(shared),
            coming,
        })
    }

    /// Prepares a job and sends it.
    ///
    /// # Errors
    ///
    /// Those of [`Self::prepare`] and [`PreparedJob::send`].
    pub async fn submit(&self, job: Job) -> Result<SentJob, Error> {
        self.prepare(job).await?.send().await
    }

    /// Prepares a job, sends it and waits for its outcome, as long as [`Operation::default_timeout`].
    ///
    /// # Errors
    ///
    /// Those of [`Self::submit`] and [`SentJob::wait`]. A job that was answered with a failure is no error here: see
    /// [`success`](crate::success).
    pub async fn run(&self, job: Job) -> Result<Outcome, Error> {
        let timeout = job.operation.default_timeout();
        self.submit(job).await?.wait(timeout).await
    }

    /// Ends the session: removes its reply queue, and the parts of uploads that were given up. Jobs that are not answered go
    /// on in the cloud; whoever still waits for one is told so. Closing twice does nothing.
    ///
    /// # Errors
    ///
    /// The queue could not be removed: `errand doctor` finds it later. Parts that could not be removed are removed by S3
    /// after a day.
    pub async fn close(&self) -> Result<(), Error> {
        let Some(ending) = self.end() else { return Ok(()) };
        ending.await
    }

    /// Stops the tasks; gives what is left to be done, once.
    fn end(&self) -> Option<impl Future<Output = Result<(), Error>> + Send + 'static> {
        if self.shared.is_closed.swap(true, Ordering::AcqRel) {
            return None;
        }
        if let Some(tasks) = self.tasks.get() {
            for task in tasks.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
                task.abort();
            }
        }
        self.shared.inbox.close();
        let shared = Arc::clone(&self.shared);
        Some(async move {
            let (deleted, ()) = tokio::join!(shared.delete_reply_queue(), shared.abort_leftovers());
            deleted
        })
    }

    /// Makes the reply queue, if there is to be one and there is none yet.
    async fn open_reply_queue(&self, deployment: &Deployment) -> Result<(), Error> {
        let shared = &self.shared;
        let Some(name) = &shared.reply_queue else {
            return Ok(());
        };
        let made = shared.reply_url.get_or_try_init(|| async {
            shared.is_queue_begun.store(true, Ordering::Release);
            let cloud = shared.client.cloud();
            persist(&cloud.notes, || cloud.create_reply_queue(name)).await?;
            Ok(sibling(&deployment.queue_url, name))
        });
        made.await?;
        // From now on, and not only once the first input is there: it may be uploaded for hours.
        self.start_tasks().await;
        Ok(())
    }

    async fn start_tasks(&self) {
        let start = async || {
            let mut tasks = vec![tokio::spawn(outbox::run(Arc::clone(&self.shared)))];
            if let Some(url) = self.shared.reply_url.get() {
                tasks.push(tokio::spawn(inbox::run(Arc::clone(&self.shared), url.clone())));
                tasks.push(tokio::spawn(send_heartbeats(
                    Arc::clone(&self.shared),
                    url.clone(),
                )));
            }
            Mutex::new(tasks)
        };
        self.tasks.get_or_init(start).await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(ending) = self.end() else { return };
        let is_needed =
            self.shared.is_queue_begun.load(Ordering::Acquire) || !self.shared.leftovers().is_empty();
        if is_needed && let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(ending);
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({:?})", self.shared.reply_queue)
    }
}

/// A job whose input is where its function will look for it; nothing was asked yet.
#[must_use = "nothing is done unless it is sent"]
pub struct PreparedJob {
    outgoing: Outgoing,
    operation: Operation,
    queue_url: String,
    shared: Arc<Shared>,
    coming: Coming,
}

impl PreparedJob {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> JobId {
        self.outgoing.job_id
    }

    /// Sends the request: at once, if no other is being prepared or sent in its session, else with others that come within
    /// a few hundredths of a second.
    ///
    /// # Errors
    ///
    /// The cloud cannot be reached or refuses. Where it is not certain that the request did not go out,
    /// [`Error::LostTrack`]. If the future is dropped, the job may or may not have been sent.
    pub async fn send(self) -> Result<SentJob, Error> {
        let Self {
            outgoing,
            operation,
            queue_url,
            shared,
            coming,
        } = self;
        let job_id = outgoing.job_id;
        let mut sent = SentJob::new(Arc::clone(&shared), job_id, operation);
        let (waiting, done) = Waiting::new(queue_url, outgoing, coming);
        shared.outbox.add(waiting).await?;
        match done.await {
            Ok(Ok(())) => {
                sent.mark_as_sent();
                Ok(sent)
            }
            Ok(Err(error)) => Err(outbox::may_have_been_sent(error, job_id)),
            Err(_) => Err(Error::Closed),
        }
    }
}

impl Shared {
    /// The request with its input: in the message if it fits, else uploaded (claim check).
    async fn with_input(
        &self,
        deployment: &Deployment,
        mut request: Request,
        input: &Input,
    ) -> Result<Request, Error> {
        if let Some(there) = input.request_input() {
            request.input = there;
            let size_bytes = request.to_json().len();
            if size_bytes > limits::MESSAGE_BYTES {
                return Err(Error::TooManyObjects { size_bytes });
            }
            return Ok(request);
        }
        if input.size_bytes() <= limits::MESSAGE_BYTES as u64
            && let Ok(text) = String::from_utf8(input.read()?)
        {
            request.input = RequestInput::Inline(text);
            if request.to_json().len() <= limits::MESSAGE_BYTES {
                return Ok(request);
            }
        }
        let mut location = ObjectLocation {
            bucket: deployment.input_bucket.clone(),
            key: keys::claim_check(request.job_id, input.name()),
            version_id: None,
        };
        let cloud = self.client.cloud();
        cloud
            .notes
            .tell(|| format!("uploading {} bytes to {location}", input.size_bytes()));
        let mut upload = Upload {
            shared: self,
            partial: PartialUpload::default(),
        };
        // Boxed: it would make every future around it as large.
        let uploaded = Box::pin(cloud.upload(&location, input, &upload.partial)).await;
        if uploaded.is_err() {
            upload.abort().await;
        }
        location.version_id = uploaded?;
        request.input = RequestInput::Object(location);
        Ok(request)
    }

    fn leftovers(&self) -> std::sync::MutexGuard<'_, Vec<PartialUpload>> {
        self.leftovers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn abort_leftovers(&self) {
        let leftovers = std::mem::take(&mut *self.leftovers());
        let mut aborting = JoinSet::new();
        for partial in leftovers {
            let client = self.client.clone();
            aborting.spawn(async move { abort(&client, &partial).await });
        }
        while aborting.join_next().await.is_some() {}
    }

    async fn delete_reply_queue(&self) -> Result<(), Error> {
        // Also when it is not certain that the queue was made.
        if !self.is_queue_begun.load(Ordering::Acquire) {
            return Ok(());
        }
        let Some(name) = &self.reply_queue else {
            return Ok(());
        };
        let deployment = self.client.deployment().await?;
        let url = sibling(&deployment.queue_url, name);
        self.client.cloud().delete_queue(&url).await
    }
}

/// An upload that leaves its parts to the session where it is dropped in the middle.
struct Upload<'a> {
    shared: &'a Shared,
    partial: PartialUpload,
}

impl Upload<'_> {
    async fn abort(&mut self) {
        abort(&self.shared.client, &self.partial).await;
    }
}

impl Drop for Upload<'_> {
    fn drop(&mut self) {
        let partial = std::mem::take(&mut self.partial);
        if partial.is_begun() {
            self.shared.leftovers().push(partial);
        }
    }
}

async fn abort(client: &Client, partial: &PartialUpload) {
    let cloud = client.cloud();
    if let Err(error) = cloud.abort_upload(partial).await {
        cloud
            .notes
            .tell(|| format!("{error}; S3 removes its parts after a day"));
    }
}

/// Marks the reply queue as in use for as long as the session is open: through a long upload, too.
async fn send_heartbeats(session: Arc<Shared>, reply_url: String) {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        // One that is lost is made up for by the next.
        let _ = session.client.cloud().heartbeat(&reply_url).await;
        session.abort_leftovers().await;
    }
}

/// The URL of another queue of the same account and region.
fn sibling(queue_url: &str, name: &QueueName) -> String {
    let (place, _) = queue_url.rsplit_once('/').unwrap_or_default();
    format!("{place}/{name}")
}
