//! A field of JSON objects: what is read, what is refused, and what Python's `json` and `fractions` read.

use errand_stats::{Accumulator, Error, Parameters, Summary};
use serde_json::Value;

use crate::oracle::ask;
use crate::random::Random;

fn of_field(field: &str) -> Parameters {
    Parameters {
        column: Some(field.parse().unwrap()),
        ..Parameters::default()
    }
}

fn in_chunks(text: &str, length: usize, parameters: &Parameters) -> Result<Summary, Error> {
    let mut accumulator = Accumulator::new(parameters);
    for chunk in text.as_bytes().chunks(length) {
        accumulator.push(chunk)?;
    }
    accumulator.finish()
}

/// Count and sum, the same at every chunk boundary.
fn sum(text: &str, parameters: &Parameters) -> Result<String, String> {
    let told = |result: Result<Summary, Error>| {
        result
            .map(|summary| format!("{} {}", summary.count, summary.sum.unwrap()))
            .map_err(|error| error.to_string())
    };
    let whole = told(in_chunks(text, usize::MAX, parameters));
    for length in [1, 2, 3, 7] {
        assert_eq!(
            told(in_chunks(text, length, parameters)),
            whole,
            "{text} by {length}"
        );
    }
    for cut in 1..text.len().min(300) {
        let mut accumulator = Accumulator::new(parameters);
        let (first, second) = text.as_bytes().split_at(cut);
        let pushed = accumulator.push(first).and_then(|()| accumulator.push(second));
        assert_eq!(
            told(pushed.and_then(|()| accumulator.finish())),
            whole,
            "{text} cut at {cut}"
        );
    }
    whole
}

#[test]
fn a_field_is_read_from_objects_in_every_arrangement() {
    for text in [
        "{\"amount\":12.50}\n{\"amount\":-2e1}\n",
        "\n {\"amount\" : 12.50}{\"amount\":-2e1}",
        "[{\"amount\":12.50},{\"amount\":-2e1}]",
        " [ {\n  \"id\": [1, {\"amount\": 7}],\n  \"amount\": 12.50\n},\n{\"amount\":-2e1} ] \n",
        "{\"a\":\"}{\\\"amount\\\":9\",\"amount\":\"12.50\"}\r\n{\"b\":{},\"c\":[],\"amount\":\" -2e1 \"}",
        "{\"amount\":1,\"amount\":12.50}\n{\"amount\":{},\"amount\":-2e1}",
        "{\"\\u0061mount\":12.50,\"amount2\":1,\"amoun\":2,\"\":3}\n{\"amount\":-2e1,\"x\":{\"amount\":5}}",
        "{\"t\":true,\"f\":false,\"n\":null,\"e\":NaN,\"amount\":12.50}\n{\"amount\":-2e1}",
    ] {
        assert_eq!(sum(text, &of_field("amount")).as_deref(), Ok("2 -7.5"), "{text}");
        assert_eq!(sum(text, &of_field(".amount")).as_deref(), Ok("2 -7.5"), "{text}");
    }
    let nested = "{\"user\":{\"id\":1,\"a.b\":{\"age\":40}},\"age\":1,\"user.id\":7}\n\
                  {\"user\":{\"x\":{\"age\":9},\"a.b\":{\"age\":\"2\"},\"id\":2},\"user.id\":8}";
    assert_eq!(sum(nested, &of_field(".user.id")).as_deref(), Ok("2 3"));
    assert_eq!(sum(nested, &of_field("user.id")).as_deref(), Ok("2 15"));
    assert_eq!(sum(nested, &of_field(".user.\"a.b\".age")).as_deref(), Ok("2 42"));
    let summary = in_chunks(nested, 9, &of_field(".user.id")).unwrap();
    assert_eq!(summary.column.as_deref(), Some(".user.id"));
}

