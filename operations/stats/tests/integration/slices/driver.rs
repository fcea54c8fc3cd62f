//! The loop that a worker runs, in memory.

use std::sync::Arc;

use errand_stats::slices::{Next, Partial, Reduction, Slice, SliceError, SliceReader, layout};
use errand_stats::{Accumulator, Parameters, PassError, Passes};

/// More rounds than any list here takes.
const MOST_ROUNDS: usize = 2_000;

/// What a list gives: the answer as JSON, or the error's code and message.
pub(crate) type Given = Result<String, (String, String)>;

pub(crate) struct Run {
    pub(crate) given: Given,
    pub(crate) passes: usize,
    pub(crate) again: usize,
    pub(crate) largest: usize,
}

pub(crate) struct Driver<'a> {
    pub(crate) objects: Vec<&'a [u8]>,
    pub(crate) parameters: &'a Parameters,
    pub(crate) memory: usize,
    /// How many bytes of each object its layout is told by.
    pub(crate) head: usize,
    /// Whether slices behind one that is wrong are left out.
    pub(crate) leaves_out: bool,
    pub(crate) seed: u64,
}

impl<'a> Driver<'a> {
    pub(crate) fn new(objects: &[&'a [u8]], parameters: &'a Parameters) -> Self {
        Self {
            objects: objects.to_vec(),
            parameters,
            memory: 64 << 20,
            head: 1 << 20,
            leaves_out: true,
            seed: 7,
        }
    }

    /// What slices of each object give that are cut at these offsets, which ascend.
    pub(crate) fn run(&mut self, cuts: &[Vec<usize>]) -> Run {
        let mut run = Run {
            given: Ok(String::new()),
            passes: 1,
            again: 0,
            largest: 0,
        };
        run.given = self
            .rounds(cuts, &mut run)
            .map_err(|error| (error.code().to_owned(), error.to_string()));
        run
    }

    fn rounds(&mut self, cuts: &[Vec<usize>], run: &mut Run) -> Result<String, SliceError> {
        let mut slices = Vec::new();
        for (object, text) in self.objects.iter().enumerate() {
            let size_bytes = text.len() as u64;
            let layout = layout(self.parameters, &text[..text.len().min(self.head)], size_bytes)?;
            let mut bounds = vec![0];
            if layout.uncut.is_none() {
                bounds.extend(&cuts[object]);
            }
            bounds.push(text.len());
            for bound in bounds.windows(2) {
                slices.push(Slice {
                    object: object as u64,
                    start: bound[0] as u64,
                    end: bound[1] as u64,
                    size_bytes,
                    is_exact: bound[0] == 0,
                    known: layout.known.clone(),
                    at: None,
                });
            }
        }
        let mut wanted: Option<Vec<u8>> = None;
        let mut partials = self.all(&slices, None, run)?;
        for _ in 0..MOST_ROUNDS {
            let mut reduction =
                Reduction::new(self.parameters, slices.clone(), wanted.as_deref(), self.memory)?;
            for partial in &partials {
                reduction.add(partial.as_deref())?;
            }
            match reduction.finish()? {
                Next::Done(answer) => return Ok(serde_json::to_string(&answer).unwrap()),
                Next::Replay(slice) => {
                    assert!(slice.at.is_some());
                    let partial = self.read(&slice, wanted.as_deref())?;
                    panic!("no error: {slice:?} gave {partial:?}");
                }
                Next::Pass {
                    slices: exact,
                    wanted: next,
                } => {
                    assert_eq!(exact.len(), slices.len());
                    assert!(exact.iter().all(|slice| slice.is_exact));
                    run.passes += 1;
                    slices = exact;
                    partials = self.all(&slices, Some(&next), run)?;
                    wanted = Some(next);
                }
                Next::Again(replaced) => {
                    assert!(!replaced.is_empty());
                    let mut is_wrong = false;
                    for (index, slice) in replaced {
                        run.again += 1;
                        let partial = if is_wrong && self.leaves_out {
                            None
                        } else {
                            let partial = self.read(&slice, wanted.as_deref())?;
                            is_wrong |= partial.is_wrong;
                            Some(partial.bytes)
                        };
                        slices[index] = slice;
                        partials[index] = partial;
                    }
                }
            }
        }
        panic!("no end after {MOST_ROUNDS} rounds")
    }

    fn all(
        &mut self,
        slices: &[Slice],
        wanted: Option<&[u8]>,
        run: &mut Run,
    ) -> Result<Vec<Option<Vec<u8>>>, SliceError> {
        let mut is_wrong = false;
        let mut partials = Vec::new();
        for slice in slices {
            if is_wrong && self.leaves_out {
                partials.push(None);
                continue;
            }
            let partial = self.read(slice, wanted)?;
            is_wrong |= partial.is_wrong;
            run.largest = run.largest.max(partial.bytes.len());
            partials.push(Some(partial.bytes));
        }
        Ok(partials)
    }

    /// Reads a slice in chunks of random sizes.
    pub(crate) fn read(&mut self, slice: &Slice, wanted: Option<&[u8]>) -> Result<Partial, SliceError> {
        let mut reader = SliceReader::new(self.parameters, slice, wanted, self.memory, &Arc::default())?;
        let object = self.objects[usize::try_from(slice.object).unwrap()];
        let mut rest = &object[usize::try_from(slice.first_byte()).unwrap()..];
        while !reader.is_done() && !rest.is_empty() {
            self.seed = self
                .seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let most = if object.len() > 10_000 { 64 << 10 } else { 9 };
            let length = (1 + usize::try_from(self.seed >> 40).unwrap() % most).min(rest.len());
            reader.push(&rest[..length])?;
            rest = &rest[length..];
        }
        reader.finish()
    }

    /// What the same objects give as whole ones.
    pub(crate) fn whole(&self) -> Given {
        if let [text] = self.objects[..] {
            let mut list = Accumulator::new(self.parameters);
            let answer = list.push(text).and_then(|()| list.answer());
            return match answer {
                Ok(answer) => Ok(serde_json::to_string(&answer).unwrap()),
                Err(error) => Err((error.code().to_owned(), error.to_string())),
            };
        }
        match Passes::new(self.parameters).summarize(self.objects.len(), |index| Ok(self.objects[index])) {
            Ok(summary) => Ok(serde_json::to_string(&summary).unwrap()),
            Err(PassError::All(error)) => Err((error.code().to_owned(), error.to_string())),
            Err(PassError::List { source, .. }) => match source {
                errand_stats::ReadError::List(error) => Err((error.code().to_owned(), error.to_string())),
                other @ errand_stats::ReadError::Input(_) => panic!("{other}"),
            },
            Err(other) => panic!("{other}"),
        }
    }
}
