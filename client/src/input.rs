//! What a job works on.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use errand_protocol::{FileName, ObjectLocation, Prefix, RequestInput};
use sha2::{Digest as _, Sha256};

use crate::error::Error;

/// Bytes of a chunk of what is read to be held: a part of an upload, which is then sent as it lies.
const CHUNK_BYTES: usize = 8 << 20;

/// Something to work on: a file, which is read only as it is sent, or bytes.
#[derive(Clone, Debug)]
pub struct Input {
    name: FileName,
    pub(crate) source: Source,
    size_bytes: u64,
    /// Where the bytes are counted that leave for the cloud.
    pub(crate) sent_bytes: Option<Arc<AtomicU64>>,
}

/// Where an input's bytes are.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// In a file.
    File(PathBuf),
    /// Here, one after another.
    Chunks(Arc<[Bytes]>),
    /// In the cloud already.
    Object(ObjectLocation),
    /// The same of several, which are one input.
    Objects(Vec<ObjectLocation>),
    /// The same of all whose keys begin alike.
    Prefix(Prefix),
}

impl Input {
    /// A file. Only its size is looked at now: it must not change until the job is sent.
    ///
    /// # Errors
    ///
    /// [`Error::Read`]: it cannot be opened, or is no file with a size, such as a folder or a pipe.
    pub fn file(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let failed = |source| Error::Read {
            path: path.clone(),
            source,
        };
        // Opening it tells what is wrong before anything is sent.
        let file = File::open(&path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        if !metadata.is_file() {
            return Err(failed(io::Error::new(
                io::ErrorKind::InvalidInput,
                "it has no size; read it, and send the bytes",
            )));
        }
        Ok(Self {
            name: FileName::new(&path.file_name().unwrap_or_default().to_string_lossy()),
            size_bytes: metadata.len(),
            source: Source::File(path),
            sent_bytes: None,
        })
    }

    /// Bytes, and the name under which they are uploaded where they do not fit into a message.
    #[must_use]
    pub fn bytes(name: &str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            name: FileName::new(name),
            size_bytes: bytes.len() as u64,
            source: Source::Chunks([bytes].into()),
            sent_bytes: None,
        }
    }

    /// All that `source` gives until it ends, and the name under which it is uploaded: standard input, a pipe. It is held in
    /// memory, once and in chunks: one block that grows as it is read would be twice as large at times.
    ///
    /// # Errors
    ///
    /// What `source` fails with.
    pub fn from_reader(name: &str, source: &mut impl io::Read) -> io::Result<Self> {
        let mut chunks = Vec::new();
        let mut size_bytes = 0;
        loop {
            let mut chunk = Vec::with_capacity(CHUNK_BYTES);
            source.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut chunk)?;
            size_bytes += chunk.len() as u64;
            let is_last = chunk.len() < CHUNK_BYTES;
            if is_last {
                chunk.shrink_to_fit();
            }
            chunks.push(Bytes::from(chunk));
            if is_last {
                break;
            }
        }
        Ok(Self {
            name: FileName::new(name),
            size_bytes,
            source: Source::Chunks(chunks.into()),
            sent_bytes: None,
        })
    }

    /// An object that lies in the cloud already: in the stack's input bucket, or in another that the stack may read (its
    /// parameter `ReadableBuckets`). It is not copied, and must stay until the job is done. Its size in bytes is for whoever
    /// asks this input for it; 0 where it is not known.
    #[must_use]
    pub fn object(location: ObjectLocation, size_bytes: u64) -> Self {
        let name = FileName::new(location.key.file_name());
        Self::there(name, Source::Object(location), size_bytes)
    }

    /// Several such objects, in this order, as one input: a list that lies in all of them, or images, each with an answer of
    /// its own.
    #[must_use]
    pub fn objects(locations: Vec<ObjectLocation>) -> Self {
        Self::there(FileName::new("objects"), Source::Objects(locations), 0)
    }

    /// All such objects whose keys begin alike, in the order of their keys, as one input; which there are is looked at when the
    /// job begins.
    #[must_use]
    pub fn prefix(prefix: Prefix) -> Self {
        Self::there(FileName::new("objects"), Source::Prefix(prefix), 0)
    }

    fn there(name: FileName, source: Source, size_bytes: u64) -> Self {
        Self {
            name,
            size_bytes,
            source,
            sent_bytes: None,
        }
    }

    /// The same input, whose bytes are added to `sent_bytes` as they leave for the input bucket: those of parts that are sent
    /// again, again. What travels in a message is not counted.
    #[must_use]
    pub fn counted(self, sent_bytes: Arc<AtomicU64>) -> Self {
        Self {
            sent_bytes: Some(sent_bytes),
            ..self
        }
    }

    /// What the input is called in the cloud.
    #[must_use]
    pub fn name(&self) -> &FileName {
        &self.name
    }

    /// The size in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Whether it is in the cloud already.
    #[must_use]
    pub fn is_uploaded(&self) -> bool {
        self.request_input().is_some()
    }

    /// Whether it is more than one object.
    #[must_use]
    pub fn is_many(&self) -> bool {
        matches!(self.source, Source::Objects(_) | Source::Prefix(_))
    }

    /// How a request names it, if it is in the cloud already.
    pub(crate) fn request_input(&self) -> Option<RequestInput> {
        match &self.source {
            Source::Object(location) => Some(RequestInput::Object(location.clone())),
            Source::Objects(locations) => Some(RequestInput::Objects(locations.clone())),
            Source::Prefix(prefix) => Some(RequestInput::Prefix(prefix.clone())),
            Source::File(_) | Source::Chunks(_) => None,
        }
    }

    /// Where it is, for a person to read, if it is in the cloud already.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        match &self.source {
            Source::Object(location) => Some(location.to_string()),
            Source::Prefix(prefix) => Some(prefix.to_string()),
            Source::Objects(locations) => {
                let first = locations.first().map(ToString::to_string).unwrap_or_default();
                Some(match locations.len() {
                    0 | 1 => first,
                    count => format!("{first} and {} more", count - 1),
                })
            }
            Source::File(_) | Source::Chunks(_) => None,
        }
    }

    /// The file that it is in, if it is in one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.source {
            Source::File(path) => Some(path),
            _ => None,
        }
    }

    /// Where it is, if it is an object that is in the cloud already.
    #[must_use]
    pub fn location(&self) -> Option<&ObjectLocation> {
        match &self.source {
            Source::Object(location) => Some(location),
            _ => None,
        }
    }

    /// Its SHA-256, in hexadecimal.
    pub(crate) fn sha256(&self) -> Result<String, Error> {
        let mut hash = Sha256::new();
        match &self.source {
            Source::Chunks(chunks) => chunks.iter().for_each(|chunk| hash.update(chunk)),
            // Where it is, is what it is, as long as it must stay.
            Source::Object(location) => hash.update(location.to_string()),
            Source::Objects(_) | Source::Prefix(_) => {
                hash.update(serde_json::to_string(&self.request_input()).unwrap_or_default());
            }
            Source::File(path) => {
                let failed = |source| Error::Read {
                    path: path.clone(),
                    source,
                };
                let mut file = File::open(path).map_err(failed)?;
                let mut buffer = vec![0; 256 << 10];
                loop {
                    match file.read(&mut buffer).map_err(failed)? {
                        0 => break,
                        count => hash.update(&buffer[..count]),
                    }
                }
            }
        }
        let mut hex = String::new();
        for byte in hash.finalize() {
            let _ = write!(hex, "{byte:02x}");
        }
        Ok(hex)
    }

    /// All of it; nothing of what is in the cloud already.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Error> {
        match &self.source {
            Source::Object(_) | Source::Objects(_) | Source::Prefix(_) => Ok(Vec::new()),
            Source::File(path) => fs::read(path).map_err(|source| Error::Read {
                path: path.clone(),
                source,
            }),
            Source::Chunks(chunks) => Ok(chunks.concat()),
        }
    }
}

