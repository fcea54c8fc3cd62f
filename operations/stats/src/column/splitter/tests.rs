//! Python's csv module as an independent judge, and what it does not know.

use std::fmt::Write as _;

use super::*;

#[path = "../../../tests/integration/oracle.rs"]
mod oracle;
#[path = "../../../tests/integration/random.rs"]
mod random;

/// Reads texts as JSON, one a line, and prints the rows of each, or what is wrong with it.
const ORACLE: &str = r#"
import csv, io, json, sys
for line in sys.stdin:
    text = json.loads(line)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        rows = "unclosed" if "unexpected end" in str(error) else "text after" if "expected after" in str(error) else str(error)
    print(json.dumps(rows))
"#;

/// Takes every field.
#[derive(Default)]
struct All {
    rows: Vec<Vec<String>>,
    row: Vec<String>,
    lines: Vec<u64>,
}

impl Sink for All {
    fn wants(&self, _: usize) -> bool {
        true
    }

    fn field(&mut self, index: usize, field: &[u8], _: Position) -> Result<(), Error> {
        assert_eq!(index, self.row.len());
        self.row.push(String::from_utf8(field.to_vec()).unwrap());
        Ok(())
    }

    fn end_row(&mut self, fields: usize, line: u64) -> Result<bool, Error> {
        assert_eq!(fields, self.row.len());
        self.rows.push(std::mem::take(&mut self.row));
        self.lines.push(line);
        Ok(true)
    }
}

/// The rows of a text that comes in these chunks, and their lines.
fn split<'a>(
    chunks: impl IntoIterator<Item = &'a [u8]>,
    comment: Option<u8>,
    limit: usize,
) -> Result<(Vec<Vec<String>>, Vec<u64>), String> {
    let mut splitter = Splitter::new(b',', comment, limit, 1);
    let mut all = All::default();
    let run = || {
        for chunk in chunks {
            splitter.split(chunk, &mut all)?;
        }
        splitter.finish(&mut all)
    };
    match run() {
        Ok(()) => Ok((all.rows, all.lines)),
        Err(error) => Err(format!("{}: {error}", error.code())),
    }
}

/// The same for the whole text, and a check that it does not matter where it is cut.
fn split_anyhow(
    text: &[u8],
    comment: Option<u8>,
    limit: usize,
) -> Result<(Vec<Vec<String>>, Vec<u64>), String> {
    let whole = split([text], comment, limit);
    for at in 0..=text.len() {
        let cut = split([&text[..at], &text[at..]], comment, limit);
        assert_eq!(cut, whole, "cut at {at}: {:?}", String::from_utf8_lossy(text));
    }
    let bytes = split(text.chunks(1), comment, limit);
    assert_eq!(bytes, whole, "byte by byte: {:?}", String::from_utf8_lossy(text));
    whole
}

/// Without rows that may be nothing but white space, which Python gives, and whose quotes it does not tell of.
fn without_blank(rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let is_blank = |row: &Vec<String>| row.is_empty() || row.len() == 1 && row[0].trim().is_empty();
    rows.into_iter().filter(|row| !is_blank(row)).collect()
}

