//! Whole outputs, compared to the letter.

use crate::support::{errand, folder};

#[test]
fn statistics_are_text_or_json() {
    let folder = folder();
    std::fs::write(
        folder.path().join("input.txt"),
        "3 1, 2\n10\t-4\n9007199254740993",
    )
    .unwrap();
    errand(folder.path(), &["--offline", "stats"], "").is(
        0,
        "count    6\nsum      9007199254741005\nminimum  -4\nmaximum  9007199254740993\n\
         mean     1501199875790167.5\nmedian   2.5\n",
        "",
    );
    errand(
        folder.path(),
        &["stats", "-", "--json", "--offline", "--statistics", "count,sum"],
        "1 2",
    )
    .is(0, "{\"count\":2,\"sum\":\"3\"}\n", "");
}

#[test]
fn a_picture_is_drawn_beside_the_same_answer() {
    let folder = folder();
    let list = "day,amount\n1,12.50\n2,-3\n3,40\n4,x\n";
    std::fs::write(folder.path().join("sales.csv"), list).unwrap();
    let plot = |more: &[&str]| {
        let asked = [
            "--offline",
            "stats",
            "sales.csv",
            "--column",
            "amount",
            "--skip-invalid",
            "--statistics",
            "sum",
        ];
        errand(folder.path(), &[&asked[..], more].concat(), "")
    };
    let answer = plot(&[]).stdout;
    for name in ["a.svg", "A.PNG"] {
        plot(&["--plot", name, "--plot-label", "amount in EUR"]).is(0, &answer, "");
    }
    let file = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let svg = String::from_utf8(file("a.svg")).unwrap();
    for text in [
        "sales.csv: amount",
        "amount in EUR",
        "median 12.5",
        "first quartile 4.75",
        "1 skipped",
    ] {
        assert!(svg.contains(text), "{text} is not in {svg}");
    }
    assert!(file("A.PNG").starts_with(b"\x89PNG\r\n\x1a\n"));

    let there = "errand: `a.svg` exists: replace it with --force, or name another place\n";
    plot(&["--plot", "a.svg"]).is(5, "", there);
    assert_eq!(file("a.svg"), svg.as_bytes());
    plot(&["--plot", "a.svg", "--force"]).is(0, &answer, "");
    assert_ne!(file("a.svg"), svg.as_bytes(), "the label is the column's name");
    for (more, word) in [
        (&["--plot", "a.jpg"][..], "ends with .svg or .png"),
        (&["--plot-label", "x"], "--plot"),
        (&["sales.csv", "--plot", "b.svg"], "--plot is for one list"),
    ] {
        let ended = plot(more);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{more:?}");
        assert!(ended.stderr.contains(word), "{}", ended.stderr);
    }
    let ended = errand(
        folder.path(),
        &["--offline", "stats", "-", "--plot", "empty.svg"],
        "# nothing",
    );
    ended.is(
        1,
        "",
        "errand: standard input: no numbers in the input; send at least one\n",
    );
    let mut files: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    files.sort();
    assert_eq!(files, ["A.PNG", "a.svg", "sales.csv"]);
}

#[test]
fn objects_and_other_encodings_are_lists_too() {
    let folder = folder();
    let objects = "{\"ms\":1.5}\n{\"ms\":\"2\"}\n";
    let utf16: Vec<u8> = "\u{feff}0.1\t0.2"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    std::fs::write(folder.path().join("log.jsonl"), objects).unwrap();
    std::fs::write(folder.path().join("excel.txt"), utf16).unwrap();
    std::fs::write(folder.path().join("list.csv"), b"BZh91AY&SY\x9a\x89\xb4\"\0").unwrap();
    let sum = |more: &[&str]| {
        errand(
            folder.path(),
            &[&["--offline", "stats", "--statistics", "sum"], more].concat(),
            "",
        )
    };
    sum(&["log.jsonl", "--column", "ms"]).is(0, "count  2\nsum    3.5\n", "");
    sum(&["excel.txt"]).is(0, "count  2\nsum    0.3\n", "");
    let message = "errand: list.csv: this is bzip2, which is not read; decompress it (bzip2 -dc FILE | errand stats -), or send gzip or \
                   zstd\n";
    sum(&["list.csv"]).is(1, "", message);
}

