//! An operation that reads slices: it counts the words of a text, in two passes, and takes `wrong` for wrong.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::operation::{Failure, Input, Output};
use crate::slicing::{Layout, Next, Partial, Reduce, Slice, SliceContext, Slicing};

/// Words are separated by spaces; a text that begins with `whole` cannot be cut.
#[derive(Clone)]
pub(super) struct Sliced;

#[derive(Default, Serialize, Deserialize)]
struct Words {
    began: u64,
    ended: u64,
    count: u64,
    is_wrong: bool,
}

impl Slicing for Sliced {
    fn layout(&self, _: &Map<String, Value>, head: &[u8], _: u64) -> Result<Layout, Failure> {
        Ok(Layout {
            uncut: head.starts_with(b"whole").then(|| "it says so".to_owned()),
            known: b"known".to_vec(),
        })
    }

    fn read(
        &self,
        _: &Map<String, Value>,
        slice: &Slice,
        wanted: Option<&[u8]>,
        input: &mut Input,
        _: &SliceContext,
    ) -> Result<Partial, Failure> {
        assert!(wanted.is_none_or(|wanted| wanted == b"words"));
        let mut text = Vec::new();
        while let Some(chunk) = input.next_chunk()? {
            text.extend_from_slice(&chunk);
        }
        let at = |offset: usize| slice.first_byte() + offset as u64;
        // A tilde goes on to the next one, spaces and all: a slice that begins within does not know.
        let mut is_open = false;
        let mut begin = slice.is_exact;
        let mut found = Words {
            began: slice.end.max(slice.start),
            ended: slice.end.max(slice.start),
            ..Words::default()
        };
        if begin {
            found.began = slice.start;
        }
        let mut word = Vec::new();
        for (offset, byte) in text.iter().enumerate() {
            if !begin {
                if *byte == b' ' {
                    (begin, found.began) = (true, at(offset) + 1);
                    if found.began > slice.end {
                        break;
                    }
                }
                continue;
            }
            is_open ^= *byte == b'~';
            if *byte == b' ' && !is_open {
                found.count += u64::from(!word.is_empty());
                found.is_wrong |= word == b"wrong";
                word.clear();
                found.ended = at(offset) + 1;
                if found.ended >= slice.end {
                    break;
                }
            } else {
                word.push(*byte);
            }
        }
        if begin && at(text.len()) == slice.size_bytes && found.ended < slice.end || !word.is_empty() {
            found.count += u64::from(!word.is_empty());
            found.is_wrong |= word == b"wrong";
            found.ended = slice.size_bytes;
        }
        if !begin {
            (found.began, found.ended) = (slice.size_bytes, slice.size_bytes);
        }
        if let Some(position) = &slice.at {
            let position = String::from_utf8_lossy(position).into_owned();
            return Err(Failure::rejected(
                "wrong_word",
                format!("`wrong` behind {position}"),
            ));
        }
        Ok(Partial {
            is_wrong: found.is_wrong,
            bytes: serde_json::to_vec(&found).unwrap(),
        })
    }

    fn reduce<'a>(
        &'a self,
        _: &Map<String, Value>,
        slices: &'a [Slice],
        wanted: Option<&[u8]>,
        _: &SliceContext,
    ) -> Result<Box<dyn Reduce + 'a>, Failure> {
        Ok(Box::new(Reduction {
            slices,
            is_second: wanted.is_some(),
            partials: Vec::new(),
        }))
    }
}

struct Reduction<'a> {
    slices: &'a [Slice],
    is_second: bool,
    partials: Vec<Option<Words>>,
}

impl Reduce for Reduction<'_> {
    fn add(&mut self, partial: Option<&[u8]>) -> Result<(), Failure> {
        self.partials
            .push(partial.map(|bytes| serde_json::from_slice(bytes).unwrap()));
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Next, Failure> {
        let mut end = (0, 0);
        let mut words = 0;
        let mut exact = Vec::new();
        for (index, (slice, partial)) in self.slices.iter().zip(&self.partials).enumerate() {
            let start = if end.0 == slice.object { end.1 } else { 0 };
            let known = Slice {
                start,
                end: slice.end.max(start),
                is_exact: true,
                ..slice.clone()
            };
            match partial {
                Some(partial) if partial.began == start => {
                    if partial.is_wrong {
                        return Ok(Next::Replay(Slice {
                            at: Some(format!("{words} words").into_bytes()),
                            ..known
                        }));
                    }
                    words += partial.count;
                    end = (slice.object, partial.ended);
                }
                _ => return Ok(Next::Again(vec![(index, known)])),
            }
            exact.push(known);
        }
        Ok(if self.is_second {
            Next::Done(Output::of_report(&json!({ "words": words }))?)
        } else {
            Next::Pass {
                slices: exact,
                wanted: b"words".to_vec(),
            }
        })
    }
}
