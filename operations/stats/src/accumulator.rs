//! What users of the crate call: bytes go in, in chunks, and a summary comes out.

use std::io::Read;
use std::mem;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::available_parallelism;

use crate::cancel::Cancel;
use crate::decode::Decoder;
use crate::text::Text;
use crate::values::Values;
use crate::{Answer, Error, Limits, Parameters, ReadError, Summary, summary};

/// Takes a list in chunks, cut anywhere, and gives its statistics.
///
/// ```
/// use errand_stats::{Accumulator, Parameters};
///
/// let mut accumulator = Accumulator::new(&Parameters::default());
/// accumulator.push(b"3 1")?;
/// accumulator.push(b"2, 7")?;
/// let summary = accumulator.finish()?;
/// assert_eq!(summary.count, 3);
/// assert_eq!(summary.median.unwrap().as_str(), "7");
/// # Ok::<(), errand_stats::Error>(())
/// ```
#[derive(Debug)]
pub struct Accumulator {
    parameters: Parameters,
    limits: Limits,
    threads: NonZero<usize>,
    cancel: Cancel,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Nothing has arrived: limits and threads may still change.
    Ready,
    Reading(Box<Decoder>),
    Failed,
}

impl Accumulator {
    /// An accumulator of an empty list, with the default [`Limits`] and as many threads as the machine can run at
    /// once.
    #[must_use]
    pub fn new(parameters: &Parameters) -> Self {
        Self {
            parameters: parameters.clone(),
            limits: Limits::default(),
            threads: available_parallelism().unwrap_or(NonZero::<usize>::MIN),
            cancel: Cancel::default(),
            stage: Stage::Ready,
        }
    }

    /// Sets the limits. Call it before the first chunk.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Sets [`Limits::memory_bytes`]. Call it before the first chunk.
    #[must_use]
    pub fn with_memory_budget(mut self, bytes: usize) -> Self {
        self.limits.memory_bytes = bytes;
        self
    }

    /// Sets the most threads to use. Call it before the first chunk.
    #[must_use]
    pub fn with_threads(self, threads: NonZero<usize>) -> Self {
        Self { threads, ..self }
    }

    /// Has the work end soon, with [`Error::Canceled`], once `canceled` is true: what is pushed, decompressed or computed
    /// next fails. Only the sort for modes or the distinct count goes on to its end. Call it before the first chunk.
    #[must_use]
    pub fn with_cancel(self, canceled: Arc<AtomicBool>) -> Self {
        Self {
            cancel: Cancel(canceled),
            ..self
        }
    }

    /// Takes the next chunk of the input, of any length, and reads it on this thread; [`Accumulator::read`] uses
    /// several.
    ///
    /// # Errors
    ///
    /// Any [`Error`] that the bytes so far make certain. After that, every call fails with [`Error::AlreadyFailed`].
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.cancel.check()?;
        let decoder = self.take_decoder()?.feed(chunk)?;
        self.stage = Stage::Reading(Box::new(decoder));
        Ok(())
    }

    /// Takes all that `source` has left. An uncompressed list is read on all threads; compressed input and tables are
    /// read on this one.
    ///
    /// ```
    /// let mut accumulator = errand_stats::Accumulator::new(&errand_stats::Parameters::default());
    /// accumulator.read(&b"4 5 6"[..])?;
    /// assert_eq!(accumulator.finish()?.count, 3);
    /// # Ok::<(), errand_stats::ReadError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReadError::Input`] if `source` fails, [`ReadError::List`] as [`Accumulator::push`]. After that, every call fails
    /// with [`Error::AlreadyFailed`].
    pub fn read(&mut self, mut source: impl Read) -> Result<(), ReadError> {
        let decoder = self.take_decoder()?.read_from(&mut source)?;
        self.stage = Stage::Reading(Box::new(decoder));
        Ok(())
    }

    /// Ends the input and computes its statistics: those of a list, or of one column.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyInput`] if there was no number, and what only the end of the input shows: an incomplete
    /// last token, JSON array or compressed stream. [`Error::SeveralAnswers`] if several columns were asked for:
    /// [`Accumulator::answer`] gives them.
    pub fn finish(self) -> Result<Summary, Error> {
        match self.answer()? {
            Answer::List(summary) => Ok(*summary),
            Answer::Columns(_) => Err(Error::SeveralAnswers),
        }
    }

    /// Ends the input and computes what was asked for, be it of one list or of several columns.
    ///
    /// ```
    /// use errand_stats::{Accumulator, Answer, Columns, Parameters};
    ///
    /// let columns = Some(Columns::All);
    /// let mut table = Accumulator::new(&Parameters { columns, ..Parameters::default() });
    /// table.push(b"name,age,height\nJane,41,170\n")?;
    /// let Answer::Columns(answer) = table.answer()? else { panic!() };
    /// assert_eq!(answer.columns[1].summary.sum.as_ref().unwrap().as_str(), "170");
    /// assert_eq!(answer.not_numeric[0].column.as_deref(), Some("name"));
    /// # Ok::<(), errand_stats::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Accumulator::finish`]; and [`Error::EmptyColumn`] or [`Error::NoNumericColumn`] if columns are none of numbers.
    pub fn answer(mut self) -> Result<Answer, Error> {
        let found = self.take_decoder()?.finish()?;
        summary::answer(found, &self.parameters, &self.limits, self.threads, &self.cancel)
    }

    /// The decoder, which counts as failed until it is put back.
    fn take_decoder(&mut self) -> Result<Decoder, Error> {
        match mem::replace(&mut self.stage, Stage::Failed) {
            Stage::Ready => {
                self.parameters.check()?;
                let values = Values::new(&self.parameters);
                let text = Text::new(&self.parameters, self.limits, self.threads, values);
                Ok(Decoder::new(
                    text,
                    self.limits.decompressed_bytes,
                    self.cancel.clone(),
                ))
            }
            Stage::Reading(decoder) => Ok(*decoder),
            Stage::Failed => Err(Error::AlreadyFailed),
        }
    }
}

/// The statistics of a list that is in memory as a whole.
///
/// ```
/// let summary = errand_stats::summarize(b"1 2 3 4", &errand_stats::Parameters::default())?;
/// assert_eq!(summary.mean.unwrap().decimal.as_str(), "2.5");
/// # Ok::<(), errand_stats::Error>(())
/// ```
///
/// # Errors
///
/// As [`Accumulator::push`] and [`Accumulator::finish`].
#[allow(clippy::missing_panics_doc, reason = "it never panics")]
pub fn summarize(bytes: &[u8], parameters: &Parameters) -> Result<Summary, Error> {
    let mut accumulator = Accumulator::new(parameters);
    match accumulator.read(bytes) {
        Ok(()) => accumulator.finish(),
        Err(ReadError::List(error)) => Err(error),
        Err(ReadError::Input(error)) => unreachable!("memory can always be read: {error}"),
    }
}
