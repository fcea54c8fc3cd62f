//! A list that is read in slices gives what it gives as a whole, wherever it is cut: the same answer, or the same error.

mod driver;
mod long;
mod random;

use std::sync::Arc;

use errand_stats::Parameters;
use errand_stats::slices::{Layout, Reduction, Slice, SliceError, SliceReader, layout};

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
