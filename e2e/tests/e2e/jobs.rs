//! Both jobs, from the command line through the cloud and back, compared with what lies on S3.

use std::fmt::Write as _;
use std::process::Stdio;

use errand_e2e::{Ended, Stack, luma_of, noise_png, scene_png};

#[tokio::test]
async fn statistics_are_printed_and_kept() {
    let stack = Stack::connect().await;
    let errand = stack
        .errand()
        .with("input.txt", "3 1, 2\n10\t-4\n9007199254740993");
    let text = errand.run(&["stats"]).succeeded().stdout;
    let expected = "count    6\nsum      9007199254741005\nminimum  -4\nmaximum  9007199254740993\n\
                    mean     1501199875790167.5\nmedian   2.5\n";
    assert_eq!(text, expected);

    let json = errand.run(&["stats", "input.txt", "--json"]).succeeded().json();
    assert_eq!(json["sum"], "9007199254741005");
    assert_eq!(json["count"], 6);
    let outcome = stack.outcome(json["job_id"].as_str().unwrap()).await;
    assert_eq!(outcome["status"], "succeeded");
    assert_eq!(outcome["operation"], "stats");
    assert_eq!(outcome["result"]["sum"], "9007199254741005");
    assert_eq!(outcome["result"]["median"], json["median"]);
}

#[tokio::test]
async fn a_picture_is_the_same_from_the_cloud_and_from_this_process() {
    let stack = Stack::connect().await;
    let list: Vec<String> = (0..500)
        .map(|index| format!("{{\"ms\":{}.25}}", index * index % 97))
        .collect();
    let errand = stack.errand().with("log.jsonl", list.join("\n"));
    let asked = ["stats", "log.jsonl", "--column", "ms"];
    let plain = errand.run(&asked).succeeded().stdout;
    let drawn = errand.run(&[&asked[..], &["--plot", "cloud.svg"]].concat());
    assert_eq!(drawn.succeeded().stdout, plain);
    let _ = errand
        .run(&[&asked[..], &["--plot", "here.svg", "--offline"]].concat())
        .succeeded();
    assert_eq!(errand.file("cloud.svg"), errand.file("here.svg"));
}

