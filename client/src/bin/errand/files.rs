//! Local files: what is sent, and where an answer goes.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read, Write};
use std::path::{Path, PathBuf};

use errand_client::Input;

use crate::address::{Address, address};
use crate::error::Error;
use crate::output;
use crate::parts::Part;

/// Finds the file to send, or the object that is on S3 already, or reads standard input to its end if `path` is `-`; a pipe or a
/// device, too, which have no size.
pub(crate) fn input(path: &Path) -> Result<Input, Error> {
    let failed = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    match address(path)? {
        Some(Address::Object(location)) => return Ok(Input::object(location, 0)),
        // Nothing but an object is one input.
        Some(_) => return Err(failed(io::ErrorKind::IsADirectory.into())),
        None => {}
    }
    if path == Path::new("-") {
        tell_if_typed();
        return Input::from_reader("input", &mut io::stdin().lock()).map_err(failed);
    }
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_file() || metadata.is_dir() {
        return Ok(Input::file(path)?);
    }
    let mut file = File::open(path).map_err(failed)?;
    Input::from_reader("input", &mut file).map_err(failed)
}

/// Whoever sits at the terminal is told that the command waits for him.
fn tell_if_typed() {
    if io::stdin().is_terminal() {
        output::note("reading from the terminal; Ctrl-D at the beginning of a line ends the input");
    }
}

/// Something to be read as it comes.
pub(crate) struct Stream {
    pub(crate) bytes: Box<dyn Read>,
    /// Its size in bytes where it is known, else 0.
    pub(crate) size_hint: u64,
}

impl Stream {
    /// Opens the file, or standard input if `path` is `-`.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        if path == Path::new("-") {
            tell_if_typed();
            return Ok(Self {
                bytes: Box::new(Ending {
                    inner: io::stdin().lock(),
                    has_ended: false,
                }),
                size_hint: 0,
            });
        }
        let failed = |source| Error::Read {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        Ok(Self {
            bytes: Box::new(file),
            size_hint: metadata.len(),
        })
    }
}

/// What has come to its end stays there: a terminal would be read on, and wait for the next line.
struct Ending<R> {
    inner: R,
    has_ended: bool,
}

impl<R: Read> Read for Ending<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.has_ended {
            return Ok(0);
        }
        let count = self.inner.read(buffer)?;
        self.has_ended = count == 0 && !buffer.is_empty();
        Ok(count)
    }
}

/// A file that is made: it appears under its name whole, or not at all.
#[derive(Debug)]
pub(crate) enum OutputFile {
    /// Written beside its place, and moved there at the end.
    File {
        /// As it was named.
        path: PathBuf,
        /// Where it goes: what a link leads to.
        place: PathBuf,
        part: Part,
        may_replace: bool,
    },
    /// Written through: a device, a pipe.
    Through { path: PathBuf, file: File },
    /// Standard output.
    Stdout,
}

impl OutputFile {
    /// Makes sure that `path` can be written, before any work is done; `-` is standard output. A file that is there
    /// already is refused, unless it may be replaced.
    pub(crate) fn open(path: &Path, may_replace: bool) -> Result<Self, Error> {
        if path == Path::new("-") {
            let _open = output::stdout().map_err(|source| Error::Write {
                path: path.to_owned(),
                source,
            })?;
            if output::is_seen() {
                return Err(Error::Usage(
                    "an image is not for a terminal: send standard output to a file or a pipe, or name a file with -o"
                        .to_owned(),
                ));
            }
            output::keep_for_file();
            return Ok(Self::Stdout);
        }
        let failed = |source| Error::Write {
            path: path.to_owned(),
            source,
        };
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => return Err(failed(io::ErrorKind::IsADirectory.into())),
            Ok(metadata) if !metadata.is_file() => {
                let file = File::options().write(true).open(path).map_err(failed)?;
                return Ok(Self::Through {
                    path: path.to_owned(),
                    file,
                });
            }
            Ok(_) if !may_replace => {
                return Err(Error::Exists {
                    path: path.to_owned(),
                });
            }
            Ok(metadata) if metadata.permissions().readonly() => {
                return Err(failed(io::ErrorKind::PermissionDenied.into()));
            }
            Ok(_) | Err(_) => {}
        }
        let place = behind_links(path).map_err(failed)?;
        let folder = folder_of(&place);
        fs::metadata(folder).map_err(failed)?;
        let part = Part::new_in(folder).map_err(failed)?;
        Ok(Self::File {
            path: path.to_owned(),
            place,
            part,
            may_replace,
        })
    }

    /// Where it goes, for a person to read; none for standard output.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } | Self::Through { path, .. } => Some(path),
            Self::Stdout => None,
        }
    }

    /// What went wrong with writing to it.
    pub(crate) fn failed(&self, source: io::Error) -> Error {
        Error::Write {
            path: self.path().unwrap_or(Path::new("-")).to_owned(),
            source,
        }
    }

    /// Puts the file in its place.
    pub(crate) fn finish(self) -> Result<(), Error> {
        match self {
            Self::File {
                path,
                place,
                part,
                may_replace,
            } => match part.persist(&place, may_replace) {
                Ok(()) => Ok(()),
                // It came while this one was made.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Error::Exists { path }),
                Err(source) => Err(Error::Write { path, source }),
            },
            Self::Through { .. } => Ok(()),
            Self::Stdout => io::stdout().lock().flush().map_err(|source| Error::Write {
                path: "-".into(),
                source,
            }),
        }
    }
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Where a path leads if it is a link, so that the file behind it is written and the link stays.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    /// As many as Linux follows (`path_resolution(7)`).
    const MOST_LINKS: u32 = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let is_link = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink());
        if !is_link {
            return Ok(path);
        }
        path = folder_of(&path).join(fs::read_link(&path)?);
    }
    Err(io::Error::other("too many links, one to the other"))
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File { part, .. } => part.write(bytes),
            Self::Through { file, .. } => file.write(bytes),
            Self::Stdout => io::stdout().lock().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File { part, .. } => part.flush(),
            Self::Through { file, .. } => file.flush(),
            Self::Stdout => io::stdout().lock().flush(),
        }
    }
}
