//! Several columns of a table, in one pass.

use std::fmt::Write as _;

use errand_stats::{Accumulator, Answer, ColumnSummaries, Error, Limits, Parameters};
use serde_json::{Value, json};

use crate::oracle::ask;
use crate::random::Random;

fn answer(text: &[u8], parameters: &str, chunk: usize, limits: Limits) -> Result<Answer, Error> {
    let parameters: Parameters = serde_json::from_str(parameters).unwrap();
    let mut table = Accumulator::new(&parameters).with_limits(limits);
    text.chunks(chunk).try_for_each(|chunk| table.push(chunk))?;
    table.answer()
}

/// The answer, which has to be that of several columns, and the same however the text is cut.
fn columns(text: &str, parameters: &str) -> Result<ColumnSummaries, String> {
    let of = |chunk| match answer(text.as_bytes(), parameters, chunk, Limits::default()) {
        Ok(Answer::Columns(columns)) => Ok(columns),
        Ok(Answer::List(list)) => panic!("one answer: {list}"),
        Err(error) => Err(error.to_string()),
    };
    let whole = of(usize::MAX);
    for chunk in [1, 7] {
        assert_eq!(of(chunk), whole, "in chunks of {chunk}: {text:?}");
    }
    whole
}

/// Headers, or numbers, and sums.
fn sums(text: &str, parameters: &str) -> Vec<(String, String)> {
    let found = columns(text, parameters).unwrap().columns;
    found
        .into_iter()
        .map(|column| (column.label(), column.summary.sum.unwrap().to_string()))
        .collect()
}

fn pairs<const COUNT: usize>(pairs: [(&str, &str); COUNT]) -> Vec<(String, String)> {
    pairs
        .map(|(name, sum)| (name.to_owned(), sum.to_owned()))
        .to_vec()
}

const PEOPLE: &str = "name,age,\"height, cm\",weight\nJane,41,170,60.5\nÖzgür,7,121,22.25\n";

