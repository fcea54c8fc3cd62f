//! Decimals: how they are read, held and written, and what is refused with which cure.

use std::num::NonZero;

use errand_stats::{Accumulator, Bins, Column, Error, Limits, Parameters, Selection, Summary, summarize};
use serde_json::{Value, json};

fn everything() -> Parameters {
    Parameters {
        statistics: Selection::All,
        percentiles: vec!["10".parse().unwrap()],
        histogram: Some(Bins::Auto),
        ..Parameters::default()
    }
}

fn of(text: &str) -> Summary {
    summarize(text.as_bytes(), &Parameters::default()).unwrap()
}

fn sum(text: &str) -> String {
    of(text).sum.unwrap().to_string()
}

fn refusal(text: &str, parameters: &Parameters) -> String {
    let error = summarize(text.as_bytes(), parameters)
        .map(|summary| summary.to_string())
        .expect_err(text);
    format!("{}: {error}", error.code())
}

fn with_comma() -> Parameters {
    Parameters {
        decimal_comma: true,
        ..Parameters::default()
    }
}

fn column(name: &str, decimal_comma: bool) -> Parameters {
    Parameters {
        column: Some(name.parse::<Column>().unwrap()),
        decimal_comma,
        ..Parameters::default()
    }
}

#[test]
fn a_tenth_and_two_tenths_are_three_tenths() {
    let expected = "\
count    2
sum      0.3
minimum  0.1
maximum  0.2
mean     0.15
median   0.15";
    assert_eq!(of("0.1 0.2").to_string(), expected);
}

#[test]
fn every_way_to_write_a_number_is_understood() {
    for (text, expected) in [
        ("12.50", "12.5"),
        ("-.5", "-0.5"),
        ("5.", "5"),
        ("1e3", "1000"),
        ("1.5E-3", "0.0015"),
        ("+2.5e+1 1", "26"),
        ("1.50e1", "15"),
        ("00.10 -0.0", "0.1"),
        ("0e9999 0.000e-9999", "0"),
        ("[1.5, 2.25]", "3.75"),
        ("1,5", "6"),
        ("0.30", "0.3"),
        ("-0.30 0.3", "0"),
        ("0.1 # 0.2\n0.3", "0.4"),
        ("100 0.001 100", "200.001"),
        (
            "123456789012345678901234567890.5 0.5",
            "123456789012345678901234567891",
        ),
        ("1e20 1e-20", "100000000000000000000.00000000000000000001"),
    ] {
        assert_eq!(sum(text), expected, "{text}");
    }
}

#[test]
fn all_statistics_of_decimals() {
    let summary = summarize(b"0.1 0.20 0.2 1 2.55", &everything()).unwrap();
    assert_eq!(
        serde_json::to_value(&summary).unwrap(),
        json!({
            "count": 5,
            "sum": "4.05",
            "minimum": "0.1",
            "maximum": "2.55",
            "mean": {"decimal": "0.81", "numerator": "81", "denominator": "100"},
            "median": "0.2",
            "range": "2.45",
            "variance": {
                "population": {"decimal": "0.8624", "numerator": "539", "denominator": "625"},
                "sample": {"decimal": "1.078", "numerator": "539", "denominator": "500"},
            },
            "standard_deviation": {"population": "0.92865494129951196", "sample": "1.0382677881933928"},
            "quartiles": {"first": "0.2", "third": "1", "interquartile_range": "0.8"},
            "percentiles": [{"percentile": "10", "value": "0.14"}],
            "modes": {"frequency": 2, "total": 1, "values": ["0.2"]},
            "distinct": 4,
            "histogram": {"width": "0.62", "bins": [
                {"from": "0.1", "to": "0.71", "count": 3},
                {"from": "0.72", "to": "1.33", "count": 1},
                {"from": "1.34", "to": "1.95", "count": 0},
                {"from": "1.96", "to": "2.57", "count": 1},
            ]},
        })
    );
    let json = serde_json::to_string(&summary).unwrap();
    assert_eq!(serde_json::from_str::<Summary>(&json).unwrap(), summary);
}

