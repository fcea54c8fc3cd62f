//! A list that is read in slices gives what it gives as a whole, wherever it is cut: the same answer, or the same error.

mod driver;

use std::fmt::Write as _;
use std::sync::Arc;

use errand_stats::slices::{Layout, Reduction, Slice, SliceError, SliceReader, layout};
use errand_stats::{Parameters, Selection};
use proptest::prelude::*;

use driver::{Driver, Run};

fn parameters(json: serde_json::Value) -> Parameters {
    serde_json::from_value(json).unwrap()
}

/// All that can be asked for, and more that is given.
fn all_of(mut more: serde_json::Value) -> Parameters {
    let all = more.as_object_mut().unwrap();
    all.insert("statistics".to_owned(), "all".into());
    all.insert(
        "percentiles".to_owned(),
        serde_json::json!(["0", "12.5", "99", "100"]),
    );
    all.insert("histogram".to_owned(), 3.into());
    parameters(more)
}

/// Holds what slices give against what the whole gives, whatever is left out for the sake of what is wrong.
fn check(objects: &[&[u8]], parameters: &Parameters, cuts: &[Vec<usize>]) -> Run {
    let mut driver = Driver::new(objects, parameters);
    let expected = driver.whole();
    let run = driver.run(cuts);
    let shown: Vec<_> = objects.iter().map(|text| String::from_utf8_lossy(text)).collect();
    assert_eq!(run.given, expected, "{shown:?} cut at {cuts:?}, {parameters:?}");
    driver.leaves_out = false;
    assert_eq!(
        driver.run(cuts).given,
        expected,
        "{shown:?} cut at {cuts:?}, all read"
    );
    run
}

/// Cuts a text at every offset, and into slices of every size. How many texts cannot be cut: none, or this one.
fn check_everywhere(text: &[u8], parameters: &Parameters) -> usize {
    for cut in 1..text.len() {
        check(&[text], parameters, &[vec![cut]]);
    }
    for size in 1..=text.len() {
        let cuts = (1..text.len()).filter(|cut| cut % size == 0).collect();
        check(&[text], parameters, &[cuts]);
    }
    let layout = layout(parameters, text, text.len() as u64);
    usize::from(!layout.is_ok_and(|layout| layout.uncut.is_none()))
}

#[test]
fn a_list_gives_the_same_wherever_it_is_cut() {
    let texts: &[&str] = &[
        "",
        " \n",
        "7",
        "1 2 3 4 5 5 5 6 -7 8 9",
        "1,2;3\t4\u{b}5\u{c}6\r\n7\r8\n\n\n9 , ; 10",
        "1 # 2 3 4 # 5\n6 # 7\r8 9",
        "# only 1 2 3\n# comments",
        "#1\n#2\n3 4\n#5 6 7 8\n9",
        "\u{feff}1 2 3 4 5",
        "1.5 -2.25 +3 .5 5. 1e3 1.50000000 2E-2 0.000 100",
        "1e-30 1000000000000000000000000000000000000000 -5 0 1e20 99999999999999999999",
        "170141183460469231731687303715884105728 -170141183460469231731687303715884105729 3 3",
        "9223372036854775807 -9223372036854775808 0 9223372036854775808",
        "1 2 x 4 y 6 z",
        "height 1 2 3",
        "1 2 3é4 5",
        "1 \u{e9}\u{e9} 2 x 3",
        "[1, 2, 3, 4]",
        "[1, 2, 3, 4] \n ",
        " # comment\n [1, 2 # ]\n, 3] # 9\n",
        "[1, 2, 3, 4",
        "[1, 2] 3 4",
        "[1, 2] ]",
        "[1, 2, [3], 4]",
        "1 2 ] 3",
        "1 2 [3] 4",
        "[] ",
        "[]",
        "[ x, 1, 2 ] y",
        "1 2 1e99999 3",
        "{\"a\":1}",
        "1 2 \u{1b}[0m 3",
    ];
    let mut uncut = 0;
    for text in texts {
        for skip_invalid in [false, true] {
            uncut += check_everywhere(
                text.as_bytes(),
                &all_of(serde_json::json!({"skip_invalid": skip_invalid})),
            );
        }
    }
    // Nothing, white space, a comment and one digit, both times.
    assert_eq!(uncut, 8);
    check_everywhere(b"1 2 3 \xff 4 5", &all_of(serde_json::json!({})));
    check_everywhere(
        b"1 2 3 \xff 4 5",
        &all_of(serde_json::json!({"skip_invalid": true})),
    );
    check_everywhere("1 2 \u{d7ff} 3".as_bytes(), &Parameters::default());
    check_everywhere(b"1 2 \xed\xa0\x80 3 4", &Parameters::default());
    let comma = all_of(serde_json::json!({"decimal_comma": true}));
    check_everywhere(b"1,5 2;3,25\n-4,5 1.000 2", &comma);
    check_everywhere(b"1,5 2;3,25\n-4,5 1 2", &comma);
    check_everywhere(b"[1,5]", &comma);
    let sums = parameters(serde_json::json!({"statistics": ["count", "sum", "mean", "minimum", "maximum"]}));
    check_everywhere(
        b"1.5 2 3 -4.25 1e3 99999999999999999999 100000000000000000000000000000000000000000.5",
        &sums,
    );
    check_everywhere(b"1 2 x", &sums);
}