/// A range of bytes that lie in chunks: as it lies where one chunk has all of it, else a copy.
pub(crate) fn range_of(chunks: &[Bytes], range: Range<u64>) -> Bytes {
    let mut start = 0;
    let mut parts = Vec::new();
    for chunk in chunks {
        let end = start + chunk.len() as u64;
        let (from, to) = (range.start.max(start), range.end.min(end));
        if from < to {
            let index = |place| usize::try_from(place - start).expect("no more than memory holds");
            parts.push(chunk.slice(index(from)..index(to)));
        }
        start = end;
    }
    match &parts[..] {
        [only] => only.clone(),
        _ => parts.concat().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_the_same_however_the_bytes_lie_in_chunks() {
        let text = b"0123456789";
        for size in 1..=11 {
            let chunks: Vec<Bytes> = text.chunks(size).map(Bytes::copy_from_slice).collect();
            for from in 0..=text.len() {
                for to in from..=text.len() {
                    assert_eq!(range_of(&chunks, from as u64..to as u64), text[from..to]);
                }
            }
            let lies = range_of(&chunks, 0..chunks[0].len() as u64);
            assert_eq!(
                lies.as_ptr(),
                chunks[0].as_ptr(),
                "what lies in one chunk is not copied"
            );
        }
    }

    #[test]
    fn what_is_read_to_its_end_is_held_in_chunks() {
        for length in [
            0,
            1,
            CHUNK_BYTES - 1,
            CHUNK_BYTES,
            CHUNK_BYTES + 1,
            3 * CHUNK_BYTES,
        ] {
            let bytes: Vec<u8> = (0..=250).cycle().take(length).collect();
            let input = Input::from_reader("input", &mut &bytes[..]).unwrap();
            assert_eq!(input.size_bytes(), length as u64);
            assert!(input.read().unwrap() == bytes);
            let Source::Chunks(chunks) = &input.source else {
                panic!("{input:?}");
            };
            assert!(chunks.iter().all(|chunk| chunk.len() <= CHUNK_BYTES));
            assert_eq!(
                input.sha256().unwrap(),
                Input::bytes("input", bytes).sha256().unwrap()
            );
        }
    }

    #[test]
    fn a_file_and_its_bytes_have_the_same_hash() {
        // FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Input::bytes("input", "abc").sha256().unwrap(), abc);
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, "abc").unwrap();
        assert_eq!(Input::file(file.path()).unwrap().sha256().unwrap(), abc);
    }
}