#[test]
fn an_answer_depends_on_the_values_and_not_on_their_spelling() {
    let answer =
        |text: &str| serde_json::to_string(&summarize(text.as_bytes(), &everything()).unwrap()).unwrap();
    let integers = answer("1 2 2 30 -4");
    for text in [
        "1.0 2.00 2 30.000 -4",
        "1 2 2 30 -4.00000000000000000000",
        "0.1e1 200e-2 2 3e1 -4.",
        "1.000000000000000000000000 2 2 30 -4",
    ] {
        assert_eq!(answer(text), integers, "{text}");
    }
    assert_eq!(answer("1.50 2.5 12.50"), answer("1.5 25e-1 12.5000000000"));
}

#[test]
fn places_may_grow_at_any_number_of_a_long_list() {
    let list = |at: usize, odd: &str| -> String {
        let number = |index: usize| {
            if index == at {
                odd.to_owned()
            } else {
                (index % 1_000).to_string()
            }
        };
        (0..20_000).map(number).collect::<Vec<_>>().join("\n")
    };
    for odd in ["0.5", "1e-17", "1e-25", "1e-60"] {
        let expected = summarize(list(0, odd).as_bytes(), &everything()).unwrap();
        // Integers that are 1 less: (0..20_000) without the odd one's index.
        for at in [1_000, 8_000, 12_000, 19_000] {
            let text = list(at, odd);
            for (threads, chunk) in [(1, 7), (1, 4_096), (3, usize::MAX)] {
                let mut accumulator =
                    Accumulator::new(&everything()).with_threads(NonZero::new(threads).unwrap());
                if chunk == usize::MAX {
                    accumulator.read(text.as_bytes()).unwrap();
                } else {
                    text.as_bytes()
                        .chunks(chunk)
                        .for_each(|chunk| accumulator.push(chunk).unwrap());
                }
                // The indices replaced are all 0 modulo 1000, so the values are the same.
                assert_eq!(accumulator.finish().unwrap(), expected, "{odd} at {at}");
            }
        }
    }
}

#[test]
fn sums_of_decimals_take_no_memory_for_them() {
    let numbers: Vec<String> = (0..50_000)
        .map(|index| format!("{index}.{index} {index}e-300"))
        .collect();
    let text = numbers.join(" ");
    let of = |statistics: &str, bytes: usize| {
        let parameters = Parameters {
            statistics: statistics.parse().unwrap(),
            ..Parameters::default()
        };
        let mut list = Accumulator::new(&parameters).with_memory_budget(bytes);
        list.push(text.as_bytes())?;
        list.finish()
    };
    let summary = of("count,sum,minimum,maximum,mean,range", 10_000).unwrap();
    assert_eq!(
        summary,
        of("count,sum,minimum,maximum,mean,range", 1 << 30).unwrap()
    );
    assert_eq!(summary.maximum.unwrap().as_str(), "49999.49999");
    assert_eq!(of("median", 10_000).unwrap_err().code(), "memory_budget_exceeded");
}

#[test]
fn numbers_far_apart_are_exact_or_refused_with_figures() {
    let summary = of("1e300 1e-300 1");
    assert_eq!(summary.median.unwrap().as_str(), "1");
    assert_eq!(
        summary.sum.unwrap().as_str(),
        format!("1{}1.{}1", "0".repeat(299), "0".repeat(299))
    );

    let text = "1\n".repeat(100_000) + "1e-10000";
    for threads in [1, 2] {
        let mut list = Accumulator::new(&everything())
            .with_memory_budget(100 << 20)
            .with_threads(NonZero::new(threads).unwrap());
        list.read(text.as_bytes()).unwrap();
        let error = list.finish().unwrap_err();
        assert_eq!(error.code(), "memory_budget_exceeded");
        assert!(
            error
                .to_string()
                .contains(" at 10000 decimal places, which `1e-10000` has, and all are held at; "),
            "{error}"
        );
    }
}

