//! What a job works on.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use errand_protocol::{FileName, ObjectLocation};
use sha2::{Digest as _, Sha256};

use crate::error::Error;

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
    /// Here.
    Bytes(Bytes),
    /// In the stack's input bucket already.
    Object(ObjectLocation),
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
            source: Source::Bytes(bytes),
            sent_bytes: None,
        }
    }

    /// An object that lies in the stack's input bucket already: functions take no other. It is not copied, and must stay
    /// until the job is done. Its size in bytes is for whoever asks this input for it.
    #[must_use]
    pub fn object(location: ObjectLocation, size_bytes: u64) -> Self {
        Self {
            name: FileName::new(location.key.file_name()),
            size_bytes,
            source: Source::Object(location),
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

    /// Whether it is in the input bucket already.
    #[must_use]
    pub fn is_uploaded(&self) -> bool {
        matches!(self.source, Source::Object(_))
    }

    /// The file that it is in, if it is in one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.source {
            Source::File(path) => Some(path),
            Source::Bytes(_) | Source::Object(_) => None,
        }
    }

    /// Where it is, if it is in the cloud already.
    #[must_use]
    pub fn location(&self) -> Option<&ObjectLocation> {
        match &self.source {
            Source::Object(location) => Some(location),
            Source::File(_) | Source::Bytes(_) => None,
        }
    }

    /// Its SHA-256, in hexadecimal.
    pub(crate) fn sha256(&self) -> Result<String, Error> {
        let mut hash = Sha256::new();
        match &self.source {
            Source::Bytes(bytes) => hash.update(bytes),
            // Where it is, is what it is, as long as it must stay.
            Source::Object(location) => hash.update(location.to_string()),
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
            Source::Object(_) => Ok(Vec::new()),
            Source::File(path) => fs::read(path).map_err(|source| Error::Read {
                path: path.clone(),
                source,
            }),
            Source::Bytes(bytes) => Ok(bytes.to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
