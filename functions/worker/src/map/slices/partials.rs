//! What a line of work leaves: the partials of its slices in one object, a line of JSON that tells their lengths before their bytes.

use bytes::{Bytes, BytesMut};
use errand_protocol::JobError;
use serde::{Deserialize, Serialize};

use super::defect;

/// What became of a slice.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// It was read.
    Read(Bytes),
    /// It was left out, since something is wrong before it.
    LeftOut,
    /// It cannot be read, and could not the next time.
    Failed(JobError),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry {
    Read(usize),
    LeftOut,
    Failed(JobError),
}

pub(super) fn written(all: &[Found]) -> Result<Bytes, JobError> {
    let entries = all.iter().map(|found| match found {
        Found::Read(bytes) => Entry::Read(bytes.len()),
        Found::LeftOut => Entry::LeftOut,
        Found::Failed(error) => Entry::Failed(error.clone()),
    });
    let entries: Vec<_> = entries.collect();
    let line = serde_json::to_vec(&entries).map_err(|error| defect(&error.to_string()))?;
    let mut bytes = BytesMut::from(&line[..]);
    bytes.extend_from_slice(b"\n");
    for found in all {
        if let Found::Read(partial) = found {
            bytes.extend_from_slice(partial);
        }
    }
    Ok(bytes.freeze())
}

pub(super) fn read(mut bytes: Bytes) -> Result<Vec<Found>, JobError> {
    let broken = || defect("partials are not as they were written");
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(broken)?;
    let line = bytes.split_to(end + 1);
    let entries: Vec<Entry> = serde_json::from_slice(&line).map_err(|_| broken())?;
    let mut all = Vec::with_capacity(entries.len());
    for entry in entries {
        all.push(match entry {
            Entry::Read(length) if length <= bytes.len() => Found::Read(bytes.split_to(length)),
            Entry::Read(_) => return Err(broken()),
            Entry::LeftOut => Found::LeftOut,
            Entry::Failed(error) => Found::Failed(error),
        });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use errand_protocol::code;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let all = [
            Found::Read(Bytes::from_static(b"a\nb")),
            Found::LeftOut,
            Found::Failed(JobError::permanent(code::INTERNAL, "why")),
            Found::Read(Bytes::new()),
            Found::Read(Bytes::from_static(b"c")),
        ];
        let bytes = written(&all).unwrap();
        assert_eq!(read(bytes.clone()).unwrap(), all);
        for end in 0..bytes.len() {
            assert!(read(bytes.slice(..end)).is_err(), "cut at {end}");
        }
    }
}