#[test]
fn exponents_and_digits_are_bounded() {
    let default = Parameters::default();
    assert!(summarize(b"1e10000 1e-10000", &everything()).is_ok());
    assert_eq!(
        refusal("1 1e10001", &default),
        "exponent_too_large: exponent too large: `1e10001` at line 1, column 3 is beyond 10^10000 or 10^-10000; \
         correct it"
    );
    assert!(refusal("1e-10001", &default).starts_with("exponent_too_large: "));
    assert!(refusal("1e99999999999999999999999", &default).starts_with("exponent_too_large: "));
    let digits = "1".repeat(99_000);
    assert!(
        refusal(&format!("{digits}e1001"), &default).starts_with("too_many_digits: number too long: `1111")
    );
    assert!(refusal(&format!("0.{digits}e-1001"), &default).starts_with("too_many_digits: "));
    assert!(summarize(format!("{digits}e1000").as_bytes(), &default).is_ok());
    assert!(refusal(&format!("0.{}", "1".repeat(100_000)), &default).starts_with("too_many_digits: "));
    assert!(refusal(&"1.".repeat(100_000), &default).starts_with("not_an_integer: "));
    assert!(refusal(&"-.".repeat(100_000), &default).starts_with("not_an_integer: "));
    let mut limits = Limits::default();
    limits.token_digits = 5;
    for (text, is_ok) in [
        ("1e4", true),
        ("1e5", false),
        ("1.2345", true),
        ("1.23456", false),
        ("1e-5", false),
    ] {
        let mut list = Accumulator::new(&default).with_limits(limits);
        let result = list.push(text.as_bytes()).and_then(|()| list.finish());
        assert_eq!(result.is_ok(), is_ok, "{text}");
    }
}

#[test]
fn what_is_refused_is_told_its_cure() {
    let default = Parameters::default();
    for (token, cure) in [
        ("NaN", "give a number, or skip what is none (--skip-invalid)"),
        ("-inf", "give a number, or skip what is none (--skip-invalid)"),
        ("1_000", "remove the underscores"),
        ("0x10", "write it in decimal digits"),
        (
            "1.234.567",
            "a number has one `.`: remove those that group digits",
        ),
        ("1e", "correct it, or skip what is no number (--skip-invalid)"),
        (".", "correct it, or skip what is no number (--skip-invalid)"),
        ("1.5x", "correct it, or skip what is no number (--skip-invalid)"),
        ("--1.5", "correct it, or skip what is no number (--skip-invalid)"),
    ] {
        let expected = format!("not_an_integer: not a number: `{token}` at line 2, column 5; {cure}");
        assert_eq!(refusal(&format!("1\n2.5 {token} 3"), &default), expected);
    }
    let parameters = Parameters {
        skip_invalid: true,
        ..Parameters::default()
    };
    let summary = summarize(b"1.5 NaN 2.5 1.2.3", &parameters).unwrap();
    assert_eq!((summary.sum.unwrap().as_str(), summary.skipped.count), ("4", 2));
}

#[test]
fn columns_have_decimals() {
    let sales = "id,amount\n1,12.50\n2,-.5\n3,1e3\n";
    let summary = summarize(sales.as_bytes(), &column("amount", false)).unwrap();
    assert_eq!(summary.sum.unwrap().as_str(), "1012");
    // The first row's field is a number: it is no header.
    let summary = summarize(b"1.5;2\n2.5;3", &column("1", false)).unwrap();
    assert_eq!((summary.count, summary.column), (2, None));
}

#[test]
fn a_column_with_decimal_commas_is_told_how_to_be_read() {
    let text = "id;amount\n1;12,50\n2;-,5\n3;1.234,5\n";
    assert_eq!(
        refusal(text, &column("amount", false)),
        "not_an_integer: not a number: `12,50` at line 2, column 2; if the comma is the decimal sign, say so \
         (--decimal-comma); if it groups digits, remove it"
    );
    assert!(refusal(text, &column("amount", true)).ends_with(
        "`1.234,5` at line 4, column 2; the comma is the decimal sign (--decimal-comma): if the point groups \
             digits, remove it; else leave the option out"
    ));
    for text in [
        "id;amount\n1;12,50\n2;-,5\n",
        "id;amount, paid; a, b, c\n1;12,50;0\n2;-,5;0\n",
        "id\tamount\n1\t12,50\n2\t-,5\n",
        "id;amount\n1;\"12,50\"\n2;\"-,5\"\n",
    ] {
        let summary = summarize(text.as_bytes(), &column("2", true)).unwrap();
        assert_eq!(summary.sum.unwrap().as_str(), "12", "{text}");
    }
    // A comma delimits nothing, also where nothing else does.
    for (text, name) in [("amount\n12,50\n-,5\n", "amount"), ("12,50\n-,5\n", "1")] {
        let summary = summarize(text.as_bytes(), &column(name, true)).unwrap();
        assert_eq!(summary.sum.unwrap().as_str(), "12", "{text}");
    }
    assert_eq!(
        refusal("id,amount\n1,\"12,50\"\n", &column("amount", true)),
        "unknown_column: no column `amount` in the first row, which has only `id,amount`, for a comma delimits nothing \
         (--decimal-comma); pick one of them"
    );
}