#[test]
fn a_table_gives_the_same_wherever_it_is_cut() {
    let texts: &[(&str, serde_json::Value)] = &[
        ("a,b\n1,2\n3,4\n5,6\n", serde_json::json!({"column": "b"})),
        ("a,b\r\n1,2\r\n3,4\r\n\r\n5,6", serde_json::json!({"column": "a"})),
        ("a,b\r1,2\r3,4\r5,6", serde_json::json!({"column": "a"})),
        (
            "a,b\n1,2\r3,4\n5,6\r\n7,8\r9,1\n",
            serde_json::json!({"column": "a"}),
        ),
        ("1;2\n3;4\n5;6\n", serde_json::json!({"column": 2})),
        ("x;2\n3;4\n5;6\n", serde_json::json!({"column": 1})),
        ("1\t2\n3\t4\n", serde_json::json!({"column": 2, "header": true})),
        ("1\t2\n3\t4\n", serde_json::json!({"column": 2, "header": false})),
        (
            "\u{feff}a|b\n1|2\n3|4\n",
            serde_json::json!({"column": "a", "delimiter": "|"}),
        ),
        (
            "name,n\n\"one\n1,2\n\"\"x\"\"\n\",3\n\"two,\n5\",6\n\"\n\n\n\",7\nz,8\n",
            serde_json::json!({"column": "n"}),
        ),
        (
            "n,name\n1,\"a\nb,c\n7,8\"\n2,\"\n\"\"\n\"\n3,\"\"\"\n4,5\n\"\"\"\n4,d\n",
            serde_json::json!({"column": "n"}),
        ),
        ("n,m\n\"1\",2\n \"3,4\n", serde_json::json!({"column": "n"})),
        (
            "n,m\n\"1\",2\n\"3\"x,4\n5,6\n",
            serde_json::json!({"column": "n"}),
        ),
        ("n,m\n1,2\n3,\"4\n5,6\n7,8\n", serde_json::json!({"column": "n"})),
        ("n,m\n1,2\n3\n5,6\n7,8\n", serde_json::json!({"column": "m"})),
        ("n,m\n1,2\n3,x\n5,6\n,\n7,y\n", serde_json::json!({"column": "m"})),
        (
            "# c\nn,m\n#1,2\n1,2\n# \"\n3,4\n#\n",
            serde_json::json!({"column": "m", "comment": "#"}),
        ),
        ("\n\nn\n1\n\n2\n  \n3\n", serde_json::json!({"column": "n"})),
        ("n\n", serde_json::json!({"column": "n"})),
        ("", serde_json::json!({"column": "n"})),
        ("a,b\n1,2\n", serde_json::json!({"column": "c"})),
        (
            "a;b\n1,5;2\n3,25;4\n",
            serde_json::json!({"column": "a", "decimal_comma": true}),
        ),
        (
            "a,b\n1.5,2\n1.25,2\n1e-9,2\n7,7\n",
            serde_json::json!({"column": "a"}),
        ),
    ];
    let mut uncut = 0;
    for (text, json) in texts {
        for skip_invalid in [false, true] {
            let mut json = json.clone();
            json.as_object_mut()
                .unwrap()
                .insert("skip_invalid".to_owned(), skip_invalid.into());
            uncut += check_everywhere(text.as_bytes(), &all_of(json));
        }
    }
    // Nothing, and the table without the column.
    assert_eq!(uncut, 4);
}

