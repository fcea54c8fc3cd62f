//! Random texts in random slices.

use std::fmt::Write as _;

use errand_stats::Parameters;
use proptest::prelude::*;

use super::driver::Driver;
use super::{all_of, check};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_list_gives_the_same_in_any_slices(
        tokens in prop::collection::vec(
            prop_oneof![
                8 => (any::<i64>().prop_map(|value| value.to_string()), "[ ,;\n\r\t]{1,3}"),
                8 => ((-50_i32..50).prop_map(|value| value.to_string()), "[ ,;\n\r\t]{1,2}"),
                2 => (any::<i128>().prop_map(|value| value.to_string()), "[ ,\n]"),
                2 => ((any::<i32>(), 0_u32..12).prop_map(|(value, places)| format!("{value}e-{places}")), "[ \n]"),
                1 => ("[0-9]{45}", "[ \r\n]{1,2}"),
                1 => ("#[ #0-9a-z,]{0,20}", "\r\n|\n|\r"),
                1 => ("[0-9é.x]{1,4}", "[ \n]"),
            ],
            0..60,
        ),
        skip_invalid in any::<bool>(),
        in_array in 0_u8..6,
        cuts in prop::collection::vec(0.0..1.0, 0..12),
        memory in prop_oneof![Just(64_usize << 20), 2_000_usize..100_000],
        head in prop_oneof![Just(1_usize << 20), 1_usize..300],
    ) {
        let tokens: Vec<String> = tokens.iter().map(|(token, separator)| format!("{token}{separator}")).collect();
        let mut text = tokens.concat();
        if in_array == 0 {
            text = format!("[{text}]");
        }
        check_random(&text, &all_of(serde_json::json!({"skip_invalid": skip_invalid})), &cuts, memory, head)?;
    }

    #[test]
    fn any_table_gives_the_same_in_any_slices(
        rows in prop::collection::vec(
            (
                prop_oneof![
                    6 => (-500_i32..5_000).prop_map(|value| value.to_string()),
                    2 => (any::<i32>(), 1_u32..4).prop_map(|(value, places)| format!("{value}e-{places}")),
                    1 => "\"[0-9]{1,3}\"",
                    1 => "[0-9x]{0,2}",
                ],
                prop_oneof![
                    4 => "[a-z]{0,6}",
                    4 => "\"([a-z,\n\r0-9]|\"\"){0,12}\"",
                    1 => "\"?[a-z]{0,3}\"?",
                ],
                prop_oneof![6 => Just("\n"), 3 => Just("\r\n"), 1 => Just("\r"), 1 => Just("\n\n")],
            ),
            0..30,
        ),
        column in 1_u32..3,
        skip_invalid in any::<bool>(),
        swapped in any::<bool>(),
        cuts in prop::collection::vec(0.0..1.0, 0..12),
    ) {
        let mut text = "a,b\n".to_owned();
        for (number, words, end) in &rows {
            let (left, right) = if swapped { (words, number) } else { (number, words) };
            write!(text, "{left},{right}{end}").unwrap();
        }
        let json = serde_json::json!({"skip_invalid": skip_invalid, "column": column, "delimiter": ","});
        check_random(&text, &all_of(json), &cuts, 64 << 20, 1 << 20)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_lists_count_as_one_in_any_slices(
        texts in prop::collection::vec("(([0-9]{1,3}|-[0-9]{1,2}\\.[0-9]|[1-9]{22}|#[a-z 0-9]{0,5}\n|x)[ ,\n]){0,12}", 2..5),
        skip_invalid in any::<bool>(),
        cuts in prop::collection::vec(prop::collection::vec(1_usize..40, 0..6), 5),
    ) {
        let objects: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
        let cuts: Vec<Vec<usize>> = objects
            .iter()
            .zip(cuts)
            .map(|(text, mut cuts)| {
                cuts.retain(|cut| *cut < text.len());
                cuts.sort_unstable();
                cuts.dedup();
                cuts
            })
            .collect();
        check(&objects, &all_of(serde_json::json!({"skip_invalid": skip_invalid})), &cuts);
    }
}

fn check_random(
    text: &str,
    parameters: &Parameters,
    cuts: &[f64],
    memory: usize,
    head: usize,
) -> Result<(), TestCaseError> {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "any offset will do"
    )]
    let mut cuts: Vec<usize> = cuts
        .iter()
        .map(|at| (at * text.len() as f64) as usize)
        .filter(|at| *at > 0)
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut driver = Driver::new(&[text.as_bytes()], parameters);
    driver.memory = memory;
    driver.head = head;
    driver.leaves_out = cuts.len().is_multiple_of(2);
    let run = driver.run(&[cuts]);
    let expected = driver.whole();
    if !matches!(&run.given, Err((code, _)) if code == "memory_budget_exceeded") {
        prop_assert_eq!(run.given, expected);
    }
    Ok(())
}