#[test]
fn a_list_may_have_decimal_commas() {
    let summary = summarize(b"1,5 2,25\n-,5; 3 1e2", &with_comma()).unwrap();
    assert_eq!((summary.count, summary.sum.unwrap().as_str()), (5, "106.25"));
    assert!(
        refusal("1, 2, 3", &with_comma()).contains("`1,` at line 1, column 1; the comma is the decimal sign")
    );
    assert!(
        refusal("1,5 2.5", &with_comma())
            .contains("`2.5` at line 1, column 5; the comma is the decimal sign")
    );
    assert!(refusal("1,2,3", &with_comma()).contains("a number has one `,`"));
    assert_eq!(
        refusal("[1,5]", &with_comma()),
        "array_with_decimal_comma: the JSON array at line 1, column 1 separates its numbers by commas; leave out \
         --decimal-comma"
    );
    // Long enough to be cut for several threads, where a comma is no place to cut.
    let long = "12,50 7 -0,25 1234567,75\n".repeat(80_000);
    let summary = summarize(long.as_bytes(), &with_comma()).unwrap();
    assert_eq!(summary.sum.unwrap().as_str(), "98766960000");
    assert_eq!(summary.count, 320_000);
    let long = "12,50 ".repeat(300_000);
    assert_eq!(
        summarize(long.as_bytes(), &with_comma())
            .unwrap()
            .sum
            .unwrap()
            .as_str(),
        "3750000"
    );
}

/// What a text gives, whole and cut in two at every place, on one thread and on two: always the same.
fn cut_everywhere(text: &[u8], parameters: &Parameters) -> Result<Value, String> {
    let answer = |result: Result<Summary, Error>| {
        result
            .map(|summary| serde_json::to_value(summary).unwrap())
            .map_err(|error| error.to_string())
    };
    let whole = answer(summarize(text, parameters));
    for at in 0..=text.len() {
        let mut list = Accumulator::new(parameters);
        let (first, second) = text.split_at(at);
        let cut = list
            .push(first)
            .and_then(|()| list.push(second))
            .and_then(|()| list.finish());
        assert_eq!(answer(cut), whole, "cut at {at}");
    }
    whole
}

#[test]
fn a_text_may_be_cut_at_every_place() {
    let numbers = "1 -2.50,+.5e-3;7. 1.25E+2\t0.000001 # 9.9\n12345678901234567890.125 1e-30 3,4.75\r\n";
    let list = numbers.repeat(6);
    cut_everywhere(list.as_bytes(), &everything()).unwrap();
    cut_everywhere(
        format!("[{}]", numbers.replace(';', ",")).as_bytes(),
        &everything(),
    )
    .unwrap();
    cut_everywhere(b"1.5 2.5 1.5.5 3", &everything()).unwrap_err();
    cut_everywhere(b"1,5 2,25 -,5 1e3 4;5 6,125 ", &with_comma()).unwrap();
    cut_everywhere(b"a,b\n1.5,2\n-2.75,\"1e-3\"\n", &column("a", false)).unwrap();
    cut_everywhere(b"a;b\n1,5;2\n-2,75;\"1e-3\"\n", &column("a", true)).unwrap();
}

#[test]
fn numbers_at_the_limits_are_answered_quickly() {
    let start = std::time::Instant::now();
    let digits = "7".repeat(99_000);
    for text in [
        format!("0.{digits} {digits} -1.5"),
        "1e10000 1e-10000 3".to_owned(),
        (1..3_000)
            .map(|exponent| format!("1e-{exponent}"))
            .collect::<Vec<_>>()
            .join(" "),
        "1e10000 1e9999 ".repeat(3_000),
    ] {
        summarize(text.as_bytes(), &everything()).unwrap();
    }
    assert!(
        start.elapsed() < std::time::Duration::from_secs(40),
        "{:?}",
        start.elapsed()
    );
}
