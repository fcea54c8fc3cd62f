//! What a function does, seen from the worker.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use errand_protocol::{ErrorCode, FileName, JobError, code};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::measures::Meter;
use crate::ports::{PortError, PortErrorKind};
use crate::slicing::Slicing;

/// An operation: bytes and parameters in, a report and perhaps a file out.
///
/// It runs on a thread of its own, may block, and may panic: a panic is answered as a failure of that one job. When the
/// job is given up for want of time, nobody waits for its result any more, and its thread has to end soon, so that the next
/// job can begin: the [`Input`] fails from then on, and [`Context::canceled`] tells whoever computes for long.
pub trait Operation: Send + Sync + 'static {
    /// The operation's name, as requests spell it. Files uploaded under this prefix ask for it too.
    const NAME: &'static str;

    /// Whether a message that is no request is taken as the input itself.
    const TAKES_BARE_TEXT: bool = false;

    /// Which parameters the options stand for that the operation's messages name: whoever uploads a file has no options, and is
    /// told the parameters instead.
    const PARAMETER_OF: ParameterOf = |_| None;

    /// How it reads an input in slices; none where it takes an input as a whole.
    fn slicing(&self) -> Option<&dyn Slicing> {
        None
    }

    /// Does the work.
    ///
    /// # Errors
    ///
    /// The input or a parameter is not acceptable, or the input cannot be read to its end.
    fn run(&self, input: Input, parameters: Map<String, Value>, context: &Context)
    -> Result<Output, Failure>;
}

/// The parameter that an option of the command line stands for (without its hyphens), and a value of it in JSON, for an
/// example; none if it stands for none.
pub type ParameterOf = fn(&str) -> Option<(&'static str, &'static str)>;

/// What an operation may want to know of its surroundings.
#[derive(Clone, Debug)]
pub struct Context {
    /// What the input is called.
    pub input_name: FileName,
    /// How much memory the operation may use, input and output included, in bytes.
    pub memory_budget_bytes: u64,
    /// Becomes true when the job is given up.
    pub canceled: Arc<AtomicBool>,
}

impl Context {
    /// The input's name with `extension`, unless `is_right` says that it has a right one already.
    #[must_use]
    pub fn name_with_extension(&self, extension: &str, is_right: impl Fn(&str) -> bool) -> FileName {
        let path = Path::new(self.input_name.as_str());
        if path
            .extension()
            .and_then(|found| found.to_str())
            .is_some_and(is_right)
        {
            return self.input_name.clone();
        }
        FileName::new(&path.with_extension(extension).to_string_lossy())
    }
}

/// What an operation gives.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// What is told of the result. Integers of unbounded size go in as text.
    pub report: Map<String, Value>,
    /// The file that was made, if the operation makes one.
    pub file: Option<MadeFile>,
    /// Which of its ways the operation took, in a word, if it has several: how much work a job was follows from it. It is
    /// told to those who look after the stack, with the time that the job took.
    pub way: Option<&'static str>,
}

impl Output {
    /// An output without a file.
    ///
    /// # Errors
    ///
    /// `report` is not written as a JSON object: a defect of the operation.
    pub fn of_report(report: &impl Serialize) -> Result<Self, Failure> {
        match serde_json::to_value(report) {
            Ok(Value::Object(report)) => Ok(Self {
                report,
                ..Self::default()
            }),
            Ok(other) => Err(Failure::Rejected(JobError::permanent(
                code::INTERNAL,
                format!("report is {other}"),
            ))),
            Err(error) => Err(Failure::Rejected(JobError::permanent(
                code::INTERNAL,
                format!("report: {error}"),
            ))),
        }
    }

    /// The same output, with a file.
    #[must_use]
    pub fn with_file(self, file: MadeFile) -> Self {
        Self {
            file: Some(file),
            ..self
        }
    }

    /// The same output, with the way that led to it.
    #[must_use]
    pub fn with_way(self, way: &'static str) -> Self {
        Self {
            way: Some(way),
            ..self
        }
    }
}

/// A file that an operation made.
#[derive(Clone, Debug)]
pub struct MadeFile {
    /// What it is called.
    pub name: FileName,
    /// What it is, such as `image/jpeg`.
    pub media_type: &'static str,
    /// What it holds.
    pub bytes: Bytes,
}

/// Why an operation gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The input or a parameter is not acceptable: the same request will fail again.
    #[error(transparent)]
    Rejected(JobError),
    /// The function's memory does not take it: the same request will fail again until the stack gives more, which the worker
    /// adds to what is told.
    #[error(transparent)]
    TooLarge(JobError),
    /// The input broke off: it may be readable later.
    #[error(transparent)]
    Interrupted(#[from] InputError),
}

