//! Text in UTF-16, and files that are no text.

use errand_stats::{Accumulator, Error, Parameters, Summary};

fn in_chunks(bytes: &[u8], length: usize, parameters: &Parameters) -> Result<Summary, Error> {
    let mut accumulator = Accumulator::new(parameters);
    for chunk in bytes.chunks(length) {
        accumulator.push(chunk)?;
    }
    accumulator.finish()
}

/// The text as UTF-16 with a byte order mark, little-endian and big-endian.
fn utf16(text: &str) -> [Vec<u8>; 2] {
    let units = || std::iter::once(0xfeff).chain(text.encode_utf16());
    [
        units().flat_map(u16::to_le_bytes).collect(),
        units().flat_map(u16::to_be_bytes).collect(),
    ]
}

fn column(name: &str) -> Parameters {
    Parameters {
        column: Some(name.parse().unwrap()),
        ..Parameters::default()
    }
}

#[test]
fn utf16_gives_what_utf8_gives_however_it_is_cut() {
    let amount = column("Betrag €");
    let field = column(".größe.😀");
    for (text, parameters) in [
        ("1 2.5\n-3e2 # ½ 😀\r\n4", &Parameters::default()),
        ("", &Parameters::default()),
        ("[1, 2, 3]", &Parameters::default()),
        ("1 2\n 😀😀 x", &Parameters::default()),
        ("1 2\n3 “4”", &Parameters::default()),
        (&"123456.78, ".repeat(500), &Parameters::default()),
        ("Name;Betrag €\nÄ;5\n😀;6\n", &amount),
        ("Name;Betrag €\nÄ;5\n😀;€6\n", &amount),
        ("{\"größe\":{\"😀\":5}}\n{\"größe\":{\"😀\":\"6\"}}", &field),
    ] {
        let told = |result: Result<Summary, Error>| result.map_err(|error| error.to_string());
        let expected = told(in_chunks(text.as_bytes(), usize::MAX, parameters));
        for bytes in utf16(text) {
            for length in [1, 2, 3, 5, 300, usize::MAX] {
                let given = told(in_chunks(&bytes, length, parameters));
                assert_eq!(given, expected, "{text} by {length}");
            }
            let mut accumulator = Accumulator::new(parameters);
            let read = accumulator.read(&bytes[..]).map_err(|error| error.to_string());
            assert_eq!(read.and_then(|()| told(accumulator.finish())), expected, "{text}");
        }
    }
}

#[test]
fn a_lone_surrogate_is_named_with_its_place() {
    let with_surrogate = |before: &str, surrogate: u16, after: &str| {
        let units = before
            .encode_utf16()
            .chain([surrogate])
            .chain(after.encode_utf16());
        [0xfeff]
            .into_iter()
            .chain(units)
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<_>>()
    };
    let plain = Parameters::default();
    let table = column("amount");
    for (before, surrogate, after, parameters, place) in [
        (
            "1 2\n3 é😀",
            0xd800,
            "4",
            &plain,
            "the surrogate 0xd800 at line 2, column 5 has no other half",
        ),
        (
            "1 ",
            0xdfff,
            "",
            &plain,
            "the surrogate 0xdfff at line 1, column 3 has no other half",
        ),
        (
            "1 ",
            0xdbff,
            "",
            &plain,
            "the surrogate 0xdbff at line 1, column 3 has no other half",
        ),
        (
            "n,amount\na,1\nb,2",
            0xd83d,
            "\n",
            &table,
            "the surrogate 0xd83d at line 3, column 2 has no other half",
        ),
    ] {
        for length in [1, 2, 3, usize::MAX] {
            let bytes = with_surrogate(before, surrogate, after);
            let error = in_chunks(&bytes, length, parameters).unwrap_err();
            assert_eq!(error.code(), "invalid_utf16");
            assert!(error.to_string().contains(place), "{error}");
        }
    }
    let odd = [&utf16("1 2")[0][..], b"3"].concat();
    let error = in_chunks(&odd, 2, &plain).unwrap_err();
    assert_eq!(error.code(), "invalid_utf16", "{error}");
    // The same bytes are no UTF-8.
    let error = in_chunks(b"1 \xed\xa0\x80", 2, &plain).unwrap_err();
    assert_eq!(error.code(), "invalid_utf8");
    assert!(
        error.to_string().contains("byte 0xed at line 1, column 3"),
        "{error}"
    );
}

#[test]
fn what_is_no_text_is_named_with_the_cure() {
    for (bytes, name, cure) in [
        (&b"BZh91AY&SY\x9a\x89\xb4\"\0\0"[..], "bzip2", "bzip2 -dc"),
        (b"\xfd7zXZ\0\0\x04", "xz", "xz -dc"),
        (b"PK\x03\x04\x14\0", "zip", "unpack"),
        (b"PAR1\x15\x04\x15\x10", "Parquet", "CSV"),
        (b"\xff\xfe\0\x001\0\0\0", "UTF-32", "UTF-8"),
    ] {
        for parameters in [Parameters::default(), column("amount")] {
            for length in [1, 7, 1_000] {
                let error = in_chunks(bytes, length, &parameters).unwrap_err();
                assert_eq!(error.code(), "unsupported_format", "{name}");
                let message = error.to_string();
                assert!(message.contains(name) && message.contains(cure), "{message}");
            }
        }
    }
}
