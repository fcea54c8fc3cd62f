//! Reading one slice.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::error::of_slices;
use super::wire::{self, Known, Read, Report, Wanted};
use super::{Partial, Slice, SliceError};
use crate::cancel::Cancel;
use crate::decimal_sign::DecimalSign;
use crate::decode::Decoder;
use crate::found::Found;
use crate::search::Budget;
use crate::text::{Form, Text};
use crate::values::Values;
use crate::{Error, Limits, Parameters, Position};

/// Takes the bytes of an object from [`Slice::first_byte`] on, until it [has read](SliceReader::is_done) the slice.
///
/// ```
/// use std::sync::Arc;
///
/// use errand_stats::Parameters;
/// use errand_stats::slices::{Next, Reduction, Slice, SliceReader, layout};
///
/// let (parameters, text, memory_bytes) = (Parameters::default(), b"3 1\n2 7", 1 << 20);
/// let size_bytes = text.len() as u64;
/// let known = layout(&parameters, text, size_bytes)?.known;
/// let slice = |start, end| Slice { object: 0, start, end, size_bytes, is_exact: start == 0, known: known.clone(), at: None };
/// let slices = [slice(0, 3), slice(3, size_bytes)];
/// let mut reduction = Reduction::new(&parameters, slices.to_vec(), None, memory_bytes)?;
/// for slice in &slices {
///     let mut reader = SliceReader::new(&parameters, slice, None, memory_bytes, &Arc::default())?;
///     reader.push(&text[usize::try_from(slice.first_byte()).unwrap()..])?;
///     reduction.add(Some(&reader.finish()?.bytes))?;
/// }
/// let Next::Done(answer) = reduction.finish()? else { panic!() };
/// assert!(answer.to_string().contains("median"));
/// # Ok::<(), errand_stats::slices::SliceError>(())
/// ```
#[derive(Debug)]
pub struct SliceReader {
    slice: Slice,
    known: Known,
    sign: DecimalSign,
    cancel: Cancel,
    /// Where the next byte is in the object, and the byte before it, if it was shown.
    offset: u64,
    last: Option<u8>,
    began: Option<u64>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Where the slice begins is still looked for.
    Before(Text),
    Text(Text),
    /// All of an object that is not cut; none between two steps.
    Whole(Option<Decoder>),
    /// The slice ended where another goes on; none if it is empty.
    Ended(Option<Text>),
    Wrong,
}

impl SliceReader {
    /// A reader of a slice for what a pass wants, which is none in the first, in so many bytes of memory. Once `canceled` is true, what
    /// is pushed next fails.
    ///
    /// # Errors
    ///
    /// A parameter is not acceptable; [`SliceError::Unreadable`].
    pub fn new(
        parameters: &Parameters,
        slice: &Slice,
        wanted: Option<&[u8]>,
        memory_bytes: usize,
        canceled: &Arc<AtomicBool>,
    ) -> Result<Self, SliceError> {
        parameters.check()?;
        let known = Known::of(slice)?;
        let at: Option<Position> = match &slice.at {
            Some(at) => Some(wire::read(at, "position")?),
            None => None,
        };
        let one = NonZero::<usize>::MIN;
        let budget = Budget::new(memory_bytes, one);
        let values = match wanted {
            None => Values::new_digested(parameters, budget.share),
            Some(wanted) => {
                let Wanted { search, .. } = wire::read(wanted, "search")?;
                Values::new_searched(search.wanted(budget), search.places())
            }
        };
        let limits = Limits {
            memory_bytes,
            ..Limits::default()
        };
        let whole = |values| Text::new(parameters, limits, one, values);
        let cancel = Cancel(Arc::clone(canceled));
        let is_first = slice.start == 0;
        let stage = match known.form {
            None => Stage::Whole(Some(Decoder::new(
                whole(values),
                limits.decompressed_bytes,
                cancel.clone(),
            ))),
            Some(_) if is_first => Stage::Text(whole(values)),
            Some(_) if slice.is_exact && slice.start >= slice.end => Stage::Ended(None),
            Some(form) => {
                let at = at.unwrap_or(Position::START);
                let text = Text::resumed(parameters, limits, values, form, at)?;
                if slice.is_exact {
                    Stage::Text(text)
                } else {
                    Stage::Before(text)
                }
            }
        };
        Ok(Self {
            began: (slice.is_exact || is_first).then_some(slice.start),
            offset: slice.first_byte(),
            slice: slice.clone(),
            known,
            sign: DecimalSign::of(parameters),
            cancel,
            last: None,
            stage,
        })
    }

