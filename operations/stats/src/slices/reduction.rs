//! Joining what the slices of a pass gave.

use std::num::NonZero;

use super::wire::{self, Beside, Known, Read, Report, Wanted};
use super::{Next, Slice, SliceError};
use crate::search::{Budget, Search};
use crate::text::Form;
use crate::values::{Bands, Digests};
use crate::{Answer, Error, Parameters, Position};

/// Is shown what all slices of a pass gave, in order.
///
/// Only what fits is joined: where a slice did not begin where the one before it ended, those behind it are looked at only for what
/// else has to be read again, as if it would end where it said. In the next round it begins in the right place, so that every
/// round goes further than the one before.
#[derive(Debug)]
pub struct Reduction {
    parameters: Parameters,
    budget: Budget,
    slices: Vec<Slice>,
    /// How many of them were shown.
    shown: usize,
    /// Where the last one ended, and as what; none where nobody knows.
    end: Option<End>,
    /// Whether all of them fit so far.
    is_fitting: bool,
    /// Where in the text the next slice begins, as long as that is so.
    position: Position,
    /// Where the slices begin and end.
    exact: Vec<Slice>,
    again: Vec<(usize, Slice)>,
    replay: Option<Slice>,
    joined: Joined,
    beside: Beside,
}

/// Where a slice ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct End {
    offset: u64,
    /// What the text is there; none before its first byte and behind its last.
    form: Option<Form>,
}

#[derive(Debug)]
enum Joined {
    First(Digests),
    /// In a later pass: what is looked for, what was found, and whether that was found in the same list.
    Later(Box<Search>, Bands, bool),
}

impl Reduction {
    /// Begins with the slices of a pass and what it wanted, in so many bytes of memory.
    ///
    /// # Errors
    ///
    /// A parameter is not acceptable; [`SliceError::Unreadable`].
    pub fn new(
        parameters: &Parameters,
        slices: Vec<Slice>,
        wanted: Option<&[u8]>,
        memory_bytes: usize,
    ) -> Result<Self, SliceError> {
        parameters.check()?;
        let budget = Budget::new(memory_bytes, NonZero::<usize>::MIN);
        let (joined, beside) = match wanted {
            None => (
                Joined::First(Digests::new(budget.share, parameters)),
                Beside::default(),
            ),
            Some(wanted) => {
                let Wanted { search, beside } = wire::read(wanted, "search")?;
                let bands = search.wanted(budget);
                (Joined::Later(Box::new(search), bands, true), beside)
            }
        };
        Ok(Self {
            parameters: parameters.clone(),
            budget,
            exact: Vec::with_capacity(slices.len()),
            slices,
            shown: 0,
            end: None,
            is_fitting: true,
            position: Position::START,
            again: Vec::new(),
            replay: None,
            joined,
            beside,
        })
    }

    /// Takes what the next slice gave; none if it was not read.
    ///
    /// # Errors
    ///
    /// [`SliceError::Unreadable`], also for more partials than slices.
    pub fn add(&mut self, partial: Option<&[u8]>) -> Result<(), SliceError> {
        let unreadable = SliceError::Unreadable { what: "partial" };
        let index = self.shown;
        let slice = &self.slices.get(index).ok_or(unreadable)?.clone();
        self.shown += 1;
        if self.replay.is_some() {
            return Ok(());
        }
        let is_first = index
            .checked_sub(1)
            .is_none_or(|last| self.slices[last].object != slice.object);
        if is_first {
            self.end = Some(End {
                offset: 0,
                form: None,
            });
            self.position = Position::START;
        } else if let Some(end) = self.end
            && end.offset >= slice.end
        {
            // The one before it has read all of it.
            self.exact.push(between(slice, end, end.offset)?);
            return Ok(());
        }
        let Some(partial) = partial else {
            let replaced = self.end.map(|end| between(slice, end, slice.end)).transpose()?;
            self.again
                .push((index, replaced.unwrap_or_else(|| slice.clone())));
            self.is_fitting = false;
            self.end = None;
            return Ok(());
        };
        let report: Report = wire::read(partial, "partial")?;
        let began = report.began.map(|offset| End {
            offset,
            form: report.began_as,
        });
        match self.end {
            Some(end) if began == Some(end) && self.is_fitting => return self.join(slice, end, report),
            Some(end) if began == Some(end) => {}
            Some(end) => {
                let replaced = between(slice, end, slice.end)?;
                if self.is_fitting && replaced == *slice {
                    // It was told where to begin, and did not.
                    return Err(SliceError::Unreadable { what: "partial" });
                }
                self.again.push((index, replaced));
                self.is_fitting = false;
            }
            None => {}
        }
        self.end = (!report.is_wrong && report.began.is_some()).then_some(End {
            offset: report.ended,
            form: report.ended_as,
        });
        Ok(())
    }

