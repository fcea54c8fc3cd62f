//! Files that are no text and are not read, told by their first bytes, so that an error can name what they are.

use crate::Error;

/// As many bytes as tell all of them.
pub(crate) const PREFIX_BYTES: usize = 32;

/// What is done about it, beside what it is.
const AS_CSV: &str = "export the column as CSV";
const OPEN_AND_EXPORT: &str =
    "export the sheet as CSV, or unpack the archive and send the list that is in it";

/// First bytes, the name, and the cure. Where those bytes could begin a text, it is told by what follows them as well.
const FORMATS: &[(&[u8], &str, &str)] = &[
    // bzip2 1.0.8, decompress.c; the block size and the first block's magic number follow.
    (
        b"BZh",
        "bzip2",
        "decompress it (bzip2 -dc FILE | errand stats -), or send gzip or zstd",
    ),
    // "The .xz File Format", version 1.2.1, 2.1.1.1.
    (
        b"\xfd7zXZ\0",
        "xz",
        "decompress it (xz -dc FILE | errand stats -), or send gzip or zstd",
    ),
    // lz4_Frame_format.md, 1.6.4.
    (
        b"\x04\x22\x4d\x18",
        "lz4",
        "decompress it (lz4 -dc FILE | errand stats -), or send gzip or zstd",
    ),
    // lzip manual, "File format".
    (
        b"LZIP",
        "lzip",
        "decompress it (lzip -dc FILE | errand stats -), or send gzip or zstd",
    ),
    // compress(1) of ncompress.
    (
        b"\x1f\x9d",
        "compress (.Z)",
        "decompress it (gzip -dc FILE | errand stats -), or send gzip or zstd",
    ),
    // APPNOTE.TXT 6.3.10, 4.3.7 and 4.3.16; spreadsheets of today are such archives.
    (
        b"PK\x03\x04",
        "a zip archive, or a spreadsheet in one (xlsx, ods)",
        OPEN_AND_EXPORT,
    ),
    (b"PK\x05\x06", "an empty zip archive", "send the list itself"),
    // 7zFormat.txt, "SignatureHeader".
    (
        b"7z\xbc\xaf\x27\x1c",
        "a 7z archive",
        "unpack it, and send the list that is in it",
    ),
    (
        b"Rar!\x1a\x07",
        "a rar archive",
        "unpack it, and send the list that is in it",
    ),
    // UTF-32 and its byte order marks: Unicode 16.0, 23.8. That of UTF-16 begins one of them.
    (b"\xff\xfe\0\0", "UTF-32", "save it as UTF-8"),
    (b"\0\0\xfe\xff", "UTF-32", "save it as UTF-8"),
    // Apache Parquet, "File format".
    (
        b"PAR1",
        "Parquet",
        "export the column as CSV (for example with DuckDB or pandas)",
    ),
    // Apache Arrow, "IPC File Format"; Feather 2 is the same.
    (b"ARROW1", "an Arrow (Feather) file", AS_CSV),
    // Apache ORC specification, "File Tail"; Apache Avro 1.11, "Object Container Files".
    (b"ORC", "ORC", AS_CSV),
    (b"Obj\x01", "Avro", AS_CSV),
    // "Database File Format", 1.3.1.
    (
        b"SQLite format 3\0",
        "an SQLite database",
        "export the column as CSV (sqlite3 -csv)",
    ),
    // MS-CFB 2.2: the spreadsheets of before 2007.
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "a spreadsheet or document of Office (xls)",
        "export the sheet as CSV",
    ),
    // numpy.lib.format; HDF5 file format specification, III.A.
    (b"\x93NUMPY", "a NumPy array", "write it as text (numpy.savetxt)"),
    (b"\x89HDF\r\n\x1a\n", "HDF5", "export the data set as text"),
    // ISO/IEC 10918-1, B.1.1.3; PNG 3rd edition, 5.2.
    (b"\xff\xd8\xff", "a JPEG", "`errand grayscale` takes images"),
    (b"\x89PNG\r\n\x1a\n", "a PNG", "`errand grayscale` takes images"),
    // ISO 32000-1, 7.5.2.
    (b"%PDF-", "PDF", "send the numbers as text"),
];

/// Fails for what is no text and is known.
pub(crate) fn refuse(prefix: &[u8]) -> Result<(), Error> {
    let told = FORMATS
        .iter()
        .find(|(magic, ..)| prefix.starts_with(magic) && (is_binary(magic) || is_binary(prefix)));
    if let Some((_, format, cure)) = told {
        return Err(Error::UnsupportedFormat { format, cure });
    }
    Ok(())
}

/// Whether more bytes, up to [`PREFIX_BYTES`], may tell more than these do.
pub(crate) fn may_be_told(prefix: &[u8]) -> bool {
    let mut magics = FORMATS.iter().map(|(magic, ..)| magic);
    magics.any(|magic| magic.starts_with(prefix) || prefix.starts_with(magic))
}

/// Whether there is what a text does not have: control characters other than white space, or what is no UTF-8.
fn is_binary(prefix: &[u8]) -> bool {
    let has_control = prefix
        .iter()
        .any(|byte| byte.is_ascii_control() && !(b'\t'..=b'\r').contains(byte));
    let cut_or_valid = match str::from_utf8(prefix) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    has_control || !cut_or_valid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_begins_as_a_foreign_file_does_is_text() {
        for text in [
            "BZh9,amount\n1,2",
            "PAR1,PAR2\n1,2",
            "ORC\n5",
            "LZIP 3",
            "%PDF-x",
            "PK,id\n1",
            "7z",
            "",
        ] {
            assert!(refuse(text.as_bytes()).is_ok(), "{text}");
        }
    }

    #[test]
    fn each_is_told_by_its_first_bytes() {
        for (magic, format, cure) in FORMATS {
            let file = [magic, &b"9\x01\x00\xff"[..]].concat();
            let error = refuse(&file).expect_err(format);
            assert_eq!(error.code(), "unsupported_format");
            assert_eq!(
                error.to_string(),
                format!("this is {format}, which is not read; {cure}")
            );
        }
    }
}