    /// Whether nothing more is to be read.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Ended(_) | Stage::Wrong) || self.offset >= self.slice.size_bytes
    }

    /// Takes the next bytes, of any number.
    ///
    /// # Errors
    ///
    /// [`Error::Canceled`], or memory does not take it; what is wrong with the text, if the slice has [`Slice::at`].
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), SliceError> {
        self.cancel.check()?;
        if let Stage::Whole(_) = self.stage {
            return self.feed(chunk);
        }
        let rest = self.begin(chunk);
        // Up to the slice's end, nothing has to be known of the bytes.
        let within = self.slice.end.saturating_sub(self.offset);
        let within = usize::try_from(within).unwrap_or(usize::MAX).min(rest.len());
        self.feed(&rest[..within])?;
        self.end(&rest[within..])
    }

    /// Passes over bytes to where the slice begins. Returns the rest.
    fn begin<'a>(&mut self, chunk: &'a [u8]) -> &'a [u8] {
        if !matches!(self.stage, Stage::Before(_)) {
            return chunk;
        }
        let from = usize::from(self.offset < self.slice.start);
        let found = self.known.cut.find(chunk, from, self.last, self.sign);
        let length = found.unwrap_or(chunk.len());
        self.pass(&chunk[..length]);
        let is_beyond = self.offset >= self.slice.end;
        let stage = std::mem::replace(&mut self.stage, Stage::Wrong);
        self.stage = match stage {
            Stage::Before(_) if is_beyond => Stage::Ended(None),
            Stage::Before(text) if found.is_some() => {
                self.began = Some(self.offset);
                Stage::Text(text)
            }
            other => other,
        };
        &chunk[length..]
    }

    /// Reads on behind the slice's end, to where another can begin.
    fn end(&mut self, chunk: &[u8]) -> Result<(), SliceError> {
        let mut rest = chunk;
        let mut from = 0;
        while !self.is_done() && !matches!(self.stage, Stage::Before(_)) && !rest.is_empty() {
            let found = self.known.cut.find(rest, from, self.last, self.sign);
            let length = found.unwrap_or(rest.len());
            self.feed(&rest[..length])?;
            rest = &rest[length..];
            // Not the same place again.
            from = 1;
            if found.is_some() && self.offset < self.slice.size_bytes && self.is_between()? {
                let stage = std::mem::replace(&mut self.stage, Stage::Wrong);
                self.stage = match stage {
                    Stage::Text(text) => Stage::Ended(Some(text)),
                    other => other,
                };
            }
        }
        Ok(())
    }

    fn is_between(&self) -> Result<bool, SliceError> {
        let Stage::Text(text) = &self.stage else {
            return Ok(false);
        };
        let place = text.place().map_err(of_slices)?;
        Ok(place.is_some_and(|place| place.is_between))
    }

    fn feed(&mut self, bytes: &[u8]) -> Result<(), SliceError> {
        let fed = match &mut self.stage {
            Stage::Text(text) => text.feed(bytes),
            Stage::Whole(decoder) => match decoder.take().map(|decoder| decoder.feed(bytes)) {
                Some(Ok(fed)) => {
                    *decoder = Some(fed);
                    Ok(())
                }
                Some(Err(error)) => Err(error),
                None => Err(Error::AlreadyFailed),
            },
            Stage::Before(_) | Stage::Ended(_) | Stage::Wrong => return Ok(()),
        };
        self.pass(bytes);
        fed.or_else(|error| self.wrong(error))
    }

    fn pass(&mut self, bytes: &[u8]) {
        self.offset += bytes.len() as u64;
        self.last = bytes.last().copied().or(self.last);
    }

    /// Takes note that something is wrong with the text, unless it is to be told, or is not the text's fault.
    fn wrong(&mut self, error: Error) -> Result<(), SliceError> {
        self.stage = Stage::Wrong;
        match error {
            Error::MemoryBudgetExceeded { .. } | Error::Canceled => Err(error.into()),
            _ if self.slice.at.is_some() => Err(of_slices(error)),
            _ => Ok(()),
        }
    }

    /// What the slice gave, for a [`Reduction`](super::Reduction).
    ///
    /// # Errors
    ///
    /// As [`SliceReader::push`]; [`SliceError::Short`] if the object ended too early; [`SliceError::SeveralColumns`].
    pub fn finish(mut self) -> Result<Partial, SliceError> {
        if !self.is_done() {
            return Err(SliceError::Short {
                after: self.offset,
                size_bytes: self.slice.size_bytes,
            });
        }
        let stage = std::mem::replace(&mut self.stage, Stage::Wrong);
        let found = match stage {
            Stage::Text(text) => self.ended(text.finish())?,
            Stage::Whole(Some(decoder)) => self.ended(decoder.finish())?,
            Stage::Ended(Some(text)) => return self.suspended(text),
            Stage::Ended(None) | Stage::Before(_) => {
                return Ok(self.partial(self.known.form, Position::START, None, false));
            }
            Stage::Whole(None) | Stage::Wrong => None,
        };
        let is_wrong = found.is_none();
        let read = found.map(read).transpose()?;
        Ok(self.partial(None, Position::START, read, is_wrong))
    }

    /// What was found at the end of the text; none if something is wrong with it.
    fn ended(&mut self, found: Result<Found, Error>) -> Result<Option<Found>, SliceError> {
        match found {
            Ok(found) => Ok(Some(found)),
            Err(error) => self.wrong(error).map(|()| None),
        }
    }

    fn suspended(self, text: Text) -> Result<Partial, SliceError> {
        let place = text.place().map_err(of_slices)?;
        let (found, position) = text.suspend()?;
        let read = read(found)?;
        Ok(self.partial(place.map(|place| place.form), position, Some(read), false))
    }

    fn partial(
        &self,
        ended_as: Option<Form>,
        position: Position,
        read: Option<Read>,
        is_wrong: bool,
    ) -> Partial {
        let began_as = self.known.form.filter(|_| self.slice.start > 0);
        let report = Report {
            began: self.began,
            ended: self.offset,
            began_as,
            ended_as,
            position,
            read,
            is_wrong,
        };
        // In a table, a guess in the middle of a quoted field is likely to look wrong, and the slices behind it are wanted.
        let is_guess = !self.slice.is_exact && matches!(self.known.form, Some(Form::Table(_)));
        Partial {
            bytes: wire::write(&report),
            is_wrong: is_wrong && !is_guess,
        }
    }
}

fn read(found: Found) -> Result<Read, SliceError> {
    match found {
        Found::One { contents, first_row } => Ok(Read::of(*contents, first_row)),
        Found::Columns { .. } => Err(SliceError::SeveralColumns),
    }
}