#[test]
fn json_objects_give_the_same_wherever_they_are_cut() {
    let texts = [
        "{\"n\":1}\n{\"n\":2}\n{\"n\":3.5}\n",
        "{\"n\":1}\r\n\r\n{\"n\":2}\r\n {\"n\":3}\n\n{\"n\":4}",
        "{\n\"n\": 1,\n\"m\": {\n\"n\": 9\n}\n}\n{\n\"n\": 2\n}\n{\n\"n\": 3}",
        "{\"n\":1} {\"n\":2}{\"n\":3}\n",
        "{\"n\":1}\n{\"m\":2}\n{\"n\":3}\n",
        "{\"n\":1}\n{\"n\":\"x\"}\n{\"n\":\"3\"}\n",
        "{\"n\":1}\n{\"n\":2\n{\"n\":3}\n",
        "{\"n\":1}\n{\"n\":2}}\n{\"n\":3}\n",
        "{\"n\":1}\n]\n{\"n\":3}\n",
        "{\"n\":[\n{\"n\":1}\n],\"m\":2}\n{\"n\":3}\n",
        "{\"m\":[\n{\"n\":1}\n,\n{\"n\":7}\n],\"n\":2}\n{\"n\":3}\n{\"n\":4}\n",
        "[{\"n\":1},\n{\"n\":2},\n{\"n\":3}]\n",
        "[\n{\"n\":1},\n{\"n\":2},\n{\"n\":x}]\n",
        "{\"n\":1}\n{\"n\":\"\\\"\\n{\"}\n{\"n\":3}\n",
        "{\"n\":1}\n{\"n\":2}\nx",
        "{}",
    ];
    let mut uncut = 0;
    for text in texts {
        for skip_invalid in [false, true] {
            let json = serde_json::json!({"column": "n", "skip_invalid": skip_invalid});
            uncut += check_everywhere(text.as_bytes(), &all_of(json));
        }
    }
    // The arrays.
    assert_eq!(uncut, 4);
    check_everywhere(b"{\"n\":1}\n{\"n\":2}", &all_of(serde_json::json!({"column": 1})));
}

#[test]
fn objects_of_several_kinds_count_as_one_list() {
    let lists: [&[u8]; 5] = [b"1 2 3\n", b"", b"[4, 5.25]", b"# none\n", b"\xef\xbb\xbf6 x 7 y"];
    let cuts = [vec![1, 2, 5], vec![], vec![3, 4], vec![2], vec![1, 4, 6, 8]];
    for json in [serde_json::json!({"skip_invalid": true}), serde_json::json!({})] {
        check(&lists, &all_of(json), &cuts);
    }
    let tables: [&[u8]; 3] = [b"n,m\n1,2\n3,4\n", b"m;n\n5;6\n7;x\n", b"{\"n\":1}\n{\"n\":2}\n"];
    let cuts = [vec![5, 8], vec![2, 9], vec![3, 9]];
    for json in [
        serde_json::json!({"column": "n", "skip_invalid": true}),
        serde_json::json!({"column": "n"}),
    ] {
        check(&tables, &all_of(json), &cuts);
    }
    let wrong: [&[u8]; 3] = [b"1 2 3\n4 5", b"1 2\n 3 x 5", b"y"];
    check(&wrong, &Parameters::default(), &[vec![3], vec![2, 4, 6], vec![]]);
    let empty: [&[u8]; 2] = [b"", b" x "];
    check(
        &empty,
        &parameters(serde_json::json!({"skip_invalid": true})),
        &[vec![], vec![1]],
    );
}

