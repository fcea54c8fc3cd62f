//! The same lists in Python's `statistics` and `fractions`, which are exact too. Skipped where there is no `python3`.

use errand_stats::{Parameters, Selection, summarize};
use serde_json::Value;

use crate::oracle::ask;
use crate::random::Random;

/// Reads lists, one a line, and prints for each what `statistics` answers, fractions as two integers.
const ORACLE: &str = r#"
import json, statistics, sys
from fractions import Fraction
sys.set_int_max_str_digits(0) if hasattr(sys, "set_int_max_str_digits") else None

def fraction(value):
    value = Fraction(value)
    return [str(value.numerator), str(value.denominator)]

for line in sys.stdin:
    values = [int(token) for token in line.split()]
    exact = [Fraction(value) for value in values]
    several = len(values) > 1
    quartiles = statistics.quantiles(exact, n=4, method="inclusive") if several else exact * 3
    modes = sorted(statistics.multimode(values))
    print(json.dumps({
        "count": len(values),
        "sum": str(sum(values)),
        "minimum": str(min(values)),
        "maximum": str(max(values)),
        "mean": fraction(statistics.mean(exact)),
        "median": fraction(statistics.median(exact)),
        "population_variance": fraction(statistics.pvariance(exact)),
        "sample_variance": fraction(statistics.variance(exact)) if several else None,
        "first_quartile": fraction(quartiles[0]),
        "third_quartile": fraction(quartiles[2]),
        "modes": [str(value) for value in modes[:100]],
        "modes_total": len(modes),
        "distinct": len(set(values)),
    }))
"#;

/// Lists of every shape.
fn lists() -> Vec<Vec<i128>> {
    let mut random = Random::seeded(20_261_124);
    let mut lists = Vec::new();
    for count in [1, 2, 3, 4, 5, 10, 99, 100, 1_000] {
        let mut list =
            |value: &mut dyn FnMut(usize) -> i128| lists.push((0..count).map(value).collect::<Vec<_>>());
        list(&mut |index| index as i128);
        list(&mut |index| -(index as i128));
        list(&mut |_| 42);
        list(&mut |index| [-7, 9][index % 2]);
        list(&mut |index| [i64::MIN, i64::MAX][index % 2].into());
        list(&mut |index| [i128::MIN, i128::MAX][index % 2]);
        list(&mut |index| i128::from(i64::MAX) - 5 + index as i128 % 11);
        list(&mut |index| i128::from(i64::MIN) + 5 - index as i128 % 11);
        list(&mut |index| i128::MAX - index as i128);
        list(&mut |_| i128::from(random.next() % 10));
        list(&mut |_| i128::from(random.next().cast_signed() >> 32));
        list(&mut |_| random.next().cast_signed().into());
        list(&mut |_| i128::from(random.next().cast_signed()) << (random.next() % 60));
    }
    lists
}

/// A finite decimal as a fraction in lowest terms, as Python writes it.
fn fraction(decimal: &Value) -> [String; 2] {
    let text = decimal.as_str().unwrap();
    let places = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let mut numerator: num_bigint::BigInt = text.replace('.', "").parse().unwrap();
    let mut denominator = num_bigint::BigInt::from(10).pow(u32::try_from(places).unwrap());
    for prime in [2_u32, 5] {
        while (&denominator % prime) == 0_u32.into() && (&numerator % prime) == 0_u32.into() {
            numerator /= prime;
            denominator /= prime;
        }
    }
    [numerator.to_string(), denominator.to_string()]
}

#[test]
fn python_gives_the_same() {
    let lists = lists();
    let line = |list: &Vec<i128>| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = lists.iter().map(line).collect();
    let Some(answers) = ask(ORACLE, &(lines.join("\n") + "\n")) else {
        println!("SKIPPED: there is no python3");
        return;
    };
    assert_eq!(answers.len(), lines.len());
    let parameters = Parameters {
        statistics: Selection::All,
        ..Parameters::default()
    };
    for (line, expected) in lines.iter().zip(answers) {
        let summary = summarize(line.as_bytes(), &parameters).unwrap();
        let given = serde_json::to_value(&summary).unwrap();
        for name in ["count", "sum", "minimum", "maximum", "distinct"] {
            assert_eq!(given[name], expected[name], "{name} of {line}");
        }
        let pair = |value: &Value| [value["numerator"].clone(), value["denominator"].clone()];
        assert_eq!(
            Value::from(pair(&given["mean"]).to_vec()),
            expected["mean"],
            "mean of {line}"
        );
        let variance = &given["variance"];
        assert_eq!(
            Value::from(pair(&variance["population"]).to_vec()),
            expected["population_variance"],
            "{line}"
        );
        if !expected["sample_variance"].is_null() {
            assert_eq!(
                Value::from(pair(&variance["sample"]).to_vec()),
                expected["sample_variance"],
                "{line}"
            );
        }
        let finite = |value: &Value| Value::from(fraction(value).to_vec());
        assert_eq!(finite(&given["median"]), expected["median"], "median of {line}");
        assert_eq!(
            finite(&given["quartiles"]["first"]),
            expected["first_quartile"],
            "{line}"
        );
        assert_eq!(
            finite(&given["quartiles"]["third"]),
            expected["third_quartile"],
            "{line}"
        );
        assert_eq!(given["modes"]["values"], expected["modes"], "{line}");
        assert_eq!(given["modes"]["total"], expected["modes_total"], "{line}");
    }
}
