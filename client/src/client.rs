//! One deployed stack, as a program sees it.

use std::collections::HashMap;
use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use errand_protocol::{
    BucketName, JobId, ObjectLocation, OperationName, Outcome, QueueName, Stack, Status, StoredObject, code,
    keys,
};
use tokio::sync::Mutex;

use crate::clock;
use crate::cloud::{Cloud, Deployment, Uploaded};
use crate::error::Error;
use crate::operations::Operation;
use crate::persist::persist;
use crate::session::Session;
use crate::settings::Settings;

/// The first pause between two looks for an outcome; later ones are longer.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// One deployed stack: what sends jobs to it and reads what became of them. Cheap to clone; all clones share connections.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    cloud: Cloud,
    /// What was found of the stack, by the queue that was asked for.
    found: Mutex<HashMap<QueueName, Arc<Deployment>>>,
}

impl Client {
    /// Finds credentials and region, as every AWS tool does. No request is sent, unless credentials need one.
    ///
    /// # Errors
    ///
    /// There are no credentials, or they cannot be had; there is no region; the configuration cannot be read.
    pub async fn connect(settings: Settings) -> Result<Self, Error> {
        let inner = Inner {
            cloud: Cloud::connect(&settings).await?,
            found: Mutex::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The stack's name.
    #[must_use]
    pub fn stack(&self) -> &Stack {
        self.cloud().stack()
    }

    /// A run of any number of jobs, with a reply queue of its own, which is made with the first of them.
    #[must_use]
    pub fn session(&self) -> Session {
        Session::new(self.clone(), true)
    }

    /// A run of jobs whose answers are to be fetched later, by whomever: it makes no reply queue, and the replies go to the
    /// stack's response queue, where `errand listen` shows them.
    #[must_use]
    pub fn detached_session(&self) -> Session {
        Session::new(self.clone(), false)
    }

    /// What became of a job; none while it is not done, or where there was no such job, or its answer has expired.
    ///
    /// # Errors
    ///
    /// The cloud cannot be reached or refuses, or [`Error::BadAnswer`].
    pub async fn outcome(&self, job_id: JobId) -> Result<Option<Outcome>, Error> {
        let deployment = self.deployment().await?;
        self.cloud().outcome(&deployment, job_id).await
    }

    /// Whether the stack is at work on a job, as far as its bucket tells: on its last attempt, that is.
    ///
    /// # Errors
    ///
    /// Those of [`Self::outcome`].
    pub async fn is_begun(&self, job_id: JobId) -> Result<bool, Error> {
        let deployment = self.deployment().await?;
        let stored = self.cloud().stored_outcome(&deployment, job_id).await?;
        Ok(stored.is_some())
    }

    /// Waits until a job is done, by looking for its outcome, ever less often, from every second to every ten. What is
    /// there at once is taken at once. Calls that fail for a reason that may pass are made again until the time is over. A
    /// failure for such a reason is taken for the answer: [`Outcome::is_provisional`].
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`] after `timeout`; those of [`Self::outcome`].
    pub async fn wait(&self, job_id: JobId, timeout: Duration) -> Result<Outcome, Error> {
        let begun = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match self.outcome(job_id).await {
                Ok(Some(outcome)) => return Ok(outcome),
                Ok(None) => None,
                Err(error) if error.is_retryable() => Some(error),
                Err(error) => return Err(error),
            };
            let left = timeout.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(error.unwrap_or(Error::TimedOut {
                    job_id,
                    seconds: timeout.as_secs(),
                }));
            }
            if let Some(error) = error {
                self.cloud()
                    .notes
                    .tell(|| format!("{error}; still waiting for job {job_id}"));
            }
            tokio::time::sleep(pause.min(left)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Downloads a file that a job made, in chunks as they come; gives its size in bytes. Where the connection breaks, it
    /// goes on from there.
    ///
    /// # Errors
    ///
    /// [`Error::Write`] of `target`; [`Error::Replaced`] where something else is in its place; the object has expired; the cloud cannot be reached or refuses.
    pub async fn download(
        &self,
        made: &StoredObject,
        target: &mut (impl Write + Send),
    ) -> Result<u64, Error> {
        self.deployment().await?;
        self.cloud().download(made, target).await
    }

    /// Where the outcome of a job is, or will be.
    ///
    /// # Errors
    ///
    /// Those of [`Self::deployment`].
    pub async fn outcome_location(&self, job_id: JobId) -> Result<ObjectLocation, Error> {
        Ok(ObjectLocation {
            bucket: self.deployment().await?.result_bucket.clone(),
            key: keys::outcome(job_id),
            version_id: None,
        })
    }

    /// Takes a job back: stores as its outcome that it was canceled, unless it has one already; whether it did. Then this is
    /// the job's answer, whatever its function may still do: a function that has not begun does not begin, if the input is on
    /// S3, and one that has gives it up within seconds. `operation` is the job's, for whoever reads the outcome.
    ///
    /// # Errors
    ///
    /// The cloud cannot be reached or refuses.
    pub async fn cancel(&self, job_id: JobId, operation: OperationName) -> Result<bool, Error> {
        let deployment = self.deployment().await?;
        let canceled = Outcome::canceled(job_id, operation, clock::unix_ms());
        let notes = &self.cloud().notes;
        if persist(notes, || self.cloud().store_outcome(&deployment, &canceled)).await? {
            return Ok(true);
        }
        // Somebody may have canceled it before, or this call did, and its first answer was lost.
        let stored = self.cloud().outcome(&deployment, job_id).await?;
        Ok(stored.is_some_and(|outcome| is_canceled(&outcome)))
    }

    /// A link to a file that a job made, which whoever has it may follow for `lifetime` (at most a week), or until the
    /// credentials that it was made with expire, if that is sooner. Nothing is asked of the cloud.
    ///
    /// # Errors
    ///
    /// The credentials cannot be had, or the time is too long.
    pub async fn link(&self, to: &ObjectLocation, lifetime: Duration) -> Result<String, Error> {
        self.cloud().link(to, lifetime).await
    }

    /// The id of the job that a file uploaded to the input bucket asked for, in the version that is there now; none if there
    /// is no such file, or it may not be read.
    ///
    /// # Errors
    ///
    /// The cloud cannot be reached or refuses.
    pub async fn job_of_uploaded(&self, file: &ObjectLocation) -> Result<Option<JobId>, Error> {
        self.deployment().await?;
        self.cloud().job_of_uploaded(file).await
    }

    /// What lies in the input bucket under keys that begin with `prefix`, in their order; see [`Input::object`].
    ///
    /// [`Input::object`]: crate::Input::object
    ///
    /// # Errors
    ///
    /// The cloud cannot be reached or refuses.
    pub async fn uploaded(&self, prefix: &str) -> Result<Vec<Uploaded>, Error> {
        let deployment = self.deployment().await?;
        self.listed(&deployment.input_bucket, prefix).await
    }

    /// The same of any bucket that this user may list.
    ///
    /// # Errors
    ///
    /// The cloud cannot be reached or refuses.
    pub async fn listed(&self, bucket: &BucketName, prefix: &str) -> Result<Vec<Uploaded>, Error> {
        self.deployment().await?;
        self.cloud().list(bucket, prefix).await
    }

    /// An object, as it is; none where it is not there, or this user may not look at it.
    ///
    /// # Errors
    ///
    /// The cloud cannot be reached or refuses.
    pub async fn look_at(&self, location: &ObjectLocation) -> Result<Option<Uploaded>, Error> {
        self.deployment().await?;
        self.cloud().look_at(location).await
    }

    /// The same stack, one call each: for those who look after it. See [`admin`](crate::admin).
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        &self.inner.cloud
    }

    /// Where the stack's parts are. Asks once for all calls.
    ///
    /// # Errors
    ///
    /// [`Error::NotDeployed`]; the cloud cannot be reached or refuses.
    pub async fn deployment(&self) -> Result<Arc<Deployment>, Error> {
        let found = self.inner.found.lock().await;
        if let Some(any) = found.values().next() {
            return Ok(Arc::clone(any));
        }
        drop(found);
        self.deployment_by(self.stack().response_queue()).await
    }

    /// The same, by the queue of an operation, which a job of it needs anyway.
    ///
    /// # Errors
    ///
    /// Those of [`Self::deployment`].
    pub async fn deployment_of(&self, operation: Operation) -> Result<Arc<Deployment>, Error> {
        self.deployment_by(self.stack().request_queue(&operation.name()))
            .await
    }

    /// The same, with one of its queues. Asks once for each.
    async fn deployment_by(&self, queue: QueueName) -> Result<Arc<Deployment>, Error> {
        // Held while it asks, so that many who ask at once make one request.
        let mut found = self.inner.found.lock().await;
        if let Some(known) = found.get(&queue) {
            return Ok(Arc::clone(known));
        }
        let deployment = Arc::new(self.cloud().locate(&queue).await?);
        found.insert(queue, Arc::clone(&deployment));
        Ok(deployment)
    }
}

fn is_canceled(outcome: &Outcome) -> bool {
    matches!(&outcome.status, Status::Failed { error } if error.code == code::CANCELED)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({} at {})", self.stack(), self.cloud().place_name())
    }
}
