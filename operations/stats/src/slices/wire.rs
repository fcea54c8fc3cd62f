//! What the readers of slices and whoever joins them tell one another, as bytes.
//!
//! They are functions of one version, but a deployment can come between. So there is a version in front, and a checksum: what was damaged
//! or written by others is no partial, and nothing behind this module has to doubt what it reads.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::cut::Cut;
use super::{Slice, SliceError};
use crate::contents::Contents;
use crate::search::Search;
use crate::text::Form;
use crate::values::Written;
use crate::{FirstRow, Position, Skipped, SkippedToken};

/// Raised whenever anything here is written otherwise.
const VERSION: u8 = 1;

/// What all slices of an object have to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    /// What the text is where the slice begins; none if it is one slice from the first byte to the last.
    pub(super) form: Option<Form>,
    pub(super) cut: Cut,
}

/// What a slice gave.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Report {
    /// Where it began; none if nothing begins in its range.
    pub(super) began: Option<u64>,
    /// Where it ended.
    pub(super) ended: u64,
    /// What it took the text for; none at its first byte.
    pub(super) began_as: Option<Form>,
    /// What the text is where it ended; none at its last byte.
    pub(super) ended_as: Option<Form>,
    /// The position there, if the slice had begun at the first one.
    pub(super) position: Position,
    /// What was read; none if that is nothing, or wrong.
    pub(super) read: Option<Read>,
    pub(super) is_wrong: bool,
}

/// What was read in a slice.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Read {
    pub(super) values: Written,
    pub(super) beside: Beside,
}

/// What else was met on the way to the numbers. Positions are as if the slice had begun at the first one.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Beside {
    skipped: u64,
    /// The first of them.
    tokens: Vec<(String, Position)>,
    column: Option<String>,
    first_row: Option<FirstRow>,
}

/// What a pass looks for, and what is known from the first one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Wanted {
    pub(super) search: Search,
    pub(super) beside: Beside,
}

impl Known {
    /// What a slice is known by; of an object that is one slice, nothing.
    pub(super) fn of(slice: &Slice) -> Result<Self, SliceError> {
        if slice.known.is_empty() {
            return Ok(Self {
                form: None,
                cut: Cut::LineFeeds,
            });
        }
        read(&slice.known, "layout")
    }
}

impl Read {
    pub(super) fn of(contents: Contents, first_row: Option<FirstRow>) -> Self {
        let Skipped { count, first } = contents.skipped;
        let tokens = first.into_iter().map(|token| (token.token, token.position));
        Self {
            values: contents.values.written(),
            beside: Beside {
                skipped: count,
                tokens: tokens.collect(),
                column: contents.column,
                first_row,
            },
        }
    }
}

impl Beside {
    /// Adds what was met in a slice that begins at `start`.
    pub(super) fn append(&mut self, other: Self, start: Position) {
        self.skipped += other.skipped;
        let room = Skipped::LISTED.saturating_sub(self.tokens.len());
        let tokens = other.tokens.into_iter().take(room);
        self.tokens
            .extend(tokens.map(|(token, position)| (token, position.offset_by(start))));
        self.column = self.column.take().or(other.column);
        self.first_row = self.first_row.or(other.first_row);
    }

    pub(super) fn into_parts(self) -> (Skipped, Option<String>, Option<FirstRow>) {
        let tokens = self.tokens.into_iter();
        let skipped = Skipped {
            count: self.skipped,
            first: tokens
                .map(|(token, position)| SkippedToken { token, position })
                .collect(),
        };
        (skipped, self.column, self.first_row)
    }
}

/// Writes what can be read again.
pub(super) fn write(value: &impl Serialize) -> Vec<u8> {
    let body = postcard::to_allocvec(value).expect("memory has room, and every length is known");
    let mut bytes = Vec::with_capacity(5 + body.len());
    bytes.push(VERSION);
    bytes.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
    bytes.extend_from_slice(&body);
    bytes
}

/// Reads what was [written](write()), and calls it `what` if it cannot.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8], what: &'static str) -> Result<T, SliceError> {
    let unreadable = || SliceError::Unreadable { what };
    let rest = bytes.strip_prefix(&[VERSION]).ok_or_else(unreadable)?;
    let (checksum, body) = rest.split_first_chunk::<4>().ok_or_else(unreadable)?;
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return Err(unreadable());
    }
    postcard::from_bytes(body).map_err(|_| unreadable())
}
