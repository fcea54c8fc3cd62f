//! Where work goes, and with whose keys, when settings files say so.

use crate::command::Errand;
use crate::stand_in::StandIn;

fn local(cloud: &StandIn) -> String {
    format!(
        "target = \"local\"\n[targets.local]\nendpoint-url = \"{}\"\nregion = \"eu-west-1\"\nemulator = true\n[targets.aws]\n\
         region = \"eu-west-1\"\n",
        cloud.endpoint
    )
}

#[test]
fn an_emulators_target_needs_nothing_of_the_environment() {
    let cloud = StandIn::start();
    Errand::without_region()
        .with_file(".errand.toml", local(&cloud))
        .with_file("list.txt", "1")
        .run(&["stats", "list.txt"])
        .with(0, &["count"]);
    assert!(!cloud.asked().is_empty());
    assert!(cloud.asked().iter().all(|asked| asked.key() == "test"));
}

#[test]
fn an_emulator_never_sees_the_keys_of_aws() {
    let cloud = StandIn::start();
    // A profile that is not there, and another region: those of AWS do not matter here.
    Errand::new()
        .with("AWS_PROFILE", "elsewhere")
        .with("AWS_REGION", "us-west-2")
        .with_file(".errand.toml", local(&cloud))
        .with_file("list.txt", "1 ".repeat(600_000))
        .run(&["stats", "list.txt"])
        .with(0, &["count"]);
    assert!(cloud.asked().iter().all(|asked| asked.key() == "test"));
    let objects = cloud.objects();
    let path = objects.keys().next().unwrap();
    assert!(
        path.starts_with("/errand-input-123456789012-eu-west-1/"),
        "{path}"
    );
}

#[test]
fn an_endpoint_of_the_environment_puts_the_files_target_aside() {
    let (cloud, other) = (StandIn::start(), StandIn::start());
    for name in ["AWS_ENDPOINT_URL", "ERRAND_ENDPOINT_URL"] {
        Errand::new()
            .with(name, &other.endpoint)
            .with_file(".errand.toml", local(&cloud))
            .with_file("list.txt", "1")
            .run(&["stats", "list.txt"])
            .with(0, &["count"]);
    }
    assert!(cloud.asked().is_empty());
    assert!(other.asked().iter().all(|asked| asked.key() == "AKIDENVIRONMENT"));
}

#[test]
fn a_target_at_aws_that_is_named_outdoes_an_endpoint_of_the_environment() {
    let cloud = StandIn::start();
    // By a proxy that is not there.
    Errand::new()
        .with("AWS_ENDPOINT_URL", &cloud.endpoint)
        .with("AWS_ENDPOINT_URL_SQS", &cloud.endpoint)
        .with("HTTPS_PROXY", "http://127.0.0.1:1")
        .with_file(".errand.toml", local(&cloud))
        .with_file("list.txt", "1")
        .run(&["--target", "aws", "stats", "list.txt"])
        .with(3, &["cannot reach AWS in eu-west-1"]);
    assert!(cloud.asked().is_empty());
}

#[test]
fn a_profile_that_is_named_leads_to_aws_and_not_to_the_files_emulator() {
    let cloud = StandIn::start();
    Errand::without_keys()
        .with("HTTPS_PROXY", "http://127.0.0.1:1")
        .with_file(".errand.toml", local(&cloud))
        .with_file(
            ".aws/credentials",
            "[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = secret\n",
        )
        .with_file("list.txt", "1")
        .run(&["--profile", "work", "stats", "list.txt"])
        .with(3, &["cannot reach AWS in eu-west-1"]);
    assert!(cloud.asked().is_empty());
}

#[test]
fn keys_of_the_environment_outdo_a_profile_that_a_file_names() {
    let cloud = StandIn::start();
    let errand = |errand: Errand| {
        errand
            .with("AWS_ENDPOINT_URL", &cloud.endpoint)
            .with_file(".errand.toml", "profile = \"work\"\n")
            .with_file(
                ".aws/credentials",
                "[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = secret\n",
            )
            .with_file("list.txt", "1")
    };
    errand(Errand::new())
        .run(&["stats", "list.txt"])
        .with(0, &["count"]);
    assert!(cloud.asked().iter().all(|asked| asked.key() == "AKIDENVIRONMENT"));
    errand(Errand::without_keys())
        .run(&["stats", "list.txt"])
        .with(0, &["count"]);
    assert_eq!(cloud.asked().last().unwrap().key(), "AKIDWORK");
}
