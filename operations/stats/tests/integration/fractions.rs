//! Random decimals of every shape against Python's `fractions`, which are exact too, every statistic by its definition,
//! rounding included. Skipped where there is no `python3`.

use std::num::NonZero;

use errand_stats::{Accumulator, Bins, Column, Parameters, Percentile, Selection, summarize};

use crate::oracle::ask;
use crate::random::Random;

/// Reads lists, one a line, and prints for each what is right, as `errand stats --json --all` spells it.
const ORACLE: &str = r#"
import json, sys
from collections import Counter
from fractions import Fraction
from math import isqrt
sys.set_int_max_str_digits(0) if hasattr(sys, "set_int_max_str_digits") else None

def places_of(value):
    "Of a finite decimal."
    rest = value.denominator
    twos = (rest & -rest).bit_length() - 1
    rest >>= twos
    fives = 0
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    assert rest == 1
    return max(twos, fives)

def exact(value):
    places = places_of(value)
    return spelled(value.numerator * 10 ** places // value.denominator, places)

def spelled(digits, places):
    text = str(abs(digits)).zfill(places + 1)
    whole, fraction = (text[:-places], text[-places:].rstrip("0")) if places else (text, "")
    return ("-" if digits < 0 else "") + whole + ("." + fraction if fraction else "")

def magnitude(value):
    "How many digits stand before the point; below one, 0 or how many zeros follow it, below zero."
    whole = value.numerator // value.denominator
    if whole:
        return len(str(whole))
    digits = len(str(value.denominator)) - len(str(value.numerator))
    return next(-zeros for zeros in range(max(digits - 2, 0), digits + 2) if value * 10 ** (zeros + 1) >= 1)

def rounded(value):
    if value == 0:
        return "0"
    places = max(17 - magnitude(abs(value)), 0)
    return spelled(round(value * 10 ** places), places)

def root(value):
    if value == 0:
        return "0"
    places = max(15 - (magnitude(value) + 1) // 2, 0)
    assert places == 0 or isqrt(value.numerator * 100 ** places // value.denominator) < 10 ** 16
    while isqrt(value.numerator * 100 ** places // value.denominator) < 10 ** 16:
        places += 1
    scaled = value * 100 ** places
    whole = isqrt(scaled.numerator // scaled.denominator)
    half = Fraction(2 * whole + 1, 2) ** 2
    whole += scaled > half or scaled == half and whole % 2
    return spelled(whole, places)

def fraction(value):
    return {"decimal": rounded(value), "numerator": str(value.numerator), "denominator": str(value.denominator)}

def quantile(ordered, percentile):
    position = (len(ordered) - 1) * Fraction(percentile) / 100
    rank = position.numerator // position.denominator
    above = ordered[min(rank + 1, len(ordered) - 1)]
    return ordered[rank] + (position - rank) * (above - ordered[rank])

for line in sys.stdin:
    values = sorted(Fraction(token) for token in line.split())
    n, total = len(values), sum(values)
    mean = total / n
    deviations = sum((value - mean) ** 2 for value in values)
    spread = lambda given: {"population": given(deviations / n), "sample": given(deviations / (n - 1)) if n > 1 else None}
    counts = Counter(values)
    highest = max(counts.values())
    modes = [value for value in values if counts[value] == highest][::highest] if n else []
    unit = Fraction(1, 10 ** max(map(places_of, values)))
    span, wanted = (values[-1] - values[0]) / unit + 1, 7
    width = -(-span // wanted)
    bins = [[values[0] + index * width * unit, 0] for index in range(int(-(-span // width)))]
    for value in values:
        bins[int((value - values[0]) / unit // width)][1] += 1
    print(json.dumps({
        "count": n,
        "sum": exact(total),
        "minimum": exact(values[0]),
        "maximum": exact(values[-1]),
        "mean": fraction(mean),
        "median": exact(quantile(values, 50)),
        "range": exact(values[-1] - values[0]),
        "variance": spread(fraction),
        "standard_deviation": spread(root),
        "quartiles": {
            "first": exact(quantile(values, 25)),
            "third": exact(quantile(values, 75)),
            "interquartile_range": exact(quantile(values, 75) - quantile(values, 25)),
        },
        "percentiles": [{"percentile": p, "value": exact(quantile(values, p))} for p in ["0", "12.345", "99.999999999"]],
        "modes": {"frequency": highest, "total": len(modes), "values": [exact(value) for value in modes[:100]]},
        "distinct": len(counts),
        "histogram": {"width": exact(width * unit), "bins": [
            {"from": exact(start), "to": exact(start + (width - 1) * unit), "count": count} for start, count in bins
        ]},
    }))
"#;

fn digits(random: &mut Random, most: usize) -> String {
    let count = 1 + random.below(most);
    (0..count)
        .map(|_| char::from(b'0' + u8::try_from(random.below(10)).unwrap()))
        .collect()
}

/// A number in one of many shapes; how long and how far from 1 it is depends on `size`.
fn number(random: &mut Random, size: usize) -> String {
    let sign = ["", "", "", "-", "-", "+"][random.below(6)];
    let unsigned = match random.below(9) {
        0 => digits(random, size),
        1 => format!(".{}", digits(random, size)),
        2 => format!("{}.", digits(random, size)),
        3 => format!("{}.{}", digits(random, 3), digits(random, 2)),
        4 => format!("0.{}{}", "0".repeat(random.below(size)), digits(random, size)),
        5 => format!(
            "{}.{}{}",
            digits(random, 2),
            digits(random, 3),
            "0".repeat(random.below(size))
        ),
        6 => format!("{}e{}", digits(random, size), random.below(2 * size)),
        7 => format!(
            "{}.{}E-{}",
            digits(random, size),
            digits(random, size),
            random.below(2 * size)
        ),
        _ => format!(
            "{}.{}e+{}",
            digits(random, size),
            digits(random, size),
            random.below(2 * size)
        ),
    };
    format!("{sign}{unsigned}")
}

fn lists() -> Vec<Vec<String>> {
    let mut random = Random::seeded(20_261_129);
    let mut lists = Vec::new();
    for count in [1, 2, 3, 4, 7, 10, 101, 1_000] {
        for size in [1, 2, 4, 8, 17, 25, 60] {
            if count * size < 20_000 {
                lists.push((0..count).map(|_| number(&mut random, size)).collect());
            }
        }
        // Two places, as amounts have them, and one place more and more.
        lists.push(
            (0..count)
                .map(|_| format!("{}.{:02}", random.below(1_000), random.below(100)))
                .collect(),
        );
        lists.push(
            (0..count)
                .map(|index| format!("-1{:.*}", index % 30, 0.0))
                .collect(),
        );
        lists.push(
            (0..count)
                .map(|index| format!("{}e-{}", index % 7, index % 40))
                .collect(),
        );
        // Doubles as most programs write them.
        let double = |random: &mut Random| f64::from_bits(random.next() >> 12 | 0x3ff0_0000_0000_0000) - 1.0;
        lists.push((0..count).map(|_| double(&mut random).to_string()).collect());
        lists.push(
            (0..count)
                .map(|_| format!("{:e}", double(&mut random) * 1e-9))
                .collect(),
        );
    }
    // Exponents at the limits.
    for list in [
        "1e10000 -1e-10000",
        "1e10000 1E+10000 3",
        "2.5e-10000 2.5e-10000 5e-9999",
        "0e10000 1",
    ] {
        lists.push(list.split(' ').map(ToOwned::to_owned).collect());
    }
    // More than a batch of values, and the longest fraction in the middle of it.
    let mut long: Vec<String> = (0..20_000).map(|_| number(&mut random, 3)).collect();
    "0.123456789".clone_into(&mut long[11_000]);
    lists.push(long);
    lists
}

#[test]
fn pythons_fractions_give_the_same() {
    let lists = lists();
    let lines: Vec<String> = lists.iter().map(|list| list.join(" ")).collect();
    let Some(answers) = ask(ORACLE, &(lines.join("\n") + "\n")) else {
        println!("SKIPPED: there is no python3");
        return;
    };
    assert_eq!(answers.len(), lines.len());
    let list = Parameters {
        statistics: Selection::All,
        percentiles: ["0", "12.345", "99.999999999"]
            .map(|text| text.parse::<Percentile>().unwrap())
            .to_vec(),
        histogram: Some(Bins::Count(7)),
        ..Parameters::default()
    };
    let column = Parameters {
        column: Some(Column::Name("x".to_owned())),
        ..list.clone()
    };
    let with_comma = |parameters: &Parameters| Parameters {
        decimal_comma: true,
        ..parameters.clone()
    };
    for ((line, tokens), expected) in lines.iter().zip(&lists).zip(answers) {
        let shown = &line[..line.len().min(2_000)];
        let answer = |text: &str, parameters: &Parameters| {
            let mut summary = summarize(text.as_bytes(), parameters).unwrap();
            summary.column = None;
            serde_json::to_value(summary).unwrap()
        };
        let given = answer(line, &list);
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(given[name], *value, "{name} of {shown}");
        }
        assert_eq!(answer(&tokens.join(","), &list), given, "{shown}");
        let rows: Vec<String> = tokens.iter().map(|token| format!("a,\"{token}\",1.5")).collect();
        assert_eq!(
            answer(&format!("y,x,z\n{}", rows.join("\n")), &column),
            given,
            "{shown}"
        );
        // Where a point ends a number, a comma would separate.
        if !tokens.iter().any(|token| token.ends_with('.')) && !line.contains(".e") {
            let line = line.replace('.', ",");
            assert_eq!(answer(&line, &with_comma(&list)), given, "{shown}");
            let rows = line.replace(' ', "\n1;");
            assert_eq!(
                answer(&format!("y;x\n1;{rows}"), &with_comma(&column)),
                given,
                "{shown}"
            );
        }
    }
}

#[test]
fn chunks_and_threads_give_the_same() {
    let mut random = Random::seeded(5);
    let parameters = Parameters {
        statistics: Selection::All,
        histogram: Some(Bins::Auto),
        ..Parameters::default()
    };
    for size in [2, 6, 30] {
        // Several chunks of what threads read at once.
        let text: String = (0..2_500_000 / (4 + 2 * size))
            .map(|_| number(&mut random, size) + "\n")
            .collect();
        let one = summarize(text.as_bytes(), &parameters).unwrap();
        for threads in [1, 2, 5] {
            let mut list = Accumulator::new(&parameters).with_threads(NonZero::new(threads).unwrap());
            list.read(text.as_bytes()).unwrap();
            assert_eq!(list.finish().unwrap(), one, "{size} {threads}");
        }
        let mut list = Accumulator::new(&parameters);
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let (chunk, others) = rest.split_at((1 + random.below(3_000)).min(rest.len()));
            list.push(chunk).unwrap();
            rest = others;
        }
        assert_eq!(list.finish().unwrap(), one, "{size}");
    }
}
