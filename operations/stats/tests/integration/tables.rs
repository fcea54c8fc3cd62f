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
    read_with(text, &parameters)
}

fn with(text: &str, parameters: &str) -> Result<Summary, Error> {
    read_with(text.as_bytes(), &serde_json::from_str(parameters).unwrap())
}

fn read_with(text: &[u8], parameters: &Parameters) -> Result<Summary, Error> {
    let whole = summarize(text, parameters);
    let mut accumulator = Accumulator::new(parameters);
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
    assert_eq!(sum("\n \na;b\n1;2\n", "b"), "2");
    assert_eq!(sum("\"Name; first; last\",amount\nx,5\n", "amount"), "5");
    assert_eq!(sum("n\n5\n6\n", "n"), "11");
}

#[test]
fn marks_line_ends_and_spaces_do_not_matter() {
    assert_eq!(sum("\u{feff}a,b\r\n 1 , 2 \r\n\r\n3,4", "a"), "4");
    let rows = "1,2\r".repeat(1 << 20);
    assert_eq!(sum(&format!("a,b\r{rows}"), "b"), (2 << 20).to_string());
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
    assert_eq!(
        summarize(endless.as_bytes(), &other).unwrap_err().to_string(),
        "a field of over 1048576 bytes at line 2, column 2; check the table's quotes and its delimiter"
    );
    let no_rows = "a".repeat(3 << 20);
    assert_eq!(
        summarize(no_rows.as_bytes(), &other).unwrap_err().code(),
        "field_too_long"
    );
}

#[test]
fn a_quote_that_is_never_closed_swallows_no_rows_in_a_column_that_nobody_asked_for() {
    let message = |text: &str| column(text, "id").unwrap_err().to_string();
    let unclosed = message("id,note\n1,\"a\"\n2,\"cut\n3,b\n4,c\n");
    assert!(
        unclosed.starts_with("the quote at line 3, column 2 is never closed;"),
        "{unclosed}"
    );
    let rows: String = (0..200_000).map(|id| format!("{id},some note\n")).collect();
    let cut = format!("id,note\n1,\"cut\n{rows}");
    assert_eq!(column(&cut, "id").unwrap_err().code(), "field_too_long");
    let after = message("id,note\n1,\"cut\n2,\"x\"\n");
    assert!(
        after
            .starts_with("`x` follows the closing quote of the field at line 2, column 2; double the quotes"),
        "{after}"
    );
}

#[test]
fn rows_that_begin_with_a_number_sign_are_data_unless_it_begins_comments() {
    let table = "id,amount\n#12,5\n#13,6\n14,7\n";
    assert_eq!(sum(table, "amount"), "18");
    let summary = with(table, r##"{"column":"amount","comment":"#"}"##).unwrap();
    assert_eq!(summary.sum.unwrap().as_str(), "7");
    let summary = with(
        "% by hand\nid;amount\n%1;2\n1;3",
        r#"{"column":"amount","comment":"%"}"#,
    )
    .unwrap();
    assert_eq!(summary.sum.unwrap().as_str(), "3");
    let error = column("# by hand\nid,amount\n", "amount")
        .unwrap_err()
        .to_string();
    assert!(error.contains("--comment '#'"), "{error}");
    let error = column("id,amount\n#1,2\n", "id").unwrap_err().to_string();
    assert!(error.contains("--comment '#'"), "{error}");
}

#[test]
fn headers_that_look_like_numbers_are_reached_by_name() {
    let years = "2020,2021\n1,2\n3,4\n";
    assert_eq!(sum(years, "2021"), "6");
    assert_eq!(sum(years, "\"2020\""), "4");
    assert_eq!(
        with(years, r#"{"column":"2020"}"#).unwrap().sum.unwrap().as_str(),
        "4"
    );
    let by_number = with(years, r#"{"column":1,"header":true}"#).unwrap();
    assert_eq!(
        (by_number.sum.unwrap().as_str(), by_number.column.as_deref()),
        ("4", Some("2020"))
    );
    assert_eq!(by_number.first_row, None);
    let data = with("x,y\n1,2\n", r#"{"column":1,"header":false,"skip_invalid":true}"#).unwrap();
    assert_eq!((data.count, data.skipped.count, data.column), (1, 1, None));
    let error = with(years, r#"{"column":"2020","header":false}"#).unwrap_err();
    assert!(error.to_string().contains("the first row is data"), "{error}");
}

#[test]
fn what_the_first_row_was_taken_for_is_said_where_nobody_asked() {
    let text = |table: &str, name: &str| column(table, name).unwrap().to_string();
    let headers = text("1O,5\n2,6\n", "1");
    assert!(
        headers.ends_with("\nheader   1O (assumed, for it is no number; --no-header if it is data)"),
        "{headers}"
    );
    let data = text("2020,2021\n1,2\n", "1");
    assert!(
        data.contains("\nheader   none (assumed, for the first row is a number; --header if"),
        "{data}"
    );
    assert!(!text("2020,2021\n1,2\n", "2021").contains("header"));
    let json = |table: &str, name: &str| serde_json::to_value(column(table, name).unwrap()).unwrap();
    assert_eq!(json("1O,5\n2,6\n", "1")["first_row"], "headers");
    assert_eq!(json("1,5\n2,6\n", "1")["first_row"], "data");
    let by_name = serde_json::to_string(&column("a\n5\n", "a").unwrap()).unwrap();
    assert!(by_name.ends_with(r#""median":"5","column":"a"}"#), "{by_name}");
}

#[test]
fn a_delimiter_can_be_said() {
    assert_eq!(
        with("a|b\n1|2\n3|4\n", r#"{"column":"b","delimiter":"|"}"#)
            .unwrap()
            .count,
        2
    );
    assert_eq!(
        with("a,x;b\n1;2\n", r#"{"column":"b","delimiter":";"}"#)
            .unwrap()
            .count,
        1
    );
    assert_eq!(
        with("a;b\tc\n1\t2\n", r#"{"column":"c","delimiter":"\\t"}"#)
            .unwrap()
            .count,
        1
    );
    let quoted = with(
        "a,b\n\"1,5\",\"2,5\"\n",
        r#"{"column":"b","delimiter":",","decimal_comma":true}"#,
    )
    .unwrap();
    assert_eq!(quoted.sum.unwrap().as_str(), "2.5");
    for delimiter in ["\\\"", "ab", "\\n", "7", ""] {
        let json = format!(r#"{{"column":1,"delimiter":"{delimiter}"}}"#);
        assert!(serde_json::from_str::<Parameters>(&json).is_err(), "{json}");
    }
}

#[test]
fn a_carriage_return_alone_ends_a_comment_of_a_list() {
    for text in ["1\r2 # note\r3\r", "#\r1\r#x\n2 3", "1#\r\n2#\r3"] {
        let summary = read_with(text.as_bytes(), &Parameters::default()).unwrap();
        assert_eq!(summary.sum.unwrap().as_str(), "6", "{text:?}");
    }
}
