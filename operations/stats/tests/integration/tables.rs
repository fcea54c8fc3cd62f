//! One column of a CSV or TSV.

use errand_stats::{Accumulator, Column, Error, Parameters, Summary, summarize};

fn column(text: &str, column: &str) -> Result<Summary, Error> {
    read(text.as_bytes(), column, false)
}

fn read(text: &[u8], column: &str, skip_invalid: bool) -> Result<Summary, Error> {
    let column: Column = column.parse().unwrap();
    let parameters = Parameters {
        column: Some(column),
        skip_invalid,
        ..Parameters::default()
    };
    let whole = summarize(text, &parameters);
    let mut accumulator = Accumulator::new(&parameters);
    let chunks = text
        .chunks(1)
        .try_for_each(|chunk| accumulator.push(chunk))
        .and_then(|()| accumulator.finish());
    match (&whole, &chunks) {
        (Ok(whole), Ok(chunks)) => assert_eq!(whole, chunks),
        (Err(whole), Err(chunks)) => assert_eq!(whole.to_string(), chunks.to_string()),
        _ => panic!("whole: {whole:?}, in chunks: {chunks:?}"),
    }
    whole
}

fn sum(text: &str, name: &str) -> String {
    column(text, name).unwrap().sum.unwrap().to_string()
}

const PEOPLE: &str = "name,age,\"height, cm\"\n\"Doe, Jane\",41,170\nÖzgür,7,\"121\"\n";

#[test]
fn a_column_is_found_by_name_and_by_number() {
    assert_eq!(sum(PEOPLE, "age"), "48");
    assert_eq!(sum(PEOPLE, "height, cm"), "291");
    assert_eq!(sum(PEOPLE, "2"), "48");
    assert_eq!(column(PEOPLE, "2").unwrap().column.as_deref(), Some("age"));
    assert_eq!(sum("1,2\n3,4", "2"), "6");
    assert_eq!(column("1,2\n3,4", "2").unwrap().column, None);
}

#[test]
fn the_delimiter_is_told_from_the_first_row() {
    assert_eq!(sum("a\tb, c\n1\t2\n3\t4\n", "b, c"), "6");
    assert_eq!(sum("a;b\n1;2\n3;4\n", "b"), "6");
    assert_eq!(sum("# one, two\n\na;b\n1;2\n", "b"), "2");
    assert_eq!(sum("n\n5\n6\n", "n"), "11");
}

#[test]
fn marks_line_ends_and_spaces_do_not_matter() {
    assert_eq!(sum("\u{feff}a,b\r\n 1 , 2 \r\n\r\n# 9,9\r\n3,4", "a"), "4");
}

#[test]
fn a_bad_field_is_named_with_its_line_and_column() {
    let message = |text: &str, name: &str| column(text, name).unwrap_err().to_string();
    assert!(message("a,b\n1,2\n3,x\n", "b").starts_with("not a number: `x` at line 3, column 2;"));
    assert!(message("a,b\r\n1,2\r\n3,x\r\n", "b").starts_with("not a number: `x` at line 3, column 2;"));
    assert!(message("a,b\r\n1,2\r\n\r\n3,x", "b").starts_with("not a number: `x` at line 4, column 2;"));
    assert!(message("a,b\n1,\n", "b").starts_with("not a number: `` at line 2, column 2;"));
    assert!(message("a,b\n1,2\n3\n", "b").starts_with("row too short: no field at line 3, column 2;"));
    assert!(message("a,b\n1,\"2,000\"\n", "b").contains("`2,000` at line 2, column 2;"));
    let error = read(b"a,b\n1,\xff\n", "b", true).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("not UTF-8 text: byte 0xff at line 2, column 2;"),
        "{error}"
    );
}

#[test]
fn a_missing_column_is_answered_with_those_there_are() {
    let error = column(PEOPLE, "weight").unwrap_err();
    assert_eq!(
        error.to_string(),
        "no column `weight` in the first row, which has 3 columns: `name`, `age`, `height, cm`; pick one of them"
    );
    assert_eq!(column(PEOPLE, "4").unwrap_err().code(), "unknown_column");
    assert_eq!(column("", "a").unwrap_err().code(), "empty_input");
    assert_eq!(column("a,b\n", "a").unwrap_err().code(), "empty_input");
}

#[test]
fn bad_fields_can_be_skipped() {
    let summary = read(b"a,b\n1,2\n3\n4,x\n5,\n6,7\n", "b", true).unwrap();
    assert_eq!(
        (summary.count, summary.sum.unwrap().to_string()),
        (2, "9".to_owned())
    );
    let skipped: Vec<_> = summary
        .skipped
        .first
        .iter()
        .map(|it| (it.token.as_str(), it.position.line))
        .collect();
    assert_eq!(skipped, [("", 3), ("x", 4), ("", 5)]);
}

#[test]
fn a_field_without_end_does_not_fill_the_memory() {
    let endless = format!("a,b\n1,\"{}", "2".repeat(3 << 20));
    let parameters = Parameters {
        column: Some(Column::Number(2)),
        ..Parameters::default()
    };
    assert_eq!(
        summarize(endless.as_bytes(), &parameters).unwrap_err().code(),
        "field_too_long"
    );
    let other = Parameters {
        column: Some(Column::Number(1)),
        ..Parameters::default()
    };
    assert_eq!(summarize(endless.as_bytes(), &other).unwrap().count, 1);
    let no_rows = "a".repeat(3 << 20);
    assert_eq!(
        summarize(no_rows.as_bytes(), &other).unwrap_err().code(),
        "field_too_long"
    );
}
