//! The six default statistics of plain lists, and what bad input is answered.

use errand_stats::{Accumulator, Error, Limits, Parameters, Summary, summarize};

fn of(text: &str) -> Result<Summary, Error> {
    summarize(text.as_bytes(), &Parameters::default())
}

fn refusal(text: impl AsRef<[u8]>) -> String {
    let error = summarize(text.as_ref(), &Parameters::default())
        .map(|summary| summary.count)
        .expect_err("bad");
    format!("{}: {error}", error.code())
}

#[test]
fn the_six_are_printed_in_order_one_a_line() {
    let expected = "\
count    4
sum      10
minimum  1
maximum  4
mean     2.5
median   2.5";
    assert_eq!(of("4 1 3 2").unwrap().to_string(), expected);
}

#[test]
fn the_six_are_text_in_json_where_a_reader_could_damage_them() {
    let summary = of("1 2 4").unwrap();
    let json = serde_json::to_string(&summary).unwrap();
    assert_eq!(
        json,
        r#"{"count":3,"sum":"7","minimum":"1","maximum":"4","mean":{"decimal":"2.3333333333333333","numerator":"7","denominator":"3"},"median":"2"}"#
    );
    assert_eq!(serde_json::from_str::<Summary>(&json).unwrap(), summary);
}

#[test]
fn the_median_of_an_even_count_is_exact() {
    assert_eq!(
        of("-327112 -327111").unwrap().median.unwrap().as_str(),
        "-327111.5"
    );
    assert_eq!(
        of("9223372036854775807 9223372036854775806")
            .unwrap()
            .median
            .unwrap()
            .as_str(),
        "9223372036854775806.5"
    );
    assert_eq!(of("-1 0").unwrap().median.unwrap().as_str(), "-0.5");
}

#[test]
fn every_separator_is_understood() {
    for text in [
        "1 2 3",
        "1,2,3",
        "1;2;3",
        "1\n2\n3\n",
        "1\r\n2\r\n3\r\n",
        "\t1 ,\t2;\n\n3 ",
        "[1,2,3]",
        " [1, 2, 3]\n",
        "# list\n1 2#two\n3",
        "+1 +2 +3",
    ] {
        let summary = of(text).unwrap();
        assert_eq!(
            (summary.count, summary.sum.unwrap().to_string()),
            (3, "6".to_owned()),
            "{text:?}"
        );
    }
}

#[test]
fn integers_of_any_size_are_exact() {
    let huge = "9".repeat(400);
    let summary = of(&format!("{huge} 1 -170141183460469231731687303715884105729")).unwrap();
    assert_eq!(summary.maximum.unwrap().to_string(), huge);
    assert_eq!(
        summary.minimum.unwrap().to_string(),
        "-170141183460469231731687303715884105729"
    );
    assert_eq!(summary.median.unwrap().as_str(), "1");
}

#[test]
fn a_bad_token_is_named_with_its_line_and_column() {
    assert!(refusal("1 2 x 4").starts_with("not_an_integer: not a number: `x` at line 1, column 5;"));
    assert!(refusal("1\n é 2.5").contains("`é` at line 2, column 2;"));
    assert!(refusal("1\n2.5x").contains("`2.5x` at line 2, column 1;"));
    assert!(refusal("1 -").contains("`-` at line 1, column 3;"));
    assert!(refusal("1 --2").contains("`--2`"));
    assert!(refusal("1e5.").contains("`1e5.`"));
}

#[test]
fn other_bad_input_has_an_error_of_its_own() {
    assert!(refusal("").starts_with("empty_input: "));
    assert!(refusal(" \n# nothing\n").starts_with("empty_input: "));
    assert!(refusal("[]").starts_with("empty_input: "));
    assert!(
        refusal(b"1 2\n3 \xff4").starts_with("invalid_utf8: not UTF-8 text: byte 0xff at line 2, column 3;")
    );
    assert!(refusal("[1, 2").starts_with("unclosed_array: "));
    assert!(refusal("[1, 2] 3").starts_with("text_after_array: `3` at line 1, column 8"));
    assert!(refusal("[[1, 2]]").starts_with("unexpected_bracket: "));
    assert!(refusal("1 2]").starts_with("unexpected_bracket: "));
    assert!(refusal("1".repeat(100_001)).starts_with("too_many_digits: "));
    assert!(of(&"1".repeat(100_000)).is_ok());
}

#[test]
fn invalid_tokens_can_be_skipped_and_are_counted_and_reported() {
    let parameters = Parameters {
        skip_invalid: true,
        ..Parameters::default()
    };
    let summary = summarize(b"1 x 2\ny 3", &parameters).unwrap();
    assert_eq!((summary.count, summary.skipped.count), (3, 2));
    assert_eq!(
        serde_json::to_value(&summary.skipped).unwrap(),
        serde_json::json!({"count": 2, "first": [
            {"token": "x", "line": 1, "column": 3},
            {"token": "y", "line": 2, "column": 1},
        ]})
    );
    let error = summarize(b"x y", &parameters).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no numbers in the input, 2 invalid tokens skipped; send at least one"
    );
}

#[test]
fn memory_is_bounded_by_the_budget() {
    let mut limits = Limits::default();
    limits.memory_bytes = 10_000;
    let mut accumulator = Accumulator::new(&Parameters::default()).with_limits(limits);
    let text = "1 ".repeat(100_000);
    let error = accumulator.push(text.as_bytes()).unwrap_err();
    assert_eq!(error.code(), "memory_budget_exceeded");
}

#[test]
fn after_an_error_there_is_no_summary_of_the_rest() {
    let mut accumulator = Accumulator::new(&Parameters::default());
    accumulator.push(b"1 2 ").unwrap();
    assert_eq!(accumulator.push(b"x ").unwrap_err().code(), "not_an_integer");
    assert_eq!(accumulator.push(b"3 ").unwrap_err().code(), "already_failed");
    assert_eq!(accumulator.finish().unwrap_err().code(), "already_failed");
}

#[test]
fn an_error_is_the_same_on_one_thread_and_on_several() {
    let mut text = "123\n".repeat(500_000);
    text.push_str("4 é x\n");
    text.push_str(&"5\n".repeat(500_000));
    for threads in [1_usize, 2, 5] {
        let mut accumulator =
            Accumulator::new(&Parameters::default()).with_threads(threads.try_into().unwrap());
        let error = accumulator.read(text.as_bytes()).unwrap_err();
        assert!(
            error.to_string().contains("`é` at line 500001, column 3"),
            "{error}"
        );
    }
}