#[test]
fn what_is_no_number_and_what_is_missing_is_named_or_skipped() {
    let skipping = |field| Parameters {
        skip_invalid: true,
        ..of_field(field)
    };
    for (text, error) in [
        (
            "{\"a\":1}\n{\"a\":null}",
            "not a number: `null` at line 2, column 6; give a number",
        ),
        (
            "{\"a\":1}\n{\"a\":\"\"}",
            "not a number: `` at line 2, column 6; give a number",
        ),
        (
            "{\"a\":1}\n {\"a\":true}",
            "not a number: `true` at line 2, column 7",
        ),
        (
            "{\"a\":1}\n{\"a\":[2]}",
            "not a number: `[...]` at line 2, column 6",
        ),
        (
            "{\"a\":1}\n{\"a\":\"1,5\"}",
            "if the comma is the decimal sign, say so (--decimal-comma)",
        ),
        (
            "{\"a\":1}\n{\"b\":2}",
            "no field `a` in the object at line 2, column 1; complete it",
        ),
        ("{\"a\":1}\n{}", "no field `a` in the object at line 2, column 1"),
        (
            "{\"a\":1}\n{\"a\":7,\"a\":\"x\"}",
            "not a number: `x` at line 2, column 12",
        ),
    ] {
        let told = sum(text, &of_field("a")).unwrap_err();
        assert!(told.contains(error), "{told}");
        let summary = in_chunks(text, 5, &skipping("a")).unwrap();
        assert_eq!((summary.count, summary.skipped.count), (1, 1), "{text}");
    }
    let told = sum("{\"price\":1,\"x\":{\"a\":2}}", &of_field("a")).unwrap_err();
    assert!(
        told.contains("which has `price`, `x`; correct the name"),
        "{told}"
    );
    let told = sum("{\"a\":1}", &of_field("1")).unwrap_err();
    assert!(told.starts_with("JSON objects have no column 1"), "{told}");
    let told = sum("{\"a\":1}", &Parameters::default()).unwrap_err();
    assert!(told.contains("(--column NAME)"), "{told}");
}

#[test]
fn a_comma_is_the_decimal_sign_of_what_is_in_quotes_alone() {
    let parameters = Parameters {
        decimal_comma: true,
        ..of_field("a")
    };
    assert_eq!(
        sum("{\"a\":\"1,5\"}\n{\"a\":2.25}", &parameters).as_deref(),
        Ok("2 3.75")
    );
}

#[test]
fn what_is_no_json_is_refused_with_its_place() {
    for (text, error) in [
        (
            "{\"a\":1}\n{\"b\":\"x\n\",\"a\":2}",
            "not JSON: `\\n` at line 2, column 8",
        ),
        (
            "{\"a\":1}\n{\"b\":\"x",
            "an object that is never closed at line 2, column 1",
        ),
        (
            "{\"a\":1}\n{\"a\":2,}",
            "not JSON: `}` at line 2, column 8, where a name in quotes should be",
        ),
        (
            "{\"a\":1}\n{\"b\" 2}",
            "not JSON: `2` at line 2, column 6, where `:` should be",
        ),
        (
            "{\"a\":1}\n{\"b\":}",
            "not JSON: `}` at line 2, column 6, where a value should be",
        ),
        (
            "{\"a\":1}\n{\"b\":[1 2]}",
            "not JSON: `2` at line 2, column 9, where `,` or a closing bracket",
        ),
        ("{\"a\":1}\n{\"b\":[1}", "not JSON: `}` at line 2, column 8"),
        ("{\"a\":1}\n{\"b\":\"\\x\"}", "not JSON: `x` at line 2, column 8"),
        ("{\"a\":1}\n{\"b\":x\"y\"}", "not JSON: `\"` at line 2, column 7"),
        (
            "{\"a\":1}\n5",
            "not JSON: `5` at line 2, column 1, where an object should be",
        ),
        ("{\"a\":1}\n[{\"a\":1}]", "not JSON: `[` at line 2, column 1"),
        ("{\"a\":1},{\"a\":1}", "not JSON: `,` at line 1, column 8"),
        (
            "[{\"a\":1}\n{\"a\":2}]",
            "not JSON: `{` at line 2, column 1, where `,` or `]` should be",
        ),
        (
            "[{\"a\":1},]",
            "not JSON: `]` at line 1, column 10, where an object should be",
        ),
        (
            "[{\"a\":1}] 2",
            "not JSON: `2` at line 1, column 11, where the end should be",
        ),
        (
            "[{\"a\":1}",
            "the JSON array that begins at line 1, column 1 is never closed",
        ),
        (
            "[{\"a\":1},",
            "the JSON array that begins at line 1, column 1 is never closed",
        ),
        ("[]", "no numbers in the input"),
    ] {
        let told = sum(text, &of_field("a")).unwrap_err();
        assert!(told.contains(error), "{text}: {told}");
    }
    let deep = format!("{{\"b\":{}", "[".repeat(100_000));
    let told = in_chunks(&deep, 4_096, &of_field("a")).unwrap_err().to_string();
    assert!(told.contains("a bracket within a thousand others"), "{told}");
    let depth = format!("{{\"b\":{}{},\"a\":5}}", "[".repeat(900), "]".repeat(900));
    assert_eq!(in_chunks(&depth, 100, &of_field("a")).unwrap().count, 1);
}

