//! All statistics at once: how they look in a terminal and in JSON.

use errand_stats::{Accumulator, Bins, Parameters, Selection, Statistic, Summary, summarize};
use serde_json::json;

const LIST: &[u8] = b"2, 4, 4, 4, 5, 5, 7, 9 # population standard deviation 2\nx";

fn everything() -> Parameters {
    Parameters {
        skip_invalid: true,
        statistics: Selection::All,
        percentiles: vec!["1".parse().unwrap(), "99.9".parse().unwrap()],
        histogram: Some(Bins::Count(4)),
        ..Parameters::default()
    }
}

#[test]
fn all_statistics_in_a_terminal() {
    let expected = "\
count                          8
sum                            40
minimum                        2
maximum                        9
mean                           5
median                         4.5
range                          7
population variance            4
sample variance                4.5714285714285714
population standard deviation  2
sample standard deviation      2.1380899352993951
first quartile                 4
third quartile                 5.5
interquartile range            1.5
percentile 1                   2.14
percentile 99.9                8.986
mode                           4 (3 times)
distinct                       5
skipped                        1 (first `x` at line 2, column 1)

2 .. 3  ████████ 1
4 .. 5  ████████████████████████████████████████ 5
6 .. 7  ████████ 1
8 .. 9  ████████ 1";
    assert_eq!(summarize(LIST, &everything()).unwrap().to_string(), expected);
}

#[test]
fn all_statistics_in_json() {
    let summary = summarize(LIST, &everything()).unwrap();
    let value = serde_json::to_value(&summary).unwrap();
    assert_eq!(
        value,
        json!({
            "count": 8,
            "sum": "40",
            "minimum": "2",
            "maximum": "9",
            "mean": {"decimal": "5", "numerator": "5", "denominator": "1"},
            "median": "4.5",
            "range": "7",
            "variance": {
                "population": {"decimal": "4", "numerator": "4", "denominator": "1"},
                "sample": {"decimal": "4.5714285714285714", "numerator": "32", "denominator": "7"},
            },
            "standard_deviation": {"population": "2", "sample": "2.1380899352993951"},
            "quartiles": {"first": "4", "third": "5.5", "interquartile_range": "1.5"},
            "percentiles": [
                {"percentile": "1", "value": "2.14"},
                {"percentile": "99.9", "value": "8.986"},
            ],
            "modes": {"frequency": 3, "total": 1, "values": ["4"]},
            "distinct": 5,
            "histogram": {"width": "2", "bins": [
                {"from": "2", "to": "3", "count": 1},
                {"from": "4", "to": "5", "count": 5},
                {"from": "6", "to": "7", "count": 1},
                {"from": "8", "to": "9", "count": 1},
            ]},
            "skipped": {"count": 1, "first": [{"token": "x", "line": 2, "column": 1}]},
        })
    );
    assert_eq!(serde_json::from_value::<Summary>(value).unwrap(), summary);
}

#[test]
fn only_what_is_asked_for_is_given() {
    let statistics = Selection::Only(vec![Statistic::Range]);
    let summary = summarize(
        b"5 1",
        &Parameters {
            statistics,
            ..Parameters::default()
        },
    )
    .unwrap();
    assert_eq!(
        serde_json::to_string(&summary).unwrap(),
        r#"{"count":2,"range":"4"}"#
    );
}

/// 100,000 integers in eight bytes each, and one that needs more.
fn long_list() -> String {
    let small =
        (0..100_000_i64).map(|index| (index * index * index * 7_919 - 4_000_000_000_000_000).to_string());
    small
        .chain([format!("-{}", u128::MAX)])
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn every_statistic_is_the_same_alone_and_among_all() {
    let text = long_list();
    let of = |statistics| {
        let parameters = Parameters {
            statistics,
            ..Parameters::default()
        };
        let summary = summarize(text.as_bytes(), &parameters).unwrap();
        serde_json::to_value(summary).unwrap()
    };
    let all = of(Selection::All);
    for statistic in Statistic::ALL {
        let alone = of(Selection::Only(vec![statistic]));
        let name = statistic.name();
        assert!(!alone[name].is_null(), "{name}");
        assert_eq!(alone[name], all[name], "{name}");
        assert_eq!(alone["count"], 100_001);
    }
}

#[test]
fn sums_and_extremes_take_no_memory_for_the_integers() {
    let text = long_list();
    let of = |statistics: &str| {
        let parameters = Parameters {
            statistics: statistics.parse().unwrap(),
            ..Parameters::default()
        };
        let mut list = Accumulator::new(&parameters).with_memory_budget(10_000);
        list.push(text.as_bytes())?;
        list.finish()
    };
    let summary = of("count,sum,minimum,maximum,mean,range").unwrap();
    assert_eq!(summary.count, 100_001);
    for statistics in [
        "median",
        "sum,variance",
        "standard_deviation",
        "quartiles",
        "modes",
        "distinct",
    ] {
        assert_eq!(
            of(statistics).unwrap_err().code(),
            "memory_budget_exceeded",
            "{statistics}"
        );
    }
}

#[test]
fn one_value_has_no_sample_variance() {
    let parameters = Parameters {
        statistics: Selection::All,
        ..Parameters::default()
    };
    let summary = summarize(b"7", &parameters).unwrap();
    assert!(
        summary
            .to_string()
            .contains("sample variance                undefined for one value\n"),
        "{summary}"
    );
    assert_eq!(
        serde_json::to_value(&summary).unwrap()["variance"]["sample"],
        json!(null)
    );
}

#[test]
fn the_longest_integers_are_answered_quickly() {
    let start = std::time::Instant::now();
    let longest = "7".repeat(100_000);
    let text = format!("{longest} -{longest} 1 {longest}");
    let summary = summarize(text.as_bytes(), &everything()).unwrap();
    assert_eq!(
        summary.sum.unwrap().to_string(),
        (longest[..99_999].to_owned() + "8")
    );
    assert!(
        start.elapsed() < std::time::Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}