#[test]
fn an_input_that_is_not_acceptable_ends_with_1() {
    let folder = folder();
    let ended = errand(folder.path(), &["--offline", "stats", "-"], "1 2 x");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(
        ended.stderr.starts_with("errand: ") && ended.stderr.contains("`x`"),
        "{}",
        ended.stderr
    );
    let ended = errand(folder.path(), &["--offline", "stats", "-", "--json"], "1 2 x");
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(json["error"]["code"], "not_an_integer");
    assert_eq!(
        (&json["job_id"], &json["error"]["retryable"]),
        (&serde_json::Value::Null, &false.into())
    );
}

#[test]
fn a_command_line_that_is_wrong_ends_with_2() {
    let folder = folder();
    for arguments in [
        &["sepia"][..],
        &["stats", "--timeout", "0"],
        &["result", "no-id"],
        &["result", "--url"],
        &["wait"],
        &["jobs", "--since", "yesterday"],
        &["jobs", "--state", "lost"],
        &["cancel", "no-id"],
        &["dead-letters", "redrive"],
        &["dead-letters", "list", "--operation", "sepia"],
        &["grayscale", "--quality", "101"],
    ] {
        let ended = errand(folder.path(), arguments, "");
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}"
        );
        assert!(
            ended.stderr.starts_with("error: "),
            "{arguments:?}: {}",
            ended.stderr
        );
    }
    let id = "0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b";
    for arguments in [
        &["--offline", "result", id][..],
        &["--offline", "wait", id],
        &["--offline", "jobs"],
        &["--offline", "cancel", id],
        &["--offline", "listen"],
        &["--offline", "dead-letters", "list"],
        &["--offline", "status"],
        &["--offline", "doctor"],
    ] {
        errand(folder.path(), arguments, "").is(
            2,
            "",
            "errand: this asks the cloud: leave out --offline (or ERRAND_OFFLINE)\n",
        );
    }
}

#[test]
fn a_detached_job_needs_a_cloud() {
    let folder = folder();
    errand(folder.path(), &["--offline", "stats", "-", "--detach"], "1").is(
        2,
        "",
        "errand: --detach asks the cloud: leave out --offline (or ERRAND_OFFLINE)\n",
    );
}

#[test]
fn a_file_that_cannot_be_read_or_written_ends_with_5() {
    let folder = folder();
    errand(folder.path(), &["--offline", "stats"], "").is(
        5,
        "",
        "errand: cannot read `input.txt`: No such file or directory (os error 2); name an existing file, or `-` for \
         standard input\n",
    );
    let ended = errand(
        folder.path(),
        &["--offline", "grayscale", "-", "-o", "no/such/folder.png"],
        "",
    );
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(5), ""));
    assert!(
        ended
            .stderr
            .starts_with("errand: cannot write `no/such/folder.png`:"),
        "{}",
        ended.stderr
    );
}

#[test]
fn an_image_is_told_of_beside_its_file() {
    let folder = folder();
    std::fs::write(
        folder.path().join("image.ppm"),
        b"P6 2 1 255\n\xff\x00\x00\x00\xff\x00",
    )
    .unwrap();
    let ended = errand(folder.path(), &["--offline", "grayscale", "image.ppm"], "");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert!(ended.stdout.starts_with("output_image.p"), "{}", ended.stdout);
    let output = ended.stdout.split(':').next().unwrap();
    let gray = std::fs::read(folder.path().join(output)).unwrap();
    assert!(
        gray.ends_with(&[76, 150]),
        "BT.601 luma of red and green: {gray:?}"
    );
}

#[test]
fn a_cloud_that_cannot_be_used_ends_with_3_and_says_what_to_do() {
    let folder = folder();
    let nowhere = "http://127.0.0.1:9";
    errand(folder.path(), &["stats", "-"], "1").is(
        3,
        "",
        "errand: no AWS region is set: give one with --region, AWS_REGION or in the profile, or, for the local cloud, run \
         eval \"$(make -s local-env)\"\n",
    );
    errand(
        folder.path(),
        &["stats", "-", "--endpoint-url", nowhere, "--region", "us-east-1"],
        "1",
    )
    .is(
        3,
        "",
        "errand: no AWS credentials found: run `aws configure` or `aws sso login`, name a profile with --profile, or, \
         for the local cloud, run eval \"$(make -s local-env)\"\n",
    );
    errand(folder.path(), &["doctor", "--region", "us-east-1"], "").is(
        3,
        "failed   credentials    no AWS credentials found: run `aws configure` or `aws sso login`, name a profile with \
         --profile, or, for the local cloud, run eval \"$(make -s local-env)\"\n",
        "errand: 1 of the checks failed: see their cures above\n",
    );
}

