//! Lists that are read more than once give what they give in memory.

use std::fmt::Write as _;
use std::num::NonZero;

use errand_stats::{Error, Parameters, PassError, Passes, Selection, summarize};
use proptest::prelude::*;

fn everything() -> Parameters {
    serde_json::from_value(serde_json::json!({
        "statistics": ["count", "sum", "minimum", "maximum", "mean", "median", "range", "variance",
            "standard_deviation", "quartiles"],
        "percentiles": ["0", "0.1", "1", "33.333", "99", "99.99", "100"],
        "histogram": 7,
    }))
    .unwrap()
}

fn in_passes(
    lists: &[&str],
    parameters: &Parameters,
    memory: usize,
    threads: usize,
) -> Result<String, PassError> {
    let summary = Passes::new(parameters)
        .with_memory_budget(memory)
        .with_threads(NonZero::new(threads).unwrap())
        .summarize(lists.len(), |index| Ok(lists[index].as_bytes()))?;
    Ok(serde_json::to_string(&summary).unwrap())
}

fn in_memory(lists: &[&str], parameters: &Parameters) -> String {
    let summary = summarize(lists.join("\n").as_bytes(), parameters).unwrap();
    serde_json::to_string(&summary).unwrap()
}

fn list(count: u64, value: impl Fn(u64) -> String) -> String {
    (0..count).fold(String::new(), |mut text, index| {
        writeln!(text, "{}", value(index)).unwrap();
        text
    })
}

fn random(index: u64) -> u64 {
    let mixed = index.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 31).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

#[test]
fn a_list_beyond_the_memory_gives_what_it_gives_within() {
    let lists = [
        (
            "of 64 bits",
            list(200_000, |index| random(index).cast_signed().to_string()),
        ),
        ("ascending", list(200_000, |index| index.to_string())),
        (
            "of two values",
            list(200_000, |index| (index % 2 * 1_000_000_007).to_string()),
        ),
        ("constant", list(200_000, |_| "-7".to_owned())),
        (
            "mostly the same",
            list(200_000, |index| {
                (if index % 50 == 0 {
                    random(index) >> 20
                } else {
                    1_234
                })
                .to_string()
            }),
        ),
        (
            "of all magnitudes",
            list(200_000, |index| (random(index) >> (index % 64)).to_string()),
        ),
        (
            "of two places",
            list(200_000, |index| {
                format!("{}.{:02}", random(index) % 10_000, index % 100)
            }),
        ),
        (
            "of more and more places",
            list(200_000, |index| {
                format!("{}e-{}", random(index) % 1_000, index / 20_000)
            }),
        ),
        (
            "of few wide and many narrow",
            list(200_000, |index| {
                if index % 100 == 0 {
                    format!("-{}{}", random(index), random(index))
                } else {
                    (index % 999).to_string()
                }
            }),
        ),
        (
            "of 40 digits",
            list(20_000, |index| {
                format!("{}{:020}", random(index), random(index + 1))
            }),
        ),
        (
            "of 25 digits and fractions",
            list(20_000, |index| {
                format!("{}{:05}.{}", random(index), index, index % 7)
            }),
        ),
    ];
    let parameters = everything();
    for (name, text) in &lists {
        let expected = in_memory(&[text], &parameters);
        for (memory, threads) in [(1 << 20, 1), (1 << 20, 3), (200_000, 2), (1 << 30, 2)] {
            let got = in_passes(&[text], &parameters, memory, threads);
            assert_eq!(
                got.unwrap(),
                expected,
                "{name}, {memory} bytes, {threads} threads"
            );
        }
    }
}

#[test]
fn many_lists_count_as_one() {
    let texts: Vec<String> = (0..9)
        .map(|list_index| list(30_000, |index| (random(index * 9 + list_index) >> 40).to_string()))
        .collect();
    let lists: Vec<&str> = texts.iter().map(String::as_str).collect();
    let parameters = everything();
    let expected = in_memory(&lists, &parameters);
    assert_eq!(in_passes(&lists, &parameters, 400_000, 2).unwrap(), expected);
    assert_eq!(in_passes(&lists, &parameters, 1 << 30, 2).unwrap(), expected);
}

#[test]
fn modes_and_distinct_are_counted_where_the_numbers_are_close() {
    let all = Parameters {
        statistics: Selection::All,
        ..everything()
    };
    let close = list(1_000_000, |index| (random(index) % 3_000).to_string());
    assert_eq!(
        in_passes(&[&close], &all, 1_000_000, 2).unwrap(),
        in_memory(&[&close], &all)
    );
    let far = list(300_000, |index| random(index).to_string());
    let error = in_passes(&[&far], &all, 300_000, 2).unwrap_err();
    assert!(
        matches!(error, PassError::All(Error::TooManyDifferent { .. })),
        "{error}"
    );
    assert!(
        error.to_string().contains("leave out modes and distinct"),
        "{error}"
    );
}

