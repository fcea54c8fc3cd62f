//! Columns of tables.

use std::path::Path;

use crate::support::{Ended, errand, folder};

const SALES: &str = "item,amount,tax,\"height, cm\"\nb,12.50,2,170\na,7,1,121\n";

fn stats_of_sales(folder: &Path, arguments: &[&str]) -> Ended {
    errand(folder, &[&["--offline", "stats", "-"], arguments].concat(), SALES)
}

#[test]
fn several_columns_are_a_table_or_objects() {
    let folder = folder();
    let stats = |arguments: &[&str]| stats_of_sales(folder.path(), arguments);
    stats(&["--column", "tax,2,height, cm"]).is(
        1,
        "",
        "errand: standard input: no column `height` in the first row, which has 4 columns: `item`, `amount`, `tax`, `height, cm`; \
         pick one of them; in a list of names, put one with commas in quotes, or repeat --column\n",
    );
    for arguments in [
        &["--column", "tax,2,\"height, cm\""][..],
        &["--column", "tax", "--column", "amount", "--column", "height, cm"],
    ] {
        stats(arguments).is(
            0,
            "\
count   sum  min   max   mean  median  column
    2     3    1     2    1.5     1.5  tax
    2  19.5    7  12.5   9.75    9.75  amount
    2   291  121   170  145.5   145.5  height, cm
",
            "",
        );
    }
    stats(&["--all-columns", "--statistics", "sum"]).is(
        0,
        "\
count   sum  column
    2  19.5  amount
    2     3  tax
    2   291  height, cm

not numeric: item: `b` at line 2
first row: headers (assumed; --no-header if it is data)
",
        "",
    );
    stats(&["--column", "tax,amount", "--json", "--statistics", "sum"]).is(
        0,
        "{\"columns\":[{\"number\":3,\"count\":2,\"sum\":\"3\",\"column\":\"tax\"},\
         {\"number\":2,\"count\":2,\"sum\":\"19.5\",\"column\":\"amount\"}]}\n",
        "",
    );
    std::fs::write(folder.path().join("sales.csv"), SALES).unwrap();
    let of_file = [
        "--offline",
        "stats",
        "sales.csv",
        "--column",
        "tax,2",
        "--statistics",
        "sum",
    ];
    errand(folder.path(), &of_file, "").is(
        0,
        "count   sum  column\n    2     3  tax\n    2  19.5  amount\n",
        "",
    );
    let together = ["--offline", "stats", "sales.csv", "--all-columns", "--together"];
    errand(folder.path(), &together, "").is(2, "", "errand: --together has one answer: name one column\n");
    let all = stats(&["--column", "tax,amount", "--all", "--histogram"]);
    assert!(
        all.stdout.starts_with("tax\ncount                          2\n"),
        "{}",
        all.stdout
    );
    assert!(all.stdout.contains("\n\namount\ncount  "), "{}", all.stdout);
}

#[test]
fn one_column_answers_as_if_there_were_no_others() {
    let folder = folder();
    let stats = |arguments: &[&str]| stats_of_sales(folder.path(), arguments);
    let lines = "count    2\nsum      291\nminimum  121\nmaximum  170\nmean     145.5\nmedian   145.5\n";
    stats(&["--column", "height, cm"]).is(0, lines, "");
    stats(&["--column", "4", "--header"]).is(0, lines, "");
    let assumed = "header   height, cm (assumed: it is no number; --no-header if it is data)\n";
    stats(&["--column", "4"]).is(0, &format!("{lines}{assumed}"), "");
    stats(&["--column", "height, cm", "--json"]).is(
        0,
        "{\"count\":2,\"sum\":\"291\",\"minimum\":\"121\",\"maximum\":\"170\",\"mean\":{\"decimal\":\"145.5\",\
         \"numerator\":\"291\",\"denominator\":\"2\"},\"median\":\"145.5\",\"column\":\"height, cm\"}\n",
        "",
    );
}

#[test]
fn options_of_tables_want_a_column() {
    let folder = folder();
    for option in [&["--header"][..], &["--delimiter", ";"], &["--comment", "#"]] {
        let ended = errand(
            folder.path(),
            &[&["--offline", "stats", "-"], option].concat(),
            "1 2",
        );
        assert_eq!(ended.code, Some(2), "{option:?}");
        assert!(ended.stderr.contains("--all-columns"), "{}", ended.stderr);
    }
    for wrong in [
        &["--column", "1", "--delimiter", "ab"][..],
        &["--column", "1", "--comment", "-"],
        &["--column", "1", "--all-columns"],
        &["--column", "1", "--header", "--no-header"],
    ] {
        let ended = errand(
            folder.path(),
            &[&["--offline", "stats", "-"], wrong].concat(),
            "1 2",
        );
        assert_eq!(ended.code, Some(2), "{wrong:?}: {}", ended.stderr);
    }
}
