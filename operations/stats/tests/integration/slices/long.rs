//! Lists that are long enough to be digested: how many passes they take, and how small a partial is.

use std::fmt::Write as _;

use errand_stats::slices::{Next, Reduction, Slice, layout};
use errand_stats::{Parameters, Selection};

use super::driver::Driver;
use super::{all_of, check, parameters};

fn random(index: u64) -> u64 {
    let mixed = index.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 31).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

fn list(count: u64, value: impl Fn(u64) -> String) -> String {
    (0..count).fold(String::new(), |mut text, index| {
        writeln!(text, "{}", value(index)).unwrap();
        text
    })
}

fn everything_but_modes() -> Parameters {
    parameters(serde_json::json!({
        "statistics": ["count", "sum", "minimum", "maximum", "mean", "median", "range", "variance",
            "standard_deviation", "quartiles"],
        "percentiles": ["0", "0.1", "33.333", "99.99", "100"],
        "histogram": 7,
    }))
}

fn evenly(length: usize, slices: usize) -> Vec<usize> {
    (1..slices).map(|slice| length * slice / slices).collect()
}

#[test]
fn a_partial_is_small_and_two_passes_are_enough() {
    let parameters = everything_but_modes();
    let text = list(1_000_000, |index| random(index).cast_signed().to_string());
    let run = check(&[text.as_bytes()], &parameters, &[evenly(text.len(), 1)]);
    assert!(run.largest < 1_000_000, "{}", run.largest);
    assert_eq!(run.passes, 2);
    let run = check(&[text.as_bytes()], &parameters, &[evenly(text.len(), 13)]);
    assert!(run.largest < 1_000_000, "{}", run.largest);
    assert_eq!((run.passes, run.again), (2, 0));
    let far = list(3_000, |index| format!("{}{:060}.5", random(index), index));
    let run = check(&[far.as_bytes()], &parameters, &[evenly(far.len(), 5)]);
    assert!(run.largest < 1_000_000, "{}", run.largest);
}

#[test]
fn numbers_close_to_one_another_need_one_pass() {
    let all = Parameters {
        statistics: Selection::All,
        ..everything_but_modes()
    };
    for text in [
        list(300_000, |index| (random(index) % 50_000).to_string()),
        list(300_000, |index| {
            format!("{}.{}", random(index) % 3_000, index % 10)
        }),
        list(300_000, |index| {
            (i64::MAX - (random(index) % 1_000).cast_signed()).to_string()
        }),
        list(200_000, |index| format!("{}e-{}", random(index) % 100, index % 3)),
    ] {
        let run = check(&[text.as_bytes()], &all, &[evenly(text.len(), 9)]);
        assert_eq!((run.passes, run.again), (1, 0));
    }
    let wide = list(300_000, |index| (random(index) % (1 << 21)).to_string());
    let run = check(&[wide.as_bytes()], &all, &[evenly(wide.len(), 9)]);
    assert_eq!(run.passes, 2);
}

#[test]
fn little_memory_takes_more_passes_and_gives_the_same() {
    let parameters = everything_but_modes();
    // Of a band that memory does not hold, the bounds become narrower by about two thousand times: fewer values are known at once.
    for (passes, text) in [
        (
            3,
            list(4_000_000, |index| random(index).cast_signed().to_string()),
        ),
        (
            2,
            list(400_000, |index| format!("{}.{}", random(index), index % 1_000)),
        ),
        (
            2,
            list(40_000, |index| {
                format!("{}{:020}", random(index), random(index + 1))
            }),
        ),
    ] {
        let mut driver = Driver::new(&[text.as_bytes()], &parameters);
        let expected = driver.whole();
        driver.memory = 4_000;
        let run = driver.run(&[evenly(text.len(), 7)]);
        assert_eq!(run.given, expected);
        assert_eq!(run.passes, passes);
    }
    let all = Parameters {
        statistics: Selection::All,
        ..parameters
    };
    let far = list(100_000, |index| random(index).to_string());
    let mut driver = Driver::new(&[far.as_bytes()], &all);
    driver.memory = 200_000;
    let (code, message) = driver.run(&[evenly(far.len(), 7)]).given.unwrap_err();
    assert_eq!(code, "memory_budget_exceeded");
    assert!(message.contains("leave out modes and distinct"), "{message}");
}

#[test]
fn guesses_are_right_where_a_text_allows_it() {
    let comments = list(20_000, |index| {
        format!("{} # number {index} of many", random(index))
    });
    let run = check(
        &[comments.as_bytes()],
        &everything_but_modes(),
        &[evenly(comments.len(), 40)],
    );
    assert_eq!(run.again, 0);
    let one_comment = format!(
        "# one comment\n{}",
        list(20_000, |index| random(index).to_string()).replace('\n', " ")
    );
    let run = check(
        &[one_comment.as_bytes()],
        &everything_but_modes(),
        &[evenly(one_comment.len(), 40)],
    );
    assert_eq!((run.again, run.passes), (0, 2));
    let objects = list(5_000, |index| {
        format!("{{\n  \"n\": {index},\n  \"m\": {{\n  }}\n}}")
    });
    let n = parameters(serde_json::json!({"column": "n"}));
    let run = check(&[objects.as_bytes()], &n, &[evenly(objects.len(), 40)]);
    assert_eq!(run.again, 0);
}

#[test]
fn wrong_guesses_in_quoted_fields_are_put_right() {
    let table = format!(
        "text,n\n{}",
        list(3_000, |index| format!(
            "\"line\nline,{index}\n\"\"\n\",{}",
            random(index) % 1_000
        ))
    );
    let n = all_of(serde_json::json!({"column": "n"}));
    let run = check(&[table.as_bytes()], &n, &[evenly(table.len(), 60)]);
    assert!(run.again > 0);
}

#[test]
fn lists_that_change_between_passes_are_told() {
    let parameters = everything_but_modes();
    let [one, other] =
        [0, 1].map(|more| list(50_000, |index| (random(index + more) >> 1 | 1 << 62).to_string()));
    let size_bytes = one.len() as u64;
    assert_eq!(other.len() as u64, size_bytes);
    let known = layout(&parameters, one.as_bytes(), size_bytes).unwrap().known;
    let slices = [Slice {
        object: 0,
        start: 0,
        end: size_bytes,
        size_bytes,
        is_exact: true,
        known,
        at: None,
    }];
    let mut driver = Driver::new(&[one.as_bytes()], &parameters);
    let partial = driver.read(&slices[0], None).unwrap();
    let mut reduction = Reduction::new(&parameters, slices.to_vec(), None, 1 << 26).unwrap();
    reduction.add(Some(&partial.bytes)).unwrap();
    let Next::Pass { slices, wanted } = reduction.finish().unwrap() else {
        panic!("it has to be read again")
    };
    let shorter =
        format!("{} {}", &other[..other.len() / 2 - 1], &other[other.len() / 2..]).replacen('1', " ", 7);
    let shorter = shorter.as_bytes();
    let mut driver = Driver::new(&[shorter], &parameters);
    let partial = driver.read(&slices[0], Some(&wanted)).unwrap();
    let mut reduction = Reduction::new(&parameters, slices.clone(), Some(&wanted), 1 << 26).unwrap();
    reduction.add(Some(&partial.bytes)).unwrap();
    let error = reduction.finish().unwrap_err();
    assert_eq!(error.code(), "input_changed", "{error}");
}