#[test]
fn long_values_are_refused_without_being_held() {
    let digits = "7".repeat(200_000);
    for text in [format!("{{\"a\":{digits}}}"), format!("{{\"a\":\"{digits}\"}}")] {
        let error = in_chunks(&text, 1_000, &of_field("a")).unwrap_err();
        assert_eq!(error.code(), "too_many_digits");
    }
    let spaced = format!("{{\"a\":\"1{}x\"}}", " ".repeat(200_000));
    assert_eq!(
        in_chunks(&spaced, 1_000, &of_field("a")).unwrap_err().code(),
        "not_an_integer"
    );
    let other = format!("{{\"{0}\":\"{0}\",\"a\":1}}", "b".repeat(3_000_000));
    assert_eq!(in_chunks(&other, 1_000, &of_field("a")).unwrap().count, 1);
}

/// Reads lines of JSON Lines, each as JSON text, and prints what the field's values sum to.
const ORACLE: &str = r#"
import json, sys
from fractions import Fraction

for line in sys.stdin:
    total, count = Fraction(0), 0
    for record in json.loads(line).splitlines():
        value = json.loads(record, parse_float=Fraction, parse_int=Fraction)["x"]["größe"]
        total += Fraction(value)
        count += 1
    print(json.dumps([count, str(total.numerator), str(total.denominator)]))
"#;

#[test]
fn python_reads_the_same_from_random_objects() {
    let mut random = Random::seeded(13);
    let mut texts = Vec::new();
    for _ in 0..300 {
        let mut text = String::new();
        for _ in 0..=random.next() % 5 {
            text.push_str(&record(&mut random));
            text.push('\n');
        }
        texts.push(text);
    }
    let lines: Vec<String> = texts
        .iter()
        .map(|text| serde_json::to_string(text).unwrap())
        .collect();
    let Some(answers) = ask(ORACLE, &(lines.join("\n") + "\n")) else {
        println!("SKIPPED: there is no python3");
        return;
    };
    assert_eq!(answers.len(), texts.len());
    let parameters = Parameters {
        statistics: "mean,sum".parse().unwrap(),
        ..of_field(".x.größe")
    };
    for (text, expected) in texts.iter().zip(answers) {
        for length in [1, 4, 1_000] {
            let summary =
                in_chunks(text, length, &parameters).unwrap_or_else(|error| panic!("{error}: {text}"));
            let mean = serde_json::to_value(summary.mean.unwrap()).unwrap();
            let big = |value: &Value| value.as_str().unwrap().parse::<num_bigint::BigInt>().unwrap();
            // The mean is in lowest terms; compare sum = mean * count crosswise.
            assert_eq!(summary.count, expected[0].as_u64().unwrap(), "{text}");
            assert_eq!(
                big(&mean["numerator"]) * summary.count * big(&expected[2]),
                big(&expected[1]) * big(&mean["denominator"]),
                "{text}"
            );
        }
    }
}

/// An object with the field `x.größe`, whatever is beside it.
fn record(random: &mut Random) -> String {
    let mut pick = |options: &[&str]| {
        let index = usize::try_from(random.next() % options.len() as u64).unwrap();
        options[index].to_owned()
    };
    let number = pick(&[
        "0",
        "-12.50",
        "1e3",
        "1.5E-3",
        "9007199254740993",
        "123456789012345678901234567890.125",
    ]);
    let value = pick(&["N", "\"N\"", " N "]).replace('N', &number);
    let name = pick(&["größe", "gr\\u00f6\\u00dfe", "gr\\u00F6ße"]);
    let beside = pick(&[
        "",
        "\"größe\":5,",
        "\"a\":[{\"größe\":1},[],\"]\"],",
        "\"b\":\"\\\"}\\\\\",\"c\":null,",
        "\"größ\":1,\"größe \":2,\"😀\":\"\\ud83d\\ude00\",",
    ]);
    let outer = pick(&["", "\"größe\":1,", "\"y\":{\"größe\":7},", "\"x\":{\"größe\":8},"]);
    let after = pick(&["", ",\"z\":true", ",\"größer\":{}"]);
    format!("{{{outer}\"x\": {{{beside}\"{name}\":{value}{after}}}{after}}}")
}