#[test]
fn columns_of_many_tables_count_as_one() {
    let table = |from: u64| {
        list(40_000, |index| {
            format!("name {index},{}", random(index + from) >> 30)
        })
        .replacen("name 0,", "name,amount\nname 0,", 1)
    };
    let texts = [table(1), table(2)];
    let lists: Vec<&str> = texts.iter().map(String::as_str).collect();
    let parameters = Parameters {
        column: Some("amount".parse().unwrap()),
        ..everything()
    };
    let both = list(80_000, |index| {
        (random(index % 40_000 + 1 + index / 40_000) >> 30).to_string()
    });
    let expected: serde_json::Value = serde_json::from_str(&in_memory(&[&both], &everything())).unwrap();
    for memory in [400_000, 1 << 30] {
        let got = in_passes(&lists, &parameters, memory, 2).unwrap();
        let mut got: serde_json::Value = serde_json::from_str(&got).unwrap();
        assert_eq!(got.as_object_mut().unwrap().remove("column").unwrap(), "amount");
        assert_eq!(got, expected);
    }
}

#[test]
fn an_error_names_the_list_and_the_place_in_it() {
    let long = list(100_000, |index| random(index).to_string());
    let error = in_passes(&[&long, "1\n2 x\n", &long], &everything(), 100_000, 2).unwrap_err();
    assert!(matches!(error, PassError::List { list: 1, .. }), "{error}");
    assert!(error.to_string().contains("`x` at line 2, column 3"), "{error}");
}

#[test]
fn a_list_that_changes_between_two_passes_is_told() {
    use std::cell::Cell;
    let (long, longer) = (
        list(100_000, |index| random(index).to_string()),
        list(100_001, |index| random(index).to_string()),
    );
    let opened = Cell::new(0);
    let error = Passes::new(&everything())
        .with_memory_budget(100_000)
        .summarize(1, |_| {
            opened.set(opened.get() + 1);
            Ok(if opened.get() == 1 {
                long.as_bytes()
            } else {
                longer.as_bytes()
            })
        })
        .unwrap_err();
    assert!(
        matches!(
            error,
            PassError::Changed {
                before: 100_000,
                after: 100_001
            }
        ),
        "{error}"
    );
}

#[test]
fn a_list_that_changes_and_keeps_its_count_is_told_or_bounded() {
    use std::cell::Cell;
    let (one, other) = (
        list(100_000, |index| random(index).to_string()),
        list(100_000, |index| (random(index) >> 40).to_string()),
    );
    let opened = Cell::new(0);
    let error = Passes::new(&everything())
        .with_memory_budget(100_000)
        .summarize(1, |_| {
            opened.set(opened.get() + 1);
            Ok(if opened.get() == 1 {
                one.as_bytes()
            } else {
                other.as_bytes()
            })
        })
        .unwrap_err();
    assert!(matches!(error, PassError::Changed { .. }), "{error}");
}

#[test]
fn numbers_close_to_one_another_are_read_once() {
    use std::cell::Cell;
    let text = list(2_000_000, |index| {
        format!("{}.{}", random(index) % 900, index % 10)
    });
    for (parameters, opens) in [
        (everything(), 1),
        // The first time ends where the memory does.
        (
            Parameters {
                statistics: Selection::All,
                ..everything()
            },
            2,
        ),
    ] {
        let opened = Cell::new(0);
        let summary = Passes::new(&parameters)
            .with_memory_budget(2 << 20)
            .with_threads(NonZero::new(2).unwrap())
            .summarize(1, |_| {
                opened.set(opened.get() + 1);
                Ok(text.as_bytes())
            })
            .unwrap();
        assert_eq!(opened.get(), opens);
        assert_eq!(
            serde_json::to_string(&summary).unwrap(),
            in_memory(&[&text], &parameters)
        );
    }
}

#[test]
fn two_passes_are_enough() {
    use std::cell::Cell;
    let text = list(2_000_000, |index| random(index).to_string());
    let opened = Cell::new(0);
    Passes::new(&everything())
        .with_memory_budget(2 << 20)
        .summarize(1, |_| {
            opened.set(opened.get() + 1);
            Ok(text.as_bytes())
        })
        .unwrap();
    assert_eq!(opened.get(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_list_gives_the_same_in_passes(
        tokens in prop::collection::vec(
            prop_oneof![
                4 => any::<i64>().prop_map(|value| value.to_string()),
                4 => (-50_i32..50).prop_map(|value| value.to_string()),
                1 => any::<i128>().prop_map(|value| value.to_string()),
                1 => (any::<i32>(), 0_u32..12).prop_map(|(value, places)| format!("{value}e-{places}")),
                1 => "[0-9]{45}",
            ],
            1..400,
        ),
        repeated in 1_usize..60,
        memory in 1_000_usize..200_000,
        threads in 1_usize..4,
    ) {
        let text = format!("{}\n", tokens.join("\n")).repeat(repeated);
        let parameters = everything();
        prop_assert_eq!(
            in_passes(&[&text], &parameters, memory, threads).unwrap(),
            in_memory(&[&text], &parameters)
        );
    }
}
