//! A list of any length, read in slices by as many readers, none of which knows what another reads.
//!
//! 1. [`layout()`] looks at an object's beginning, and tells whether it can be cut and what every slice has to know.
//! 2. A [`SliceReader`] reads a slice. Where it begins is a guess: behind the first separator or line feed of its range. The reader of the
//!    slice before it reads on to just there, unless something is open, such as a comment or a quoted field: then it reads on to where
//!    nothing is.
//! 3. A [`Reduction`] is shown what all slices gave, in order. Each has to begin where the one before it ended, and as what that one knows
//!    it to be: those that do not are read [again](Next::Again) from the right place. So a wrong guess costs time and is never believed.
//! 4. What was digested in the first [pass](Next::Pass) is searched in another, as in [`Passes`](crate::Passes), whose search it is. Where
//!    numbers are close to one another, there is nothing left to search.
//!
//! What is wrong with a text is never passed on: a reader does not know the line that its slice begins on, and it may have begun in the
//! wrong place. Once the place is known, the slice is [read once more](Next::Replay) for the error.

mod cut;
mod error;
mod layout;
mod reader;
mod reduction;
mod wire;

use crate::Answer;

pub use error::SliceError;
pub use layout::layout;
pub use reader::SliceReader;
pub use reduction::Reduction;

/// How an object may be cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Why it is read as one slice, in a few words such as `gzip`; none where it can be cut.
    pub uncut: Option<&'static str>,
    /// What all slices of it have to know; empty where it is one slice.
    pub known: Vec<u8>,
}

/// A part of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The object, counted from 0 among all that count as one list.
    pub object: u64,
    /// Where it begins and ends in the object. What is being read at its end belongs to it as a whole.
    pub start: u64,
    /// Behind its last byte.
    pub end: u64,
    /// The object's size.
    pub size_bytes: u64,
    /// Whether [`Slice::start`] is where the slice before it ended. Otherwise it lies anywhere.
    pub is_exact: bool,
    /// [`Layout::known`] of the object, or what a [`Reduction`] knows better; empty for an object that is one slice.
    pub known: Vec<u8>,
    /// Where in the text it begins, if it is read for its error.
    pub at: Option<Vec<u8>>,
}

impl Slice {
    /// The first byte that a reader is shown: one before a start that is not exact, so that it is seen whether something begins right
    /// there.
    #[must_use]
    pub fn first_byte(&self) -> u64 {
        if self.is_exact {
            self.start
        } else {
            self.start.saturating_sub(1)
        }
    }
}

/// What a slice gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partial {
    /// For [`Reduction::add`].
    pub bytes: Vec<u8>,
    /// Whether something is most likely wrong with the text, so that slices behind it need not be read.
    pub is_wrong: bool,
}

/// What comes after a pass.
#[derive(Debug)]
pub enum Next {
    /// These slices, named by their index, are each replaced by the one given here and read once more, for the same pass.
    Again(Vec<(usize, Slice)>),
    /// All is to be read again, in these slices, for what is wanted.
    Pass {
        /// Of as many slices as before; some may be empty.
        slices: Vec<Slice>,
        /// What the pass looks for.
        wanted: Vec<u8>,
    },
    /// Reading this slice gives the error that the text has.
    Replay(Slice),
    /// This is the answer.
    Done(Box<Answer>),
}