#[test]
fn every_message_names_its_input_and_the_cure_that_a_beginner_needs() {
    let folder = folder();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("sales.csv", "name,amount\na,1\nb,2\n");
    write("empty.txt", "");
    write("note.txt", "hello");
    let header = "not a number: `name` at line 1, column 1; of a table, choose a column (--column); else correct it, or skip \
                  what is no number (--skip-invalid)\n";
    let sales = "name,amount\na,1\n";
    for (arguments, input, code, stderr) in [
        (
            &["stats", "sales.csv"][..],
            "",
            1,
            &*format!("errand: sales.csv: {header}"),
        ),
        (
            &["stats", "-"],
            sales,
            1,
            &format!("errand: standard input: {header}"),
        ),
        (
            &["stats", "empty.txt"],
            "",
            1,
            "errand: empty.txt: no numbers in the input; send at least one\n",
        ),
        (
            &["grayscale", "note.txt"],
            "",
            1,
            "errand: note.txt: not an image: text that begins with \"hello\"; supported are jpeg, png, webp, gif, bmp, tiff, pnm and \
             qoi\n",
        ),
        (
            &["stats", "sales.csv", "--histogram", "10"],
            "",
            2,
            "errand: there is no file `10`: for 10 bins, write --histogram=10\n",
        ),
        (
            &["grayscale", "a.png", "--preview", "-o", "-"],
            "",
            2,
            "errand: --preview shows the file that is written: name one with -o\n",
        ),
        (
            &["grayscale", "a.png", "b.png", "--preview"],
            "",
            2,
            "errand: --preview shows one image: leave it out, or name one\n",
        ),
    ] {
        errand(folder.path(), &[&["--offline"], arguments].concat(), input).is(code, "", stderr);
    }
    errand(folder.path(), &["stats", "-", "--endpoint-url", "localhost:4566"], "1").is(
        2,
        "",
        "errand: `localhost:4566` is not the URL of a service (it does not begin with http:// or https://): put http:// before \
         it: http://localhost:4566\n",
    );
}

#[test]
fn a_cloud_that_does_not_answer_is_told_with_its_address() {
    let folder = folder();
    // tcpmux (RFC 1078), which nobody runs.
    let nowhere = "http://127.0.0.1:1".to_owned();
    let credentials = folder.path().join(".aws");
    std::fs::create_dir(&credentials).unwrap();
    std::fs::write(
        credentials.join("credentials"),
        "[default]\naws_access_key_id = a\naws_secret_access_key = b\n",
    )
    .unwrap();
    let unreachable = format!(
        "cannot reach {nowhere} (Connection refused (os error 111)): is the local cloud running? start it with \
         `make local-up`, or work without one with --offline\n"
    );
    errand(folder.path(), &["stats", "-", "--endpoint-url", &nowhere], "1").is(
        3,
        "",
        &format!("errand: {unreachable}"),
    );
    let found = "ok       region         us-east-1\n";
    errand(folder.path(), &["doctor", "--endpoint-url", &nowhere], "").is(
        3,
        &format!("{found}failed   stack          {unreachable}"),
        "errand: 1 of the checks failed: see their cures above\n",
    );
    let ended = errand(
        folder.path(),
        &["doctor", "--json", "--endpoint-url", &nowhere],
        "",
    );
    let health: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        (&health["healthy"], &health["findings"][1]["status"]),
        (&false.into(), &"failed".into())
    );
}

#[test]
fn a_stack_whose_queues_another_stacks_clients_may_read_is_refused() {
    let folder = folder();
    let ended = errand(folder.path(), &["stats", "-", "--stack", "errand-reply-two"], "1");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    for words in [
        "the clients of a stack `errand` may read",
        "take a name without `-reply`",
    ] {
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
}