#[test]
fn what_cannot_be_cut_says_why_and_gives_the_same() {
    let gzip = |text: &[u8]| {
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    let utf16: Vec<u8> = "\u{feff}1 2 é"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (text, why) in [
        (gzip(b"1 2 3"), "gzip"),
        (gzip(b"1 2 x"), "gzip"),
        (utf16, "UTF-16"),
        (b"# nothing".to_vec(), "no number at its beginning"),
    ] {
        let told = layout(&Parameters::default(), &text, text.len() as u64).unwrap();
        assert_eq!(told.uncut, Some(why));
        check(&[&text], &Parameters::default(), &[vec![]]);
    }
    let records = parameters(serde_json::json!({"column": "n"}));
    let told = layout(&records, b"[{\"n\":1}]", 9).unwrap();
    assert_eq!(told.uncut, Some("a JSON array of objects"));
    let lines = layout(&records, b"n,m\r1,2\r3,4\r", 1 << 30).unwrap();
    assert_eq!(lines.uncut, Some("no place to cut it near its beginning"));
    let error = layout(
        &Parameters::default(),
        b"PK\x03\x04..............................",
        99,
    )
    .unwrap_err();
    assert_eq!(error.code(), "unsupported_format");
    for json in [
        serde_json::json!({"columns": "all"}),
        serde_json::json!({"column": "a,b"}),
    ] {
        let error = layout(&parameters(json), b"a,b\n1,2\n", 8).unwrap_err();
        assert_eq!(error.code(), "several_columns", "{error}");
    }
    let error = layout(&parameters(serde_json::json!({"column": "c"})), b"a,b\n1,2\n", 8).unwrap_err();
    assert_eq!(error.code(), "unknown_column");
}

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
    let errand_stats::slices::Next::Pass { slices, wanted } = reduction.finish().unwrap() else {
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

#[test]
fn what_was_damaged_is_an_error_and_no_panic() {
    let parameters = all_of(serde_json::json!({}));
    let text = b"1 2 3.5 99999999999999999999999";
    let size_bytes = text.len() as u64;
    let Layout { known, .. } = layout(&parameters, text, size_bytes).unwrap();
    let slices = [Slice {
        object: 0,
        start: 0,
        end: size_bytes,
        size_bytes,
        is_exact: true,
        known: known.clone(),
        at: None,
    }];
    let partial = Driver::new(&[text], &parameters)
        .read(&slices[0], None)
        .unwrap()
        .bytes;
    let add = |bytes: &[u8]| {
        let mut reduction = Reduction::new(&parameters, slices.to_vec(), None, 1 << 20)?;
        reduction.add(Some(bytes))?;
        reduction.finish().map(|_| ())
    };
    add(&partial).unwrap();
    let is_unreadable = |result| matches!(result, Err(SliceError::Unreadable { .. }));
    for length in 0..partial.len() {
        assert!(is_unreadable(add(&partial[..length])));
        let mut damaged = partial.clone();
        damaged[length] ^= 1 << (length % 8);
        assert!(is_unreadable(add(&damaged)));
    }
    assert!(is_unreadable(add(b"garbage")));
    assert!(is_unreadable(add(&known)));
    let garbage = Slice {
        known: b"garbage".to_vec(),
        ..slices[0].clone()
    };
    let read = SliceReader::new(&parameters, &garbage, None, 1 << 20, &Arc::default());
    assert!(is_unreadable(read.map(|_| ())));
    let read = SliceReader::new(&parameters, &slices[0], Some(&partial), 1 << 20, &Arc::default());
    assert!(is_unreadable(read.map(|_| ())));
    let mut short = SliceReader::new(&parameters, &slices[0], None, 1 << 20, &Arc::default()).unwrap();
    short.push(&text[..9]).unwrap();
    assert_eq!(short.finish().unwrap_err().code(), "input_changed");
}

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
