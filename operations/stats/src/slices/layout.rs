//! How an object may be cut, told by its first bytes.

use std::num::NonZero;

use super::cut::Cut;
use super::error::of_slices;
use super::wire::{self, Known};
use super::{Layout, SliceError};
use crate::decimal_sign::DecimalSign;
use crate::decode;
use crate::text::{Form, Text};
use crate::values::Values;
use crate::{Compression, Error, Limits, Parameters};

/// Until it is known what the text is, so many parts of what was read are read at once: of an array, hardly more than its bracket.
const STEP_PARTS: usize = 8;
/// In a list with comments, lines longer than this are cut at any separator: there are few, and a comment is rarely met.
const LINE_BYTES: usize = 64 << 10;

/// How an object of so many bytes may be cut, of which `head` is all or the beginning.
///
/// What is wrong with the text is no error here: it shows where it is read, in the order of the objects.
///
/// # Errors
///
/// The object is no text, has no such column, or a parameter is not acceptable: nothing has to be read for that.
/// [`SliceError::SeveralColumns`].
pub fn layout(parameters: &Parameters, head: &[u8], size_bytes: u64) -> Result<Layout, SliceError> {
    parameters.check()?;
    if parameters.columns.is_some() {
        return Err(SliceError::SeveralColumns);
    }
    match decode::compression(head) {
        Some(Compression::Gzip) => return Ok(uncut("gzip")),
        Some(Compression::Zstd) => return Ok(uncut("zstd")),
        None => {}
    }
    let one = NonZero::<usize>::MIN;
    let mut text = Text::new(parameters, Limits::default(), one, Values::default());
    let mut form = None;
    let mut rest = head;
    while form.is_none() && !rest.is_empty() && !text.is_utf16() && !text.is_array_of_records() {
        let read = head.len() - rest.len();
        let (step, others) = rest.split_at(rest.len().min(1 + read / STEP_PARTS));
        rest = others;
        match text.feed(step) {
            Ok(()) => {}
            Err(
                error @ (Error::UnsupportedFormat { .. }
                | Error::UnknownColumn { .. }
                | Error::NameWithoutHeaders { .. }
                | Error::FieldByNumber { .. }
                | Error::SeveralFields),
            ) => return Err(error.into()),
            // What was read before it may tell what the text is.
            Err(_) => rest = &[],
        }
        form = text.place().map_err(of_slices)?.map(|place| place.form);
    }
    if text.is_utf16() {
        return Ok(uncut("UTF-16"));
    }
    if text.is_array_of_records() {
        return Ok(uncut("a JSON array of objects"));
    }
    let Some(form) = form else {
        return Ok(uncut("no number at its beginning"));
    };
    let cut = cut(form, head);
    let is_cut = |cut: Cut| cut.find(head, 1, None, DecimalSign::of(parameters)).is_some();
    if size_bytes > head.len() as u64 && !is_cut(cut) {
        return Ok(uncut(match form {
            Form::Records => "no object at the beginning of a line",
            Form::Table(_) | Form::List(_) => "no place to cut it near its beginning",
        }));
    }
    let form = Some(form);
    Ok(Layout {
        uncut: None,
        known: wire::write(&Known { form, cut }),
    })
}

fn uncut(why: &'static str) -> Layout {
    Layout {
        uncut: Some(why),
        // All of it is one slice, which sees for itself.
        known: Vec::new(),
    }
}

/// What tells the places to cut a text of this form at.
fn cut(form: Form, head: &[u8]) -> Cut {
    match form {
        Form::Table(_) => Cut::LineFeeds,
        Form::Records => Cut::Objects,
        Form::List(_) if head.contains(&b'#') => {
            let breaks = head.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
            if breaks > head.len() / LINE_BYTES {
                Cut::LineBreaks
            } else {
                Cut::Separators
            }
        }
        Form::List(_) => Cut::Separators,
    }
}
