//! Names that come in a list.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use crate::error::Error;

/// The names in a list of them, one a line.
pub(super) fn names(list: &Path, nul: bool) -> Result<Vec<OsString>, Error> {
    let read = || {
        if list == Path::new("-") {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        } else {
            fs::read(list)
        }
    };
    let bytes = read().map_err(|source| Error::Read {
        path: list.to_owned(),
        source,
    })?;
    let names = bytes.split(|byte| *byte == if nul { 0 } else { b'\n' });
    let names = names.map(|name| {
        if nul {
            name
        } else {
            name.strip_suffix(b"\r").unwrap_or(name)
        }
    });
    Ok(names.filter(|name| !name.is_empty()).map(name_of).collect())
}

#[cfg(unix)]
fn name_of(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStrExt;
    OsStr::from_bytes(bytes).to_owned()
}

#[cfg(not(unix))]
fn name_of(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}
