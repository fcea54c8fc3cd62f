//! Tables through the cloud: what the function answers, the command shows as if it had read the table itself.

use errand_e2e::Stack;

const SALES: &str = "item;amount;tax\n# a note;12.50;2\nb;7;1\n";

#[tokio::test]
async fn several_columns_are_one_job_and_one_answer() {
    let stack = Stack::connect().await;
    let errand = stack.errand().with("sales.csv", SALES);
    for arguments in [
        &["--all-columns"][..],
        &[
            "--all-columns",
            "--json",
            "--all",
            "--percentiles",
            "10",
            "--histogram=3",
        ],
        &["--column", "tax,2", "--json"],
        &["--column", "tax", "--column", "amount", "--header"],
        &["--column", "2,3", "--no-header", "--skip-invalid", "--json"],
        &["--column", "2", "--json"],
        &["--column", "3", "--comment", "#", "--delimiter", ";"],
    ] {
        let stats = [&["stats", "sales.csv"], arguments].concat();
        let online = errand.run(&stats).succeeded();
        let offline = errand.run(&[&stats[..], &["--offline"]].concat()).succeeded();
        if arguments.contains(&"--json") {
            let mut answer = online.json();
            let answer = answer.as_object_mut().unwrap();
            let job_id = answer.remove("job_id").unwrap();
            answer.remove("trace_id");
            assert_eq!(
                serde_json::Value::Object(answer.clone()),
                offline.json(),
                "{arguments:?}"
            );
            let result = errand.run(&["result", job_id.as_str().unwrap()]).succeeded();
            assert!(result.stdout.contains("count"), "{}", result.stdout);
        } else {
            assert_eq!(online.stdout, offline.stdout, "{arguments:?}");
        }
    }
}

#[tokio::test]
async fn a_table_that_is_not_whole_is_refused_with_the_place() {
    let stack = Stack::connect().await;
    let errand = stack.errand().with("cut.csv", "id,note\n1,\"a\"\n2,\"cut\n3,b\n");
    for offline in [&[][..], &["--offline"]] {
        let words = ["the quote at line 3, column 2 is never closed"];
        errand
            .run(&[&["stats", "cut.csv", "--column", "id"], offline].concat())
            .failed(1, &words);
    }
    let json = errand
        .run(&["stats", "cut.csv", "--all-columns", "--json"])
        .json();
    assert_eq!(json["error"]["code"], "unclosed_quote");
}

#[tokio::test]
async fn an_uploaded_table_is_asked_for_several_columns_by_its_metadata() {
    let stack = Stack::connect().await;
    let key = format!("stats/{}/sales.csv", uuid::Uuid::now_v7());
    let parameters = r##"{"columns": ["tax", 2], "header": true, "delimiter": ";", "comment": "#"}"##;
    stack.upload_file_with(&key, SALES.into(), Some(parameters)).await;
    let address = format!("s3://{}/{key}", stack.input_bucket);
    let result = ["result", &address, "--json", "--timeout", "60"];
    let json = stack.errand().run(&result).succeeded().json();
    assert_eq!(
        (&json["columns"][0]["sum"], &json["columns"][1]["sum"]),
        (&"1".into(), &"7".into())
    );
    let key = format!("stats/{}/list.txt", uuid::Uuid::now_v7());
    stack
        .upload_file_with(&key, b"1 2".to_vec(), Some(r#"{"header": true}"#))
        .await;
    let address = format!("s3://{}/{key}", stack.input_bucket);
    stack
        .errand()
        .run(&["result", &address, "--timeout", "60"])
        .failed(1, &["`header` is for tables"]);
}

#[tokio::test]
async fn columns_of_many_tables_are_rows() {
    let stack = Stack::connect().await;
    let errand = stack
        .errand()
        .with("a.csv", "x,y\n1,2\n")
        .with("b.csv", "x,y\n3,4\n");
    let stats = [
        "stats",
        "a.csv",
        "b.csv",
        "--column",
        "y,x",
        "--statistics",
        "sum",
    ];
    let ended = errand.run(&stats).succeeded();
    assert_eq!(
        ended.stdout,
        "count  sum  column  list\n    1    2  y       a.csv\n    1    1  x       a.csv\n    1    4  y       b.csv\n    1    3  x       b.csv\n"
    );
    let _ = errand.run(&[&stats[..], &["--json"]].concat()).succeeded();
}
