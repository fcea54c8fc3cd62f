//! The univariate cases of NIST's Statistical Reference Datasets that are integers, or become so with their unit
//! divided by ten: <https://www.itl.nist.gov/div898/strd/univ/homepage.html>. Certified values are given to 15
//! significant digits.
//!
//! Three of the nine are left out: Michelso and Mavro are measurements with decimals, and `PiDigits` cannot be generated:
//! the first 5000 digits of pi have the mean 4.5358, and certified is 4.5348, so its data must be other digits.

use errand_stats::{Parameters, Selection, Statistic, summarize};

/// Compares with the certified mean and standard deviation (of a sample), after dividing by `divisor`.
fn check(text: &str, divisor: f64, mean: f64, standard_deviation: f64) {
    let statistics = Selection::Only(vec![Statistic::Mean, Statistic::StandardDeviation]);
    let summary = summarize(
        text.as_bytes(),
        &Parameters {
            statistics,
            ..Parameters::default()
        },
    )
    .unwrap();
    let digits = |value: f64| format!("{value:.14e}");
    let decimal = |text: &str| text.parse::<f64>().unwrap() / divisor;
    assert_eq!(
        digits(decimal(summary.mean.unwrap().decimal.as_str())),
        digits(mean)
    );
    let given = summary.standard_deviation.unwrap().sample.unwrap();
    assert_eq!(digits(decimal(given.as_str())), digits(standard_deviation));
}

#[test]
fn lew_has_its_certified_values() {
    check(include_str!("data/lew.txt"), 1.0, -177.435, 277.332_168_044_316);
}

#[test]
fn lottery_has_its_certified_values() {
    check(
        include_str!("data/lottery.txt"),
        1.0,
        518.958_715_596_33,
        291.699_727_470_969,
    );
}

#[test]
fn num_acc_1_has_its_certified_values() {
    check("10000001 10000003 10000002", 1.0, 10_000_002.0, 1.0);
}

/// `NumAcc2` to `NumAcc4`: a value in the middle, then 500 times one 0.1 below and one 0.1 above it. In tenths.
fn around(middle: u64) -> String {
    format!("{middle}\n") + &format!("{}\n{}\n", middle - 1, middle + 1).repeat(500)
}

#[test]
fn num_acc_2_has_its_certified_values() {
    check(&around(12), 10.0, 1.2, 0.1);
}

#[test]
fn num_acc_3_has_its_certified_values() {
    check(&around(10_000_002), 10.0, 1_000_000.2, 0.1);
}

#[test]
fn num_acc_4_has_its_certified_values() {
    check(&around(100_000_002), 10.0, 10_000_000.2, 0.1);
}
