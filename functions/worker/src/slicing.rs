//! How an operation reads an input of any length: in slices, each in a function of its own, and puts the answer together.
//!
//! The worker plans the slices, gives each to a function, stores what it makes of it, and shows all of that to one function in the
//! order of the slices. What is in a partial, how a text may be cut and how many passes there are is the operation's matter: all
//! it gives is bytes that it reads again.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::operation::{Failure, Input, Output};

/// An operation whose answer can be put together from slices of its input.
///
/// All methods may block, and run on a thread of their own.
pub trait Slicing: Send + Sync {
    /// How an object may be cut, told by its beginning: `head` is all of it, or its first [`HEAD_BYTES`].
    ///
    /// # Errors
    ///
    /// It is seen already that the object is no input, or a parameter is not acceptable.
    fn layout(&self, given: &Map<String, Value>, head: &[u8], size_bytes: u64) -> Result<Layout, Failure>;

    /// Reads a slice. `input` begins at [`Slice::first_byte`] and goes on to the end of the object: whatever ends behind the slice is read
    /// as far as it takes, and what is behind that is left. `wanted` is what the pass looks for, none in the first.
    ///
    /// After the first pass a slice may be empty, since the one before it had read all of it; `input`, which it does not read, may then begin
    /// at the end of the object, and hold nothing.
    ///
    /// # Errors
    ///
    /// The input broke off, or memory does not take it. What is wrong with the text is no error here, but part of the partial: whether
    /// it counts shows when all partials are there. With [`Slice::at`] it is one.
    fn read(
        &self,
        given: &Map<String, Value>,
        slice: &Slice,
        wanted: Option<&[u8]>,
        input: &mut Input,
        context: &SliceContext,
    ) -> Result<Partial, Failure>;

    /// Begins to put together what a pass gave. `slices` are all slices of it, in the order of the objects and their bytes.
    ///
    /// # Errors
    ///
    /// A parameter is not acceptable, or `wanted` was written by another version.
    fn reduce<'a>(
        &'a self,
        given: &Map<String, Value>,
        slices: &'a [Slice],
        wanted: Option<&[u8]>,
        context: &SliceContext,
    ) -> Result<Box<dyn Reduce + 'a>, Failure>;
}

/// Puts together the partials of a pass.
pub trait Reduce: Send {
    /// Takes the partial of the next slice, in their order; none where the slice was not read since an earlier one was wrong.
    ///
    /// # Errors
    ///
    /// The partial was written by another version, or memory does not take it.
    fn add(&mut self, partial: Option<&[u8]>) -> Result<(), Failure>;

    /// What comes next.
    ///
    /// # Errors
    ///
    /// All slices together have no answer.
    fn finish(self: Box<Self>) -> Result<Next, Failure>;
}

/// How much of an object's beginning an operation sees before it is cut.
pub const HEAD_BYTES: u64 = 1 << 20;

/// How an object may be cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Why it is read as one slice, in a few words such as `gzip`; none where it can be cut.
    pub uncut: Option<String>,
    /// What all slices of it have to know. An object that is short enough for one slice is not asked about, and its slice knows nothing.
    pub known: Vec<u8>,
}

/// A part of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// The object, counted from 0 among all of the job.
    pub object: u64,
    /// Where it begins and ends in the object. What is being read at its end belongs to it as a whole.
    pub start: u64,
    /// Behind its last byte.
    pub end: u64,
    /// The object's size.
    pub size_bytes: u64,
    /// Whether [`Slice::start`] is where the slice before it ended. Otherwise it lies anywhere, and where the slice begins is found
    /// nearby.
    pub is_exact: bool,
    /// [`Layout::known`] of the object; empty for one that is one slice.
    pub known: Vec<u8>,
    /// Where [`Next::Replay`] has it begin, in the operation's terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Vec<u8>>,
}

impl Slice {
    /// The first byte that is shown to [`Slicing::read`]: one before a start that is not exact, so that it can be seen whether something
    /// begins right there.
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
    /// For [`Reduce::add`].
    pub bytes: Vec<u8>,
    /// Whether something is wrong with it, so that slices behind it are not wanted.
    pub is_wrong: bool,
}

/// What comes after a pass.
#[derive(Debug)]
pub enum Next {
    /// These slices, named by their index, did not begin where the one before them ended, or were left out for another's sake: each is
    /// replaced by the one given here and read once more, for the same pass.
    Again(Vec<(usize, Slice)>),
    /// All is to be read again, in these slices, for what is wanted.
    Pass {
        /// Of as many slices as before. Some may be empty.
        slices: Vec<Slice>,
        /// What the pass looks for.
        wanted: Vec<u8>,
    },
    /// This slice, which has [`Slice::at`], is read once more by the function that asks, for the error that it gives.
    Replay(Slice),
    /// This is the answer.
    Done(Output),
}

/// What an operation may want to know of its surroundings.
#[derive(Clone, Debug)]
pub struct SliceContext {
    /// How much memory the operation may use, input and output included, in bytes.
    pub memory_budget_bytes: u64,
    /// Becomes true when the work is given up.
    pub canceled: Arc<AtomicBool>,
}

/// For tests of operations: an input of bytes that are there already.
#[must_use]
pub fn input_of(bytes: Bytes) -> Input {
    Input::whole(bytes)
}
