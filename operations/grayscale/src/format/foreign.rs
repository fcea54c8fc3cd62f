//! What a file is that is no image, by its first bytes: people send the wrong file, and are told which it was.
//!
//! The signatures are those of the formats' specifications, as `file(1)` has them.

/// How much of a file is looked at to tell whether it is text.
const TEXT_BYTES: usize = 512;

/// What the file is, with its article where it has one; none where nothing is known of it.
pub(super) fn kind_of(bytes: &[u8]) -> Option<&'static str> {
    Some(match bytes {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => "a ZIP archive (or an Office document)",
        [0x1F, 0x8B, ..] => "a gzip file",
        [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => "an xz file",
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => "a bzip2 file",
        [0x28, 0xB5, 0x2F, 0xFD, ..] => "a Zstandard file",
        [b'7', b'z', 0xBC, 0xAF, 0x27, 0x1C, ..] => "a 7-Zip archive",
        [b'R', b'a', b'r', b'!', 0x1A, 0x07, ..] => "a RAR archive",
        [0xD0, 0xCF, 0x11, 0xE0, ..] => "an Office document",
        [0x1A, 0x45, 0xDF, 0xA3, ..] => "a Matroska or WebM video",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', b' ', ..] => "an AVI video",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => "a WAV sound",
        [b'F', b'L', b'V', 1, ..] => "a Flash video",
        [0, 0, 1, 0xBA | 0xB3, ..] => "an MPEG video",
        [b'O', b'g', b'g', b'S', ..] => "an Ogg sound or video",
        [b'I', b'D', b'3', 2..=4, ..] => "an MP3 sound",
        [0x7F, b'E', b'L', b'F', ..] | [b'M', b'Z', 0x90, 0, ..] => "a program",
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => "UTF-16 text",
        _ if bytes.get(257..262) == Some(b"ustar") => "a tar archive",
        _ if bytes.starts_with(b"version https://git-lfs") => "a Git LFS pointer, text",
        _ if is_page(bytes) => "an HTML page",
        _ if is_text(bytes) => "text",
        _ => return None,
    })
}

fn is_page(bytes: &[u8]) -> bool {
    let start = bytes.trim_ascii_start();
    let start = start[..start.len().min(14)].to_ascii_lowercase();
    start.starts_with(b"<!doctype html") || start.starts_with(b"<html")
}

/// UTF-8, perhaps cut within a character, of more than a few letters, and without control characters.
fn is_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(TEXT_BYTES)];
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    valid.len() > 3
        && valid
            .chars()
            .all(|letter| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_send_by_mistake_is_named() {
        for (bytes, kind) in [
            (
                &b"PK\x03\x04\x14\0"[..],
                Some("a ZIP archive (or an Office document)"),
            ),
            (b"\x1f\x8b\x08\0", Some("a gzip file")),
            (b"\x1a\x45\xdf\xa3\x01", Some("a Matroska or WebM video")),
            (b"RIFF\0\0\0\0AVI LIST", Some("an AVI video")),
            (b"\n<!DOCTYPE HTML><html>", Some("an HTML page")),
            (b"1, 2, 3\n", Some("text")),
            ("Grüße".as_bytes(), Some("text")),
            // Cut within the last letter.
            (&"Grüßé".as_bytes()[..8], Some("text")),
            (b"\xff\xfe1\0", Some("UTF-16 text")),
            (b"no\0text", None),
            (b"\x80\x81\x82\x83", None),
            (b"ab", None),
            (b"", None),
        ] {
            assert_eq!(kind_of(bytes), kind, "{bytes:?}");
        }
    }
}