impl Failure {
    /// The input or a parameter is not acceptable.
    pub fn rejected(code: &'static str, message: impl Into<String>) -> Self {
        Self::Rejected(JobError::permanent(ErrorCode::new(code), message))
    }

    /// The function's memory does not take it. What to do but to raise it, `message` says.
    pub fn too_large(code: &'static str, message: impl Into<String>) -> Self {
        Self::TooLarge(JobError::permanent(ErrorCode::new(code), message))
    }
}

/// Reads a request's parameters as the ones that an operation takes.
///
/// # Errors
///
/// One of them is unknown to the operation, or its value is not possible.
pub fn parameters<P: DeserializeOwned>(mut given: Map<String, Value>) -> Result<P, Failure> {
    // Many libraries write what is not there as null.
    given.retain(|_, value| !value.is_null());
    serde_json::from_value(Value::Object(given)).map_err(|error| {
        let message = format!("parameters: {error}");
        Failure::Rejected(JobError::permanent(code::INVALID_PARAMETERS, message))
    })
}

/// The input could not be read to its end.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the input could not be read: {0}")]
pub struct InputError(#[from] pub(crate) PortError);

/// What an operation works on, as it arrives: whole when it came in the message, else chunk by chunk from S3.
#[derive(Debug)]
pub struct Input {
    size_bytes: u64,
    received_bytes: u64,
    chunks: mpsc::Receiver<Result<Bytes, PortError>>,
    canceled: Arc<AtomicBool>,
    meter: Arc<Meter>,
}

impl Input {
    pub(crate) fn new(size_bytes: u64, chunks: mpsc::Receiver<Result<Bytes, PortError>>) -> Self {
        Self {
            size_bytes,
            received_bytes: 0,
            chunks,
            canceled: Arc::default(),
            meter: Arc::default(),
        }
    }

    /// The same input, which tells `meter` what it takes.
    pub(crate) fn with_meter(self, meter: Arc<Meter>) -> Self {
        Self { meter, ..self }
    }

    /// The same input, which fails once `canceled` is true.
    pub(crate) fn with_cancel(self, canceled: Arc<AtomicBool>) -> Self {
        Self { canceled, ..self }
    }

    /// An input that is there already.
    pub(crate) fn whole(bytes: Bytes) -> Self {
        let (sender, chunks) = mpsc::channel(1);
        let size_bytes = bytes.len() as u64;
        sender
            .try_send(Ok(bytes))
            .expect("a new channel has room for one");
        Self::new(size_bytes, chunks)
    }

    /// How many bytes it has.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The next chunk, waiting for it; none at the end.
    ///
    /// # Errors
    ///
    /// The input broke off, even if no error said so: half of a list has an answer too, and a wrong one. Or the job was
    /// given up.
    pub fn next_chunk(&mut self) -> Result<Option<Bytes>, InputError> {
        let started = Instant::now();
        let chunk = self.chunks.blocking_recv();
        self.meter.waited(started.elapsed());
        let chunk = chunk.transpose()?;
        if self.canceled.load(Ordering::Relaxed) {
            return Err(InputError(PortError {
                kind: PortErrorKind::Unavailable,
                action: "read the input".to_owned(),
                message: "the job was given up".to_owned(),
            }));
        }
        match chunk {
            Some(chunk) => {
                self.received_bytes += chunk.len() as u64;
                self.meter.received(chunk.len() as u64);
                Ok(Some(chunk))
            }
            None if self.received_bytes < self.size_bytes => Err(InputError(PortError {
                kind: PortErrorKind::Unavailable,
                action: "read the input".to_owned(),
                message: format!("ended after {} of {} bytes", self.received_bytes, self.size_bytes),
            })),
            None => Ok(None),
        }
    }

    /// All of the input, provided that it takes no more than `limit_bytes`.
    ///
    /// # Errors
    ///
    /// The input is larger than the limit, or broke off.
    pub fn read_all(mut self, limit_bytes: u64) -> Result<Bytes, Failure> {
        if self.size_bytes > limit_bytes {
            return Err(too_large(self.size_bytes, limit_bytes));
        }
        let first = self.next_chunk()?.unwrap_or_default();
        // An input that came in one chunk is not copied. Its end is waited for all the same: a wrong checksum shows
        // only there.
        let Some(second) = self.next_chunk()? else {
            return Ok(first);
        };
        let mut whole = BytesMut::with_capacity(usize::try_from(self.size_bytes).unwrap_or(0));
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&second);
        while let Some(chunk) = self.next_chunk()? {
            if self.received_bytes > limit_bytes {
                return Err(too_large(self.received_bytes, limit_bytes));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }
}

fn too_large(size_bytes: u64, limit_bytes: u64) -> Failure {
    let message = format!(
        "the input has {size_bytes} bytes, but this function's memory takes at most {limit_bytes}: send a smaller input"
    );
    Failure::TooLarge(JobError::permanent(code::INPUT_TOO_LARGE, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(size_bytes: u64, chunks: &[&'static str]) -> Input {
        let (sender, receiver) = mpsc::channel(chunks.len().max(1));
        for chunk in chunks {
            sender.try_send(Ok(Bytes::from_static(chunk.as_bytes()))).unwrap();
        }
        Input::new(size_bytes, receiver)
    }

    #[test]
    fn an_input_is_whole_however_it_arrives() {
        for chunks in [&["123456"][..], &["12", "34", "56"], &["", "123456", ""]] {
            assert_eq!(input(6, chunks).read_all(6).unwrap(), "123456", "{chunks:?}");
        }
        assert_eq!(input(0, &[]).read_all(0).unwrap(), "");
        assert_eq!(Input::whole("1 2".into()).read_all(3).unwrap(), "1 2");
    }

    #[test]
    fn an_input_that_ends_early_is_not_taken_for_whole() {
        for chunks in [&[][..], &["12"], &["12", "34"]] {
            let failure = input(6, chunks).read_all(9).unwrap_err();
            assert!(matches!(failure, Failure::Interrupted(_)), "{failure}");
        }
        let error = input(6, &["12"]).read_all(9).unwrap_err().to_string();
        assert!(error.contains("ended after 2 of 6 bytes"), "{error}");
    }

    #[test]
    fn an_input_of_a_job_that_was_given_up_fails_even_where_it_is_whole() {
        let canceled = Arc::new(AtomicBool::new(false));
        let mut input = input(4, &["12", "34"]).with_cancel(Arc::clone(&canceled));
        assert_eq!(input.next_chunk().unwrap().unwrap(), "12");
        canceled.store(true, Ordering::Relaxed);
        let error = input.next_chunk().unwrap_err().to_string();
        assert!(error.contains("the job was given up"), "{error}");
    }

    #[test]
    fn an_error_behind_the_last_byte_counts() {
        let (sender, receiver) = mpsc::channel(2);
        sender.try_send(Ok(Bytes::from_static(b"123"))).unwrap();
        let error = PortError {
            kind: PortErrorKind::Unavailable,
            action: "read".to_owned(),
            message: "checksum mismatch".to_owned(),
        };
        sender.try_send(Err(error)).unwrap();
        let failure = Input::new(3, receiver).read_all(9).unwrap_err();
        assert!(matches!(failure, Failure::Interrupted(_)), "{failure}");
    }

    #[test]
    fn more_than_the_limit_is_refused_whatever_size_was_told() {
        for (told, chunks) in [(7, &[][..]), (0, &["1234", "5", "67"])] {
            let Failure::TooLarge(error) = input(told, chunks).read_all(6).unwrap_err() else {
                panic!("not refused")
            };
            assert_eq!(error.code, code::INPUT_TOO_LARGE);
            assert!(error.message.contains("7 bytes"), "{error}");
        }
    }

    #[test]
    fn a_made_files_name_gets_the_extension_of_what_it_holds() {
        let name = |input: &str| {
            let context = Context {
                input_name: FileName::new(input),
                memory_budget_bytes: 0,
                canceled: Arc::default(),
            };
            context
                .name_with_extension("jpg", |found| {
                    ["jpg", "jpeg"].contains(&found.to_lowercase().as_str())
                })
                .as_str()
                .to_owned()
        };
        assert_eq!(name("é 1.JPEG"), "é 1.JPEG");
        assert_eq!(name("photo.heic"), "photo.jpg");
        assert_eq!(name("photo"), "photo.jpg");
        assert_eq!(name("photo.2026.png"), "photo.2026.jpg");
    }

    #[test]
    fn a_report_that_is_no_object_is_a_defect_and_no_panic() {
        let Failure::Rejected(error) = Output::of_report(&7).unwrap_err() else {
            panic!("not refused")
        };
        assert_eq!(error.code, code::INTERNAL);
    }
}