#[test]
fn python_splits_the_same_wherever_the_text_is_cut() {
    const ALPHABET: &[&str] = &[
        "a", "1", "é", ",", ",", ",", "\"", "\"", "\"\"", "\"x\"", "\n", "\r\n", "\r", " ", "#", ",\"",
        "\",", "\"\n",
    ];
    let mut random = random::Random::seeded(20_261_130);
    let mut texts = Vec::new();
    for _ in 0..8_000 {
        let mut text = String::new();
        for _ in 0..random.below(30) {
            text.push_str(ALPHABET[random.below(ALPHABET.len())]);
        }
        texts.push(text);
    }
    // Longer than the blocks in which special bytes are looked for.
    for length in [60, 63, 64, 65, 130] {
        let long = "y".repeat(length);
        texts.push(format!("{long},\"{long}\"\r\n\"{long}\"\"\n\",{long}\n{long}"));
        texts.push(format!("{long},\"{long}\"x\n"));
        texts.push(format!("{long},\"{long}\n"));
    }
    let mut lines = String::new();
    for text in &texts {
        let _ = writeln!(lines, "{}", serde_json::to_string(text).unwrap());
    }
    let Some(answers) = oracle::ask(ORACLE, &lines) else {
        println!("SKIPPED: there is no python3");
        return;
    };
    let mut kinds = [0; 3];
    for (text, expected) in texts.iter().zip(answers) {
        let found = split_anyhow(text.as_bytes(), None, 1_000);
        match serde_json::from_value::<Vec<Vec<String>>>(expected.clone()) {
            Ok(rows) => {
                kinds[0] += 1;
                assert_eq!(without_blank(found.unwrap().0), without_blank(rows), "{text:?}");
            }
            Err(_) if expected == "unclosed" => {
                kinds[1] += 1;
                assert!(
                    found.clone().unwrap_err().starts_with("unclosed_quote"),
                    "{text:?}: {found:?}"
                );
            }
            Err(_) => {
                kinds[2] += 1;
                assert_eq!(expected, "text after", "{text:?}");
                assert!(
                    found.clone().unwrap_err().starts_with("text_after_quote"),
                    "{text:?}: {found:?}"
                );
            }
        }
    }
    assert!(kinds.iter().all(|count| *count > 500), "{kinds:?}");
}

#[test]
fn lines_are_counted_whatever_ends_them() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["a,b", "", "\"x", "y\",2", " ", "3,4", "5,6"].join(end);
        let (rows, lines) = split_anyhow(text.as_bytes(), None, 100).unwrap();
        assert_eq!(rows.len(), 4, "{end:?}");
        assert_eq!(lines, [1, 3, 6, 7], "{end:?}");
    }
}

#[test]
fn comments_are_passed_over_only_where_they_were_asked_for() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["#a,\"b", "1,2", "# \"", "#", "\"#\",3", "4,#5", " #6,7"].join(end);
        let (rows, lines) = split_anyhow(text.as_bytes(), Some(b'#'), 100).unwrap();
        assert_eq!(
            rows,
            [["1", "2"], ["#", "3"], ["4", "#5"], [" #6", "7"]],
            "{end:?}"
        );
        assert_eq!(lines, [2, 5, 6, 7], "{end:?}");
        let text = ["#a,b", "#1,2"].join(end);
        assert_eq!(split_anyhow(text.as_bytes(), None, 100).unwrap().0.len(), 2);
        assert_eq!(split_anyhow(text.as_bytes(), Some(b'#'), 100).unwrap().0.len(), 0);
    }
}

#[test]
fn every_field_is_held_against_the_limit() {
    for (text, is_too_long) in [
        ("12345,12345\n", false),
        ("1,123456\n", true),
        ("1,123456", true),
        ("1,\"123\"\n", false),
        ("1,\"1234\"\n", true),
        ("1,\"1\"\"2\"", true),
        ("1,\"123\n", false),
        ("1,\"1234\n56", true),
        ("1,\"12345678\"x\n", true),
    ] {
        let found = split_anyhow(text.as_bytes(), None, 5);
        let is_found = matches!(&found, Err(error) if error.starts_with("field_too_long"));
        assert_eq!(is_found, is_too_long, "{text:?}: {found:?}");
        if is_too_long {
            assert!(found.unwrap_err().contains("line 1, column 2"), "{text:?}");
        }
    }
}

#[test]
fn an_error_names_the_place_where_the_quote_opens() {
    let message = |text: &str| split_anyhow(text.as_bytes(), None, 100).unwrap_err();
    let unclosed = message("a,b\n1,\"x\n2,y\n");
    assert!(
        unclosed.contains("the quote at line 2, column 2 is never closed; close it"),
        "{unclosed}"
    );
    let after = message("a,b\n\"x\ny\" ,2\n");
    assert!(
        after.contains("` ` follows the closing quote of the field at line 2, column 1;"),
        "{after}"
    );
    assert!(
        message("\"x\"é").contains(": text follows the closing quote"),
        "{}",
        message("\"x\"é")
    );
}
