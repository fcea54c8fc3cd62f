//! What people may do wrong: a clear answer, quickly, and an exit code that says so.

use std::time::{Duration, Instant};

use errand_e2e::{Stack, is_client_restricted, scene_png};

#[tokio::test]
async fn bad_lists_are_told_with_token_and_place() {
    let stack = Stack::connect().await;
    let cases: [(&[u8], &[&str]); 4] = [
        (b"", &["no number"]),
        (b" \n\t", &["no number"]),
        (b"1 2\n3 x 4", &["`x`", "line 2", "column 3"]),
        (b"1 \xff 2", &["UTF-8", "line 1", "column 3"]),
    ];
    for (list, words) in cases {
        let errand = stack.errand().with("input.txt", list);
        let online = errand.run(&["stats"]);
        assert_eq!(online.stdout, "");
        online.failed(1, words);
        errand.run(&["stats", "--offline"]).failed(1, words);
    }
}

#[tokio::test]
async fn a_failure_is_told_to_programs_too() {
    let stack = Stack::connect().await;
    let errand = stack.errand().with("input.txt", "1 2 x 4");
    let json = errand.run(&["stats", "--json"]).json();
    assert_eq!(
        (&json["error"]["code"], &json["error"]["retryable"]),
        (&"not_an_integer".into(), &false.into())
    );
    let outcome = stack.outcome(json["job_id"].as_str().unwrap()).await;
    assert_eq!(outcome["error"], json["error"]);
}

#[tokio::test]
async fn a_number_of_400_digits_is_summed_exactly() {
    let stack = Stack::connect().await;
    let digits = "9".repeat(400);
    let errand = stack.errand().with("input.txt", format!("{digits} 1"));
    let json = errand.run(&["stats", "--json"]).succeeded().json();
    assert_eq!(json["sum"], format!("1{}", "0".repeat(400)));
}

#[tokio::test]
async fn decimals_are_summed_exactly() {
    let stack = Stack::connect().await;
    let errand = stack.errand().with("input.txt", "0.1 0.2 -1.5e-30");
    let json = errand.run(&["stats", "--json"]).succeeded().json();
    assert_eq!(json["sum"], "0.2999999999999999999999999999985");
    let errand = stack.errand().with("sales.csv", "id;amount\n1;12,50\n2;-,5\n");
    let column = ["stats", "sales.csv", "--json", "--column", "amount"];
    errand
        .run(&column)
        .failed(1, &["`12,50`", "line 2", "--decimal-comma"]);
    let json = errand
        .run(&[&column[..], &["--decimal-comma"]].concat())
        .succeeded()
        .json();
    assert_eq!(json["sum"], "12");
}

#[tokio::test]
async fn bad_images_are_told_and_leave_no_output() {
    let stack = Stack::connect().await;
    let mut truncated = scene_png(200, 200, 4);
    truncated.truncate(truncated.len() / 2);
    let cases: [(Vec<u8>, &[&str]); 8] = [
        (Vec::new(), &["empty"]),
        (
            b"this is a letter, not a picture".to_vec(),
            &["not an image: text that begins with"],
        ),
        (truncated, &["PNG"]),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), &["HEIC", "JPEG"]),
        (b"PK\x03\x04\x14\0\0\0".to_vec(), &["not an image: a ZIP archive"]),
        (b"%PDF-1.7\n".to_vec(), &["PDF is not supported"]),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            &["SVG is not supported"],
        ),
        (b"\x1a\x45\xdf\xa3\x9f".to_vec(), &["a Matroska or WebM video"]),
    ];
    for (image, words) in cases {
        let errand = stack.errand().with("image.jpg", image);
        errand.run(&["grayscale"]).failed_ignoring_case(1, words);
        assert_eq!(errand.files(), ["image.jpg"]);
        errand
            .run(&["grayscale", "--offline"])
            .failed_ignoring_case(1, words);
        assert_eq!(errand.files(), ["image.jpg"]);
    }
}

#[tokio::test]
async fn files_that_cannot_be_read_or_written_are_told_before_anything_is_sent() {
    let stack = Stack::connect().await;
    let errand = stack.errand().with("image.png", scene_png(20, 20, 5));
    errand
        .run(&["stats"])
        .failed(5, &["cannot read `input.txt`", "name an existing file"]);
    errand
        .run(&["grayscale", "no.jpg"])
        .failed(5, &["cannot read `no.jpg`"]);
    // A folder stands for all that is in it.
    errand.run(&["stats", "."]).failed(
        1,
        &[
            "./image.png: this is a PNG, which is not read",
            "0 done, 1 failed",
        ],
    );
    errand
        .run(&["grayscale", "image.png", "-o", "no/such/folder.png"])
        .failed(5, &["cannot write `no/such/folder.png`"]);
    errand
        .run(&["grayscale", "image.png", "-o", "."])
        .failed(5, &["`./image.png` exists: replace it with --force"]);
    assert_eq!(errand.files(), ["image.png"]);
}

#[tokio::test]
async fn a_cloud_that_cannot_be_used_is_told_quickly_with_the_cure() {
    let stack = Stack::connect().await;
    let errand = stack.errand().with("input.txt", "1 2 3");
    let start = Instant::now();
    // Port 9 (discard) is reserved, and nothing here listens on it.
    let run = ["stats", "--endpoint-url", "http://127.0.0.1:9"];
    errand.run(&run).failed(
        3,
        &["cannot reach http://127.0.0.1:9", "make local-up", "--offline"],
    );
    let told = if is_client_restricted() {
        ["not authorized", "attach the stack's client policy"]
    } else {
        ["stack `nobodys` is not deployed", "make local-up"]
    };
    errand.run(&["stats", "--stack", "nobodys"]).failed(3, &told);
    let mut command = errand.command(["stats"]);
    for name in [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
    ] {
        command.env_remove(name);
    }
    command
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("HOME", errand.folder.path());
    errand_e2e::Ended::from(command.output().unwrap()).failed(3, &["no AWS credentials", "--profile"]);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_command_line_that_is_wrong_is_told() {
    let stack = Stack::connect().await;
    let errand = stack.errand();
    errand.run(&[]).failed(2, &["Usage"]);
    errand.run(&["sepia"]).failed(2, &["sepia"]);
    errand
        .run(&["stats", "--timeout", "0"])
        .failed(2, &["at least 1"]);
    errand
        .run(&["result", "not-an-id"])
        .failed(2, &["not-an-id", "UUID"]);
    errand.run(&["listen", "--offline"]).failed(2, &["--offline"]);
    let bucket = &stack.input_bucket;
    errand.run(&["result", &format!("s3://{bucket}/other/x")]).failed(
        2,
        &["asks for nothing: only those under stats/ and grayscale/ do"],
    );
    errand
        .run(&["result", "s3://another-bucket/stats/x"])
        .failed(2, &["asks stack", "for nothing: that takes files from", bucket]);
}

trait IgnoringCase {
    fn failed_ignoring_case(self, code: i32, words: &[&str]);
}

impl IgnoringCase for errand_e2e::Ended {
    fn failed_ignoring_case(mut self, code: i32, words: &[&str]) {
        self.stderr = self.stderr.to_lowercase();
        let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        self.failed(code, &words.iter().map(String::as_str).collect::<Vec<_>>());
    }
}
