//! Many files in one command, through the cloud.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use errand_e2e::{Ended, Errand, PATIENCE, Stack, luma_of, scene_png};
use serde_json::Value;

fn write(errand: &Errand, name: &str, bytes: impl AsRef<[u8]>) {
    let path = errand.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn lines(ended: &Ended) -> Vec<Value> {
    let lines = ended.stdout.lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn count_of(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, |entries| {
        let names = entries.map(|entry| entry.unwrap().file_name());
        names
            .filter(|name| !name.as_encoded_bytes().starts_with(b"."))
            .count()
    })
}

#[tokio::test]
async fn of_a_thousand_lists_each_is_answered_once_and_twenty_fail() {
    let stack = Stack::alone().await;
    let errand = stack.errand();
    for index in 0..1_000 {
        let text = if index % 50 == 7 {
            format!("{index} x")
        } else {
            format!("{index} 1000")
        };
        write(&errand, &format!("lists/{index:04}.txt"), text);
    }
    let ended = errand.run(&["stats", "lists", "--json"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let lines = lines(&ended);
    let (sum, answers) = lines.split_last().unwrap();
    assert_eq!(
        (&sum["summary"]["done"], &sum["summary"]["failed"], answers.len()),
        (&980.into(), &20.into(), 1_000)
    );
    let mut seen = vec![false; 1_000];
    for answer in answers {
        let index: usize = answer["input"].as_str().unwrap()[6..10].parse().unwrap();
        assert!(
            !std::mem::replace(&mut seen[index], true),
            "{index} was answered twice"
        );
        if index % 50 == 7 {
            assert_eq!(answer["error"]["code"], "not_an_integer");
        } else {
            assert_eq!(answer["sum"], (index + 1_000).to_string());
        }
        assert!(answer["job_id"].is_string(), "{answer}");
    }
    assert_eq!(
        stack.reply_queues().await,
        Vec::<String>::new(),
        "its reply queue is gone"
    );
}

#[tokio::test]
async fn a_folder_of_images_comes_back_as_a_tree_and_an_interrupted_run_is_resumed() {
    let stack = Stack::alone().await;
    let errand = stack.errand();
    for index in 0..60 {
        write(
            &errand,
            &format!("in/{}/{index}.png", index % 3),
            scene_png(60, 40, index),
        );
    }
    write(&errand, "in/bad.png", "no image");
    let arguments = ["grayscale", "in", "-o", "out", "--skip-existing", "--jobs", "8"];
    let child = errand
        .command(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let end = Instant::now() + PATIENCE;
    while count_of(&errand.path().join("out/1")) == 0 {
        assert!(Instant::now() < end, "nothing is done");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let killed = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    let ended = Ended::from(child.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert!(ended.stderr.contains("errand: interrupted: "), "{}", ended.stderr);
    for folder in ["out", "out/0", "out/1", "out/2"] {
        let Ok(entries) = fs::read_dir(errand.path().join(folder)) else {
            continue;
        };
        for entry in entries {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(!name.starts_with('.'), "{folder}/{name} is left");
        }
    }
    assert_eq!(
        stack.reply_queues().await,
        Vec::<String>::new(),
        "its reply queue is gone"
    );

    let rest = errand.run(&arguments);
    assert_eq!(rest.code, Some(1), "{rest:?}");
    assert!(
        rest.stderr.contains("errand: in/bad.png: not an image: "),
        "{}",
        rest.stderr
    );
    assert_eq!(rest.stdout.lines().count(), 60);
    for index in 0..60 {
        let gray = image::load_from_memory(&errand.file(&format!("out/{}/{index}.png", index % 3))).unwrap();
        assert_eq!(
            (gray.width(), gray.height(), gray.into_bytes()),
            luma_of(&scene_png(60, 40, index)),
            "{index}"
        );
    }
}

#[tokio::test]
async fn objects_of_the_input_bucket_are_inputs_too() {
    let stack = Stack::alone().await;
    let errand = stack.errand();
    for (key, text) in [
        ("stats/many/a.txt", "1 2"),
        ("stats/many/b/c.txt", "3"),
        ("stats/many/b/d.csv", "4"),
        ("stats/many-other.txt", "5"),
    ] {
        stack.upload_file(key, text.into()).await;
    }
    let address = |key: &str| format!("s3://{}/{key}", stack.input_bucket);
    let sums = |names: &[String]| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let ended = errand.run(&[&["stats", "--json", "--quiet"], names.as_slice()].concat());
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (Some(0), ""),
            "{}",
            ended.stdout
        );
        let lines = lines(&ended);
        let mut sums: Vec<_> = lines
            .iter()
            .filter_map(|line| Some(format!("{} {}", line["input"].as_str()?, line["sum"].as_str()?)))
            .collect();
        sums.sort();
        sums
    };
    let all = [
        format!("{} 3", address("stats/many/a.txt")),
        format!("{} 3", address("stats/many/b/c.txt")),
        format!("{} 4", address("stats/many/b/d.csv")),
    ];
    assert_eq!(sums(&[address("stats/many/**/*")]), all);
    assert_eq!(sums(&[address("stats/many/**/*.txt")]), all[..2]);
    assert_eq!(
        sums(&[address("stats/many/a.txt"), address("stats/many/b/d.csv")]),
        [all[0].clone(), all[2].clone()]
    );
    // All below a prefix is one list; an object alone is answered as a file is.
    let one = errand
        .run(&["stats", "--json", &address("stats/many/")])
        .succeeded()
        .json();
    assert_eq!((&one["count"], &one["sum"]), (&4.into(), &"10".into()));
    let one = errand
        .run(&["stats", "--json", &address("stats/many/a.txt")])
        .succeeded()
        .json();
    assert_eq!(one["sum"], "3");
    let image = scene_png(20, 10, 3);
    stack.upload_file("grayscale/photos/x/y.png", image.clone()).await;
    let ended = errand.run(&["grayscale", &address("grayscale/photos/"), "-o", "gray"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let gray = image::load_from_memory(&errand.file("gray/x/y.png")).unwrap();
    assert_eq!((gray.width(), gray.height(), gray.into_bytes()), luma_of(&image));
    errand
        .run(&["stats", &address("stats/no/such*")])
        .failed(1, &["there is no such object"]);
    errand
        .run(&["stats", &address("stats/no/such")])
        .failed(1, &["stats/no/such"]);
}

#[tokio::test]
async fn a_run_says_where_its_time_went_and_what_it_would_cost() {
    let stack = Stack::connect().await;
    let errand = stack.errand().with("a.txt", "1 2").with("b.txt", "3");
    let ended = errand.run(&["stats", "a.txt", "b.txt", "--timing"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for words in [
        "each of 2 jobs on average: upload ",
        ", queue ",
        ", function ",
        ", reply ",
        " USD",
    ] {
        assert!(ended.stderr.contains(words), "no `{words}` in: {}", ended.stderr);
    }
    let one = errand.run(&["stats", "a.txt", "-v", "--timing"]);
    for words in [
        " s  job ",
        " begins: 3 bytes",
        "the reply queue is removed",
        "errand: upload ",
        " in all; about 0.0000",
    ] {
        assert!(one.stderr.contains(words), "no `{words}` in: {}", one.stderr);
    }
    let dry = errand.run(&["stats", "a.txt", "b.txt", "-n"]);
    assert_eq!((dry.code, dry.stdout.as_str()), (Some(0), "a.txt\nb.txt\n"));
    for words in ["would do 2, 4 bytes; about ", " requests from here, 0.00001"] {
        assert!(dry.stderr.contains(words), "no `{words}` in: {}", dry.stderr);
    }
}
