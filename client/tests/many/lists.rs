//! Many lists.

use crate::support::{errand, tree};

#[test]
fn many_lists_are_a_table_or_lines_of_json() {
    let folder = tree(&[
        ("lists/a.txt", b"3 1 2"),
        ("lists/b.txt", b"-5 100000000000000000000000"),
        ("lists/c.txt", b"1 x"),
        ("lists/d e.txt", b"7"),
    ]);
    let run = errand(folder.path(), &["stats", "lists"]);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (
            Some(1),
            "count                      sum  min                       max                     mean                     median  list
    3                        6    1                         3                        2                          2  lists/a.txt
    2  99999999999999999999995   -5  100000000000000000000000  49999999999999999999998  49999999999999999999997.5  lists/b.txt
    1                        7    7                         7                        7                          7  lists/d e.txt
"
        )
    );
    assert!(
        run.stderr
            .starts_with("errand: lists/c.txt: not a number: `x` at line 1, column 3; "),
        "{}",
        run.stderr
    );
    assert_eq!(run.sum(), "errand: 3 done, 1 failed; 33 bytes");

    let run = errand(
        folder.path(),
        &["stats", "lists/*.txt", "--json", "--statistics", "sum", "-j1"],
    );
    assert_eq!(
        run.stdout.lines().take(2).collect::<Vec<_>>(),
        [
            "{\"input\":\"lists/a.txt\",\"status\":\"done\",\"count\":3,\"sum\":\"6\"}",
            "{\"input\":\"lists/b.txt\",\"status\":\"done\",\"count\":2,\"sum\":\"99999999999999999999995\"}",
        ]
    );
    let more = errand(
        folder.path(),
        &["stats", "lists/a.txt", "lists/d e.txt", "--histogram"],
    );
    assert!(
        more.stdout.contains("lists/d e.txt\ncount    1\n"),
        "{}",
        more.stdout
    );
}

#[test]
fn several_columns_of_many_tables_are_a_row_each() {
    let folder = tree(&[
        ("a.csv", b"name,x,y\nq,1,2\nr,3,4\n"),
        ("b.csv", b"name,x,y\nq,10,n/a\n"),
    ]);
    let stats = |arguments: &[&str]| {
        errand(
            folder.path(),
            &[&["stats", "a.csv", "b.csv", "-q"], arguments].concat(),
        )
    };
    let run = stats(&["--all-columns", "--statistics", "sum"]);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (
            Some(0),
            "\
count  sum  column  list
    2    4  x       a.csv
    2    6  y       a.csv
    1   10  x       b.csv
"
        )
    );
    assert_eq!(
        run.stderr,
        "errand: a.csv: not numeric: name: `q` at line 2\nerrand: b.csv: not numeric: name: `q` at line 2\n\
         errand: b.csv: not numeric: y: `n/a` at line 2\n"
    );
    let run = stats(&[
        "--column",
        "x",
        "--column",
        "y",
        "--skip-invalid",
        "--json",
        "-j1",
    ]);
    let lines = run.json();
    assert_eq!(lines[0]["columns"][1]["sum"], "6");
    assert_eq!(
        lines[1]["error"]["message"],
        "no numbers in column `y`, 1 field skipped; leave it out"
    );
    let run = stats(&["--column", "2", "--skip-invalid", "--statistics", "sum"]);
    assert!(
        run.stdout
            .starts_with("count  sum  skipped  column  list\n    2    4        0  x       a.csv\n"),
        "{}",
        run.stdout
    );
}