#[test]
fn columns_are_answered_in_the_order_in_which_they_are_asked_for() {
    let all = pairs([("weight", "82.75"), ("age", "48"), ("height, cm", "291")]);
    assert_eq!(sums(PEOPLE, r#"{"columns":["weight","age",3]}"#), all);
    assert_eq!(
        sums(PEOPLE, r#"{"columns":["weight",2,"age","height, cm","weight"]}"#),
        all
    );
    assert_eq!(sums(PEOPLE, r#"{"column":"weight, age,3"}"#), all);
    assert_eq!(
        sums("1,2\n3,4\n", r#"{"columns":[2,1]}"#),
        pairs([("column 2", "6"), ("column 1", "4")])
    );
}

#[test]
fn a_name_with_commas_is_one_column_where_there_is_one() {
    let one = answer(
        PEOPLE.as_bytes(),
        r#"{"column":"height, cm"}"#,
        9,
        Limits::default(),
    )
    .unwrap();
    let Answer::List(one) = one else { panic!("several") };
    assert_eq!(one.sum.unwrap().as_str(), "291");
    let error = columns(PEOPLE, r#"{"columns":["age,shoe"]}"#).unwrap_err();
    assert!(
        error.starts_with("no column `shoe` in the first row, which has 4 columns"),
        "{error}"
    );
}

#[test]
fn all_columns_are_those_of_numbers_and_the_others_are_named() {
    let found = columns(PEOPLE, r#"{"columns":"all","statistics":["sum","range"]}"#).unwrap();
    assert_eq!(
        serde_json::to_value(&found).unwrap(),
        json!({
            "columns": [
                {"number": 2, "count": 2, "sum": "48", "range": "34", "column": "age"},
                {"number": 3, "count": 2, "sum": "291", "range": "49", "column": "height, cm"},
                {"number": 4, "count": 2, "sum": "82.75", "range": "38.25", "column": "weight"},
            ],
            "not_numeric": [{"number": 1, "column": "name", "token": "Jane", "line": 2, "count": 0}],
            "first_row": "headers",
        })
    );
    let again: Answer = serde_json::from_value(serde_json::to_value(&found).unwrap()).unwrap();
    assert_eq!(again, Answer::Columns(found));
}

#[test]
fn a_column_that_is_numbers_but_for_one_field_says_where_and_how_many() {
    let table = "a,b\n1,1\n2,2\nN/A,3\n4,4\n";
    let found = columns(table, r#"{"columns":"all"}"#).unwrap();
    assert_eq!(
        found.not_numeric[0].to_string(),
        "a: `N/A` at line 4, below 2 numbers (--skip-invalid)"
    );
    let found = columns(table, r#"{"columns":"all","skip_invalid":true}"#).unwrap();
    assert_eq!(found.not_numeric, []);
    let a = &found.columns[0].summary;
    assert_eq!(
        (a.count, a.skipped.count, a.skipped.first[0].position.line),
        (3, 1, 4)
    );
    let error = columns(table, r#"{"columns":["b","a"]}"#).unwrap_err();
    assert!(
        error.starts_with("not a number: `N/A` at line 4, column 1;"),
        "{error}"
    );
}

#[test]
fn whatever_is_wrong_with_a_field_only_its_column_is_left_out() {
    let latin = b"name,hash,n\nM\xfcller,1e99999999,1\nx,y,2\n";
    for parameters in [r#"{"columns":"all"}"#, r#"{"columns":"all","skip_invalid":true}"#] {
        let Answer::Columns(found) = answer(latin, parameters, 5, Limits::default()).unwrap() else {
            panic!("one answer");
        };
        let names: Vec<_> = found
            .not_numeric
            .iter()
            .map(|column| column.column.as_deref().unwrap())
            .collect();
        assert_eq!((names, found.columns.len()), (vec!["name", "hash"], 1));
    }
    let error = answer(latin, r#"{"columns":["n","name"]}"#, 5, Limits::default()).unwrap_err();
    assert_eq!(error.code(), "invalid_utf8");
}

#[test]
fn rows_that_are_too_short_and_columns_without_numbers_are_errors() {
    let message = |table: &str, parameters: &str| columns(table, parameters).unwrap_err();
    let short = "a,b,c\n1,2,3\n4\n";
    for parameters in [r#"{"columns":"all"}"#, r#"{"columns":["a","c","b"]}"#] {
        assert!(message(short, parameters).starts_with("row too short: no field at line 3, column 2;"));
    }
    let found = columns(short, r#"{"columns":"all","skip_invalid":true}"#).unwrap();
    assert_eq!(found.columns[1].summary.skipped.count, 1);
    assert_eq!(
        message("a,b\n", r#"{"columns":"all"}"#),
        "no numbers in the input; send at least one"
    );
    let none = message("a,b\nx,y\n", r#"{"columns":"all"}"#);
    assert!(
        none.starts_with("no column of numbers; a: `x` at line 2, b: `y` at line 2;"),
        "{none}"
    );
    let empty = message("a,b\n1,\n2,\n", r#"{"columns":["a","b"],"skip_invalid":true}"#);
    assert_eq!(empty, "no numbers in column `b`, 2 fields skipped; leave it out");
}

#[test]
fn every_option_holds_for_each_of_several_columns() {
    let table = "a;b\n1,5;10\nx;20\n2,5;30\n";
    let found = columns(
        table,
        r#"{"columns":"all","decimal_comma":true,"skip_invalid":true,"statistics":"all","percentiles":["10"],"histogram":2}"#,
    )
    .unwrap();
    for (column, text) in [("a", "a\n1.5\nx\n2.5\n"), ("b", "b\n10\n20\n30\n")] {
        let alone = r#"{"column":1,"header":true,"skip_invalid":true,"statistics":"all","percentiles":["10"],"histogram":2}"#;
        let Answer::List(mut alone) = answer(text.as_bytes(), alone, 3, Limits::default()).unwrap() else {
            panic!("several");
        };
        let among = found
            .columns
            .iter()
            .find(|found| found.summary.column.as_deref() == Some(column));
        alone.skipped = among.unwrap().summary.skipped.clone();
        assert_eq!(*alone, among.unwrap().summary);
    }
    let text = found.to_string();
    assert!(
        text.starts_with("a\ncount                          2\n"),
        "{text}"
    );
    assert!(
        text.contains("\n\nb\ncount  ") && text.contains("percentile 10"),
        "{text}"
    );
}

#[test]
fn one_answer_is_not_to_be_had_of_several_columns() {
    let parameters: Parameters = serde_json::from_str(r#"{"columns":"all"}"#).unwrap();
    let error = errand_stats::summarize(b"1,2\n", &parameters).unwrap_err();
    assert_eq!(error.code(), "several_answers");
    let parameters: Parameters = serde_json::from_str(r#"{"columns":"all","column":1}"#).unwrap();
    let error = errand_stats::summarize(b"1,2\n", &parameters).unwrap_err();
    assert_eq!(error.code(), "invalid_parameters");
}

#[test]
fn all_columns_share_the_memory() {
    let rows: String = (0..50_000)
        .map(|row| format!("{row},{row},{row},{row},{row},{row}\n"))
        .collect();
    let mut limits = Limits::default();
    limits.memory_bytes = 600_000;
    let ended = |parameters| match answer(rows.as_bytes(), parameters, 1 << 20, limits) {
        Ok(_) => "answered".to_owned(),
        Err(error) => error.to_string(),
    };
    assert_eq!(ended(r#"{"columns":[1,2]}"#), "answered");
    let refused = ended(r#"{"columns":"all"}"#);
    assert!(
        refused.starts_with("more numbers than 600000 bytes of memory hold (stopped after "),
        "{refused}"
    );
    limits.memory_bytes = 1 << 20;
    let wide = vec!["1"; 400_000].join(",");
    let refused = answer(wide.as_bytes(), r#"{"columns":"all"}"#, 1 << 20, limits).unwrap_err();
    assert_eq!(refused.code(), "memory_budget_exceeded");
}

#[test]
fn a_table_of_very_many_columns_takes_memory_for_its_numbers_only() {
    let row = (0..20_000)
        .map(|number| number.to_string())
        .collect::<Vec<_>>()
        .join(",");
    let table = format!("{row}\n{row}\n{row}\n");
    let mut limits = Limits::default();
    limits.memory_bytes = 32 << 20;
    let Answer::Columns(found) = answer(table.as_bytes(), r#"{"columns":"all"}"#, 1 << 20, limits).unwrap()
    else {
        panic!("one answer");
    };
    assert_eq!(found.columns.len(), 20_000);
    assert_eq!(
        found.columns[19_999].summary.sum.as_ref().unwrap().as_str(),
        "59997"
    );
}

/// Reads tables as JSON, one a line, and prints for each column its sum as a fraction, or the first field that is none.
const ORACLE: &str = r#"
import csv, io, json, re, sys
from fractions import Fraction
for line in sys.stdin:
    table = json.loads(line)
    rows = list(csv.reader(io.StringIO(table["text"], newline=""), strict=True, delimiter=table["delimiter"]))
    columns = []
    for index, header in enumerate(rows[0]):
        fields = [row[index].strip() for row in rows[1:]]
        bad = next((field for field in fields if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", field)), None)
        if bad is None:
            total = sum(map(Fraction, fields))
            columns.append({"header": header, "sum": [str(total.numerator), str(total.denominator)]})
        else:
            columns.append({"header": header, "bad": bad})
    print(json.dumps(columns))
"#;

#[test]
fn python_finds_the_same_columns_and_sums() {
    const CELLS: [&str; 12] = [
        "1",
        "-2",
        "30000000000",
        "0.25",
        "1e3",
        "-.5",
        "99999999999999999999",
        "7",
        "8",
        "9",
        "10",
        "11",
    ];
    let mut random = Random::seeded(13);
    let mut tables = Vec::new();
    for _ in 0..400 {
        let delimiter = [",", ";", "\t"][random.below(3)];
        let end = ["\n", "\r\n", "\r"][random.below(3)];
        let width = 2 + random.below(6);
        let mut text = String::new();
        for row in 0..1 + random.below(40) {
            for column in 0..width {
                let cell = match random.below(60) {
                    _ if row == 0 => format!("h{column}"),
                    0 => "word".to_owned(),
                    1 => format!("two {delimiter} \"words\""),
                    2 => format!("two{end}lines"),
                    _ => CELLS[random.below(CELLS.len())].to_owned(),
                };
                let is_quoted = cell.contains([',', ';', '\t', '"', '\n', '\r']) || random.below(4) == 0;
                let cell = if is_quoted {
                    format!("\"{}\"", cell.replace('"', "\"\""))
                } else {
                    cell
                };
                let _ = write!(text, "{}{cell}", if column == 0 { "" } else { delimiter });
            }
            text.push_str(end);
        }
        tables.push(json!({"text": text, "delimiter": delimiter}));
    }
    let mut lines = String::new();
    for table in &tables {
        let _ = writeln!(lines, "{table}");
    }
    let Some(answers) = ask(ORACLE, &lines) else {
        println!("SKIPPED: there is no python3");
        return;
    };
    for (table, expected) in tables.iter().zip(answers) {
        let text = table["text"].as_str().unwrap();
        let Ok(found) = columns(text, r#"{"columns":"all","statistics":["mean"],"header":true}"#) else {
            let is_sum = |column: &Value| !column["sum"].is_null();
            assert!(
                text.lines().count() < 2 || !expected.as_array().unwrap().iter().any(is_sum),
                "{text:?}"
            );
            continue;
        };
        let mut sums = found.columns.iter();
        let mut others = found.not_numeric.iter();
        for column in expected.as_array().unwrap() {
            if let Value::Array(sum) = &column["sum"] {
                let found = &sums.next().unwrap().summary;
                assert_eq!(found.column.as_deref(), column["header"].as_str(), "{text:?}");
                // The mean is that sum over the count, in lowest terms.
                let mean = serde_json::to_value(found.mean.as_ref().unwrap()).unwrap();
                let number = |value: &Value| value.as_str().unwrap().parse::<num_bigint::BigInt>().unwrap();
                assert_eq!(
                    number(&mean["numerator"]) * number(&sum[1]) * found.count,
                    number(&sum[0]) * number(&mean["denominator"]),
                    "{text:?}"
                );
            } else {
                let other = others.next().unwrap();
                assert_eq!(other.column.as_deref(), column["header"].as_str(), "{text:?}");
                let bad = column["bad"]
                    .as_str()
                    .unwrap()
                    .replace('\n', "\\n")
                    .replace('\r', "\\r")
                    .replace('\t', "\\t");
                assert_eq!(other.token.as_deref(), Some(bad.as_str()), "{text:?}");
            }
        }
        assert!(sums.next().is_none() && others.next().is_none(), "{text:?}");
    }
}
