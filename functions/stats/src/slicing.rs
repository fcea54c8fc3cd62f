//! Statistics of a list that is read in slices: the worker's words for what `errand-stats` does.

use std::sync::Arc;

use errand_stats::Parameters;
use errand_stats::slices::{self, Reduction, SliceError, SliceReader};
use errand_worker::{Failure, Input, Layout, Next, Partial, Reduce, Slice, SliceContext, Slicing};
use serde_json::{Map, Value};

use crate::{Stats, for_numbers, output, rejected};

impl Slicing for Stats {
    fn layout(&self, given: &Map<String, Value>, head: &[u8], size_bytes: u64) -> Result<Layout, Failure> {
        let slices::Layout { uncut, known } =
            slices::layout(&parameters(given)?, head, size_bytes).map_err(failed)?;
        Ok(Layout {
            uncut: uncut.map(str::to_owned),
            known,
        })
    }

    fn read(
        &self,
        given: &Map<String, Value>,
        slice: &Slice,
        wanted: Option<&[u8]>,
        input: &mut Input,
        context: &SliceContext,
    ) -> Result<Partial, Failure> {
        let memory = for_numbers(context.memory_budget_bytes);
        let canceled = Arc::clone(&context.canceled);
        let slice = of_worker(slice);
        let mut reader =
            SliceReader::new(&parameters(given)?, &slice, wanted, memory, &canceled).map_err(failed)?;
        while !reader.is_done() {
            let Some(chunk) = input.next_chunk()? else {
                break;
            };
            reader.push(&chunk).map_err(failed)?;
        }
        let slices::Partial { bytes, is_wrong } = reader.finish().map_err(failed)?;
        Ok(Partial { bytes, is_wrong })
    }

    fn reduce<'a>(
        &'a self,
        given: &Map<String, Value>,
        slices: &'a [Slice],
        wanted: Option<&[u8]>,
        context: &SliceContext,
    ) -> Result<Box<dyn Reduce + 'a>, Failure> {
        let parameters = parameters(given)?;
        let memory = for_numbers(context.memory_budget_bytes);
        let slices = slices.iter().map(of_worker).collect();
        let reduction = Reduction::new(&parameters, slices, wanted, memory).map_err(failed)?;
        Ok(Box::new(Reducing {
            parameters,
            reduction,
        }))
    }
}

struct Reducing {
    parameters: Parameters,
    reduction: Reduction,
}

impl Reduce for Reducing {
    fn add(&mut self, partial: Option<&[u8]>) -> Result<(), Failure> {
        self.reduction.add(partial).map_err(failed)
    }

    fn finish(self: Box<Self>) -> Result<Next, Failure> {
        Ok(match self.reduction.finish().map_err(failed)? {
            slices::Next::Again(slices) => {
                let replaced = slices.into_iter();
                Next::Again(replaced.map(|(index, slice)| (index, to_worker(slice))).collect())
            }
            slices::Next::Pass { slices, wanted } => Next::Pass {
                slices: slices.into_iter().map(to_worker).collect(),
                wanted,
            },
            slices::Next::Replay(slice) => Next::Replay(to_worker(slice)),
            slices::Next::Done(answer) => Next::Done(output(&answer, &self.parameters)?),
        })
    }
}

fn parameters(given: &Map<String, Value>) -> Result<Parameters, Failure> {
    errand_worker::parameters(given.clone())
}

fn of_worker(slice: &Slice) -> slices::Slice {
    let Slice {
        object,
        start,
        end,
        size_bytes,
        is_exact,
        known,
        at,
    } = slice.clone();
    slices::Slice {
        object,
        start,
        end,
        size_bytes,
        is_exact,
        known,
        at,
    }
}

fn to_worker(slice: slices::Slice) -> Slice {
    let slices::Slice {
        object,
        start,
        end,
        size_bytes,
        is_exact,
        known,
        at,
    } = slice;
    Slice {
        object,
        start,
        end,
        size_bytes,
        is_exact,
        known,
        at,
    }
}

fn failed(error: SliceError) -> Failure {
    match error {
        SliceError::List(error) => rejected(error),
        _ => Failure::rejected(error.code(), error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use errand_protocol::FileName;
    use errand_worker::{Context, Operation as _, Output, input_of};
    use serde_json::json;

    use super::*;

    const TEXT: &str = "1 2 3 # three\n4.5 6\n7 x 8";

    fn given(json: Value) -> Map<String, Value> {
        match json {
            Value::Object(given) => given,
            other => panic!("{other}"),
        }
    }

    fn context() -> SliceContext {
        SliceContext {
            memory_budget_bytes: 1 << 26,
            canceled: Arc::default(),
        }
    }

    fn input(slice: &Slice) -> Input {
        input_of(TEXT.as_bytes()[usize::try_from(slice.first_byte()).unwrap()..].into())
    }

    fn next(given: &Map<String, Value>) -> Next {
        let size_bytes = TEXT.len() as u64;
        let layout = Stats.layout(given, TEXT.as_bytes(), size_bytes).unwrap();
        assert_eq!(layout.uncut, None);
        let slice = |(start, end)| Slice {
            object: 0,
            start,
            end,
            size_bytes,
            is_exact: start == 0,
            known: layout.known.clone(),
            at: None,
        };
        let slices = [(0, 9), (9, 16), (16, size_bytes)].map(slice);
        let mut reduce = Stats.reduce(given, &slices, None, &context()).unwrap();
        for slice in &slices {
            let partial = Stats
                .read(given, slice, None, &mut input(slice), &context())
                .unwrap();
            reduce.add(Some(&partial.bytes)).unwrap();
        }
        reduce.finish().unwrap()
    }

    fn whole(given: Map<String, Value>) -> Result<Output, Failure> {
        let context = Context {
            input_name: FileName::new("list"),
            memory_budget_bytes: 1 << 26,
            canceled: Arc::default(),
        };
        Stats.run(input_of(TEXT.into()), given, &context)
    }

    #[test]
    fn slices_give_the_report_that_the_whole_gives() {
        let given = given(json!({"statistics": "all", "skip_invalid": true, "column": null}));
        let Next::Done(output) = next(&given) else {
            panic!("it takes one pass")
        };
        let expected = whole(given).unwrap();
        assert_eq!(output.report, expected.report);
        assert_eq!(output.way, expected.way);
    }

    #[test]
    fn what_is_wrong_in_a_slice_is_told_as_of_the_whole() {
        let given = given(json!({}));
        let Next::Replay(slice) = next(&given) else {
            panic!("`x` is no number")
        };
        let failure = Stats
            .read(&given, &slice, None, &mut input(&slice), &context())
            .unwrap_err();
        assert_eq!(failure.to_string(), whole(given).unwrap_err().to_string());
        assert!(failure.to_string().contains("line 3, column 3"), "{failure}");
    }
}