    /// Joins a slice that begins where the one before it ended.
    fn join(&mut self, slice: &Slice, end: End, report: Report) -> Result<(), SliceError> {
        let exact = between(slice, end, report.ended)?;
        if report.is_wrong {
            self.replay = Some(Slice {
                end: slice.end,
                at: Some(wire::write(&self.position)),
                ..exact
            });
            return Ok(());
        }
        self.exact.push(exact);
        if let Some(Read { values, beside }) = report.read {
            let is_read = match &mut self.joined {
                Joined::First(digests) => {
                    self.beside.append(beside, self.position);
                    digests.take_written(values)
                }
                Joined::Later(search, found, is_same) => {
                    // With more decimal places than there were, it is another list.
                    *is_same &= found.take_written(values, search.places());
                    true
                }
            };
            if !is_read {
                return Err(SliceError::Unreadable { what: "partial" });
            }
        }
        self.position = report.position.offset_by(self.position);
        self.end = Some(End {
            offset: report.ended,
            form: report.ended_as,
        });
        Ok(())
    }

    /// What comes next, now that all slices were shown.
    ///
    /// # Errors
    ///
    /// [`SliceError::List`] if all slices together have no answer, [`SliceError::Changed`], [`SliceError::Unreadable`] if some were not
    /// shown.
    pub fn finish(self) -> Result<Next, SliceError> {
        if let Some(slice) = self.replay {
            return Ok(Next::Replay(slice));
        }
        if !self.again.is_empty() {
            return Ok(Next::Again(self.again));
        }
        if !self.is_fitting || self.shown < self.slices.len() {
            return Err(SliceError::Unreadable { what: "partial" });
        }
        let search = match self.joined {
            Joined::First(digests) if digests.is_empty() => {
                let (skipped, ..) = self.beside.into_parts();
                let skipped = skipped.count;
                return Err(Error::EmptyInput { skipped }.into());
            }
            Joined::First(digests) => Search::new(digests, &self.parameters, self.budget)?,
            Joined::Later(mut search, found, is_same) => {
                let (before, after) = (search.count(), found.count);
                if !is_same || before != after || !search.take(found, self.budget)? {
                    return Err(SliceError::Changed { before, after });
                }
                *search
            }
        };
        if !search.is_done() {
            let beside = self.beside;
            return Ok(Next::Pass {
                slices: self.exact,
                wanted: wire::write(&Wanted { search, beside }),
            });
        }
        let (skipped, column, first_row) = self.beside.into_parts();
        let findings = search.findings(&self.parameters, skipped, column, first_row);
        let summary = findings.summary(&self.parameters);
        Ok(Next::Done(Box::new(Answer::List(Box::new(summary)))))
    }
}

/// The slice from where the one before it ended up to `end`.
fn between(slice: &Slice, start: End, end: u64) -> Result<Slice, SliceError> {
    let mut known = Known::of(slice)?;
    let known = if start.form.is_some() && known.form != start.form {
        known.form = start.form;
        wire::write(&known)
    } else {
        slice.known.clone()
    };
    Ok(Slice {
        start: start.offset,
        end: end.max(start.offset),
        is_exact: true,
        known,
        ..slice.clone()
    })
}