#[tokio::test]
async fn a_list_comes_in_over_standard_input() {
    let stack = Stack::connect().await;
    let errand = stack.errand();
    let mut command = errand.command(["stats", "-", "--json"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"5 6").unwrap();
    let json = Ended::from(child.wait_with_output().unwrap()).succeeded().json();
    assert_eq!((&json["count"], &json["sum"]), (&2.into(), &"11".into()));
}

#[tokio::test]
async fn an_image_comes_back_gray_under_its_own_name_and_stays_on_s3() {
    let stack = Stack::connect().await;
    let image = scene_png(160, 90, 1);
    let errand = stack.errand().with("image.png", &image);
    let ended = errand.run(&["grayscale", "image.png", "--json"]).succeeded();
    assert_eq!(errand.files(), ["image.png", "output_image.png"]);

    let output = errand.file("output_image.png");
    let gray = image::load_from_memory(&output).unwrap();
    assert_eq!(gray.color(), image::ColorType::L8, "one channel");
    assert_eq!((gray.width(), gray.height(), gray.into_bytes()), luma_of(&image));

    let json = ended.json();
    let location = json["location"].as_str().unwrap();
    let key = location
        .strip_prefix(&format!("s3://{}/", stack.result_bucket))
        .unwrap();
    assert_eq!(
        key,
        format!("results/{}/image.png", json["job_id"].as_str().unwrap())
    );
    assert_eq!(stack.result(key).await.unwrap(), output);
    assert_eq!(
        stack.outcome(json["job_id"].as_str().unwrap()).await["object"]["key"],
        key
    );
}

#[tokio::test]
async fn the_example_photograph_keeps_its_luma() {
    let stack = Stack::connect().await;
    let photo = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/image.jpg")).unwrap();
    let errand = stack.errand().with("image.jpg", &photo);
    let _ = errand.run(&["grayscale"]).succeeded();
    let output = errand.file("output_image.jpg");
    let gray = image::load_from_memory(&output).unwrap();
    assert_eq!(gray.color(), image::ColorType::L8, "one channel");
    let (width, height, expected) = luma_of(&photo);
    assert_eq!((gray.width(), gray.height()), (width, height));
    // A decoder rounds colors, and clips those that RGB cannot show: the luma that comes out of them is not the luma
    // that went in. It is near it, all the same.
    let differences = gray
        .as_bytes()
        .iter()
        .zip(&expected)
        .map(|(a, b)| u64::from(a.abs_diff(*b)));
    let total: u64 = differences.sum();
    assert!(
        total < expected.len() as u64,
        "{total} levels off over {} pixels",
        expected.len()
    );
}

#[tokio::test]
async fn the_name_of_the_output_chooses_its_format() {
    let stack = Stack::connect().await;
    let errand = stack.errand().with("a.png", scene_png(40, 30, 2));
    let _ = errand.run(&["grayscale", "a.png", "-o", "b.bmp"]).succeeded();
    assert_eq!(
        image::guess_format(&errand.file("b.bmp")).unwrap(),
        image::ImageFormat::Bmp
    );
}

#[tokio::test]
async fn a_list_too_large_for_a_message_goes_by_claim_check() {
    let stack = Stack::connect().await;
    let mut list = String::new();
    let mut sum = 0_i128;
    for index in 0..400_000_i64 {
        let value = (index * 7_919) % 1_000_003 - 500_000;
        sum += i128::from(value);
        writeln!(list, "{value}").unwrap();
    }
    assert!(list.len() > 2_500_000, "{}", list.len());
    let errand = stack.errand().with("large list.txt", list);
    let json = errand
        .run(&["stats", "large list.txt", "--json"])
        .succeeded()
        .json();
    assert_eq!(
        (&json["count"], &json["sum"]),
        (&400_000.into(), &sum.to_string().into())
    );
    let outcome = stack.outcome(json["job_id"].as_str().unwrap()).await;
    let key = outcome["input"]["key"].as_str().unwrap();
    assert_eq!(
        key,
        format!("uploads/{}/large list.txt", json["job_id"].as_str().unwrap())
    );
}

#[tokio::test]
async fn a_list_of_twenty_megabytes_goes_in_parts() {
    let stack = Stack::connect().await;
    let list = "1234567 ".repeat(2_500_000);
    // From a file and from memory: each is cut in its own way.
    let errand = stack.errand().with("list.txt", &list);
    let from_file = errand.run(&["stats", "list.txt", "--json"]).succeeded().json();
    let mut command = errand.command(["stats", "-", "--json"]);
    let list_file = std::fs::File::open(errand.folder.path().join("list.txt")).unwrap();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::copy(&mut &list_file, &mut child.stdin.take().unwrap()).unwrap();
    let from_memory = Ended::from(child.wait_with_output().unwrap()).succeeded().json();
    for (answer, name) in [(from_file, "list.txt"), (from_memory, "input")] {
        assert_eq!(answer["count"], 2_500_000);
        assert_eq!(answer["sum"], "3086417500000");
        let key = format!("uploads/{}/{name}", answer["job_id"].as_str().unwrap());
        let head = stack.s3.head_object().bucket(&stack.input_bucket).key(key);
        assert_eq!(head.send().await.unwrap().content_length(), Some(20_000_000));
    }
    let left = stack.s3.list_multipart_uploads().bucket(&stack.input_bucket);
    assert_eq!(left.send().await.unwrap().uploads(), []);
}

#[tokio::test]
async fn a_list_goes_inline_up_to_the_last_byte_that_a_message_takes() {
    let stack = Stack::connect().await;
    // What a request takes besides its list, seen on one that is far from the limit.
    let is_inline = async |bytes: usize| {
        let errand = stack.errand().with(
            "input.txt",
            "7 ".repeat(bytes / 2) + if bytes % 2 == 1 { "7" } else { "" },
        );
        let json = errand.run(&["stats", "--json"]).succeeded().json();
        assert_eq!(json["count"], bytes.div_ceil(2));
        stack.outcome(json["job_id"].as_str().unwrap()).await["input"].is_null()
    };
    // The longest list that fits is found by halving: one byte more has to go by claim check, and both are answered.
    let (mut fits, mut exceeds) = (1_048_576 - 1_024, 1_048_576);
    assert!(is_inline(fits).await);
    assert!(!is_inline(exceeds).await);
    while exceeds - fits > 1 {
        let middle = usize::midpoint(fits, exceeds);
        if is_inline(middle).await {
            fits = middle;
        } else {
            exceeds = middle;
        }
    }
    assert_eq!(exceeds - fits, 1);
}

#[tokio::test]
async fn an_image_of_ten_megabytes_goes_there_and_back() {
    let stack = Stack::connect().await;
    let image = noise_png(1_900, 1_800);
    assert!(image.len() > 10_000_000, "{}", image.len());
    let errand = stack.errand().with("noise.png", &image);
    let _ = errand.run(&["grayscale", "noise.png"]).succeeded();
    let gray = image::load_from_memory(&errand.file("output_noise.png")).unwrap();
    assert_eq!((gray.width(), gray.height(), gray.into_bytes()), luma_of(&image));
}

#[tokio::test]
async fn two_clients_at_once_get_their_own_answers() {
    let stack = Stack::connect().await;
    let runs: Vec<_> = (0..6)
        .map(|client| {
            let errand = stack.errand().with("input.txt", format!("{client} 1000"));
            let child = errand
                .command(["stats", "--json"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            (client, errand, child)
        })
        .collect();
    for (client, _folder, child) in runs {
        let json = Ended::from(child.wait_with_output().unwrap()).succeeded().json();
        assert_eq!(json["minimum"], client.to_string());
    }
}

#[tokio::test]
async fn offline_and_online_give_the_same_answer() {
    let stack = Stack::connect().await;
    let errand = stack
        .errand()
        .with("input.txt", "1 2 2 3 8 13 21")
        .with("a.png", scene_png(64, 64, 3));
    let online = errand.run(&["stats", "--all"]).succeeded().stdout;
    assert_eq!(
        errand.run(&["stats", "--all", "--offline"]).succeeded().stdout,
        online
    );
    let _ = errand
        .run(&["grayscale", "a.png", "-o", "online.png"])
        .succeeded();
    let _ = errand
        .run(&["grayscale", "a.png", "-o", "offline.png", "--offline"])
        .succeeded();
    assert_eq!(errand.file("online.png"), errand.file("offline.png"));
}

#[tokio::test]
async fn a_job_belongs_to_the_trace_that_its_client_runs_in_or_to_one_of_its_own() {
    const TRACE: &str = "1-6925a480-bd862e3fe1be46a994272793";
    let stack = Stack::connect().await;
    let errand = stack
        .errand()
        .with("list.txt", "1 2")
        .with("bad.txt", "1 x")
        .with("a.png", scene_png(16, 9, 4));
    let run = |arguments: &[&str], header: Option<&str>| {
        let mut command = errand.command(arguments);
        match header {
            Some(header) => command.env("_X_AMZN_TRACE_ID", header),
            None => command.env_remove("_X_AMZN_TRACE_ID"),
        };
        Ended::from(command.output().unwrap())
    };
    let header = format!("Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:a87bd80c:0");
    for arguments in [
        ["stats", "list.txt", "--json"],
        ["stats", "bad.txt", "--json"],
        ["grayscale", "a.png", "--json"],
    ] {
        let json = run(&arguments, Some(&header)).json();
        assert_eq!(json["trace_id"], TRACE, "{json}");
        let job = json["job_id"].as_str().unwrap();
        assert_eq!(stack.outcome(job).await["trace_id"], TRACE);
    }
    let traces = [None, None, Some("nonsense")].map(|header| {
        let json = run(&["stats", "list.txt", "--json"], header).succeeded().json();
        json["trace_id"].as_str().unwrap().to_owned()
    });
    assert!(traces.iter().all(|trace| trace.starts_with("1-")), "{traces:?}");
    assert!(traces[0] != traces[1] && traces[1] != traces[2], "{traces:?}");
}
