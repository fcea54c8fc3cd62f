//! Settings files, against the real stack.

use std::env;

use errand_e2e::{Ended, Errand, Stack, record_answers};

/// Runs a command with the settings files of its folder, and nothing of the environment's that says where the cloud is.
fn run(errand: &Errand, arguments: &[&str]) -> Ended {
    let mut command = errand.command(arguments);
    command.env_remove("ERRAND_NO_CONFIG").env_remove("ERRAND_STACK");
    // Not the certificates, nor what keeps the SDK from looking for a role.
    for name in [
        "ENDPOINT_URL",
        "REGION",
        "DEFAULT_REGION",
        "ACCESS_KEY_ID",
        "SECRET_ACCESS_KEY",
    ] {
        command.env_remove(format!("AWS_{name}"));
    }
    let ended = Ended::from(command.output().unwrap());
    record_answers(arguments, &ended.stdout);
    ended
}

#[tokio::test]
async fn a_target_of_the_projects_file_is_all_that_a_command_needs() {
    let stack = Stack::connect().await;
    let errand = stack.errand().with("list.txt", "1 2 3");
    let endpoint = env::var("AWS_ENDPOINT_URL").unwrap();
    let region = env::var("AWS_REGION").unwrap();
    let set = [
        "config",
        "set",
        "--project",
        "--json",
        "target=local",
        "targets.local.emulator=true",
        &format!("targets.local.endpoint-url={endpoint}"),
        &format!("targets.local.region={region}"),
        &format!("targets.local.stack={}", stack.name),
    ];
    let _ = run(&errand, &set).succeeded();
    assert_eq!(errand.files(), [".errand.toml", "list.txt"]);
    assert!(
        run(&errand, &["stats", "list.txt"])
            .succeeded()
            .stdout
            .contains("sum      6")
    );

    let shown = run(&errand, &["config", "show", "--json"]).succeeded().json();
    let settings = shown["settings"].as_array().unwrap();
    let found = settings
        .iter()
        .find(|each| each["name"] == "endpoint-url")
        .unwrap();
    assert_eq!(found["value"], endpoint.as_str());
    let _ = run(&errand, &["config", "path", "--project", "--json"]).succeeded();
    let _ = run(
        &errand,
        &["config", "unset", "--project", "--json", "targets.local"],
    )
    .succeeded();
    run(&errand, &["stats", "list.txt"]).failed(3, &["no AWS region is set"]);
}

#[tokio::test]
async fn a_file_where_a_test_runs_does_not_change_it() {
    let stack = Stack::connect().await;
    let errand = stack
        .errand()
        .with("list.txt", "1 2 3")
        .with(".errand.toml", "this is no TOML");
    assert!(
        errand
            .run(&["stats", "list.txt"])
            .succeeded()
            .stdout
            .contains("count")
    );
}
