//! What the environment and the configuration files say, right and wrong.

use std::net::TcpListener;

use crate::command::Errand;
use crate::stand_in::StandIn;

#[test]
fn endpoints_of_the_single_services_are_enough() {
    let (s3, sqs) = (StandIn::start(), StandIn::start());
    let list = "1 ".repeat(600_000);
    let errand = Errand::new()
        .with("AWS_ENDPOINT_URL_S3", &s3.endpoint)
        .with("AWS_ENDPOINT_URL_SQS", &sqs.endpoint)
        .with_file("list.txt", &list);
    errand.run(&["stats", "list.txt"]).with(0, &["count"]);
    assert!(
        sqs.asked()
            .iter()
            .all(|asked| asked.headers.contains_key("x-amz-target"))
    );
    let objects = s3.objects();
    let path = objects.keys().next().unwrap();
    assert!(
        path.starts_with("/errand-input-123456789012-eu-west-1/uploads/"),
        "{path} is no path style"
    );
    // The same from the profile.
    let config = format!(
        "[default]\nservices = here\n[services here]\ns3 =\n  endpoint_url = {}\nsqs =\n  endpoint_url = {}\n",
        s3.endpoint, sqs.endpoint
    );
    let errand = Errand::new()
        .with_file(".aws/config", config)
        .with_file("list.txt", &list);
    errand.run(&["stats", "list.txt"]).with(0, &["count"]);
    assert_eq!(s3.objects().len(), 2);
    // What is said on the command line outdoes both.
    let other = StandIn::start();
    let errand = Errand::new()
        .with("AWS_ENDPOINT_URL_S3", &s3.endpoint)
        .with("AWS_ENDPOINT_URL_SQS", &sqs.endpoint)
        .with_file("list.txt", &list);
    errand
        .run(&["stats", "list.txt", "--endpoint-url", &other.endpoint])
        .with(0, &["count"]);
    assert_eq!((s3.objects().len(), other.objects().len()), (2, 1));
}

#[test]
fn what_is_empty_is_as_if_unset() {
    let cloud = StandIn::start();
    let errand = Errand::new()
        .with_file("list.txt", "1")
        .with("AWS_PROFILE", "")
        .with("ERRAND_PROFILE", "")
        .with("ERRAND_REGION", "")
        .with("AWS_CA_BUNDLE", "")
        .with("HTTP_PROXY", "")
        .with("HTTPS_PROXY", "")
        .with("AWS_ENDPOINT_URL", &cloud.endpoint)
        .with("AWS_ENDPOINT_URL_S3", "")
        .with("AWS_ENDPOINT_URL_SQS", "");
    errand
        .run(&["stats", "list.txt", "--endpoint-url", ""])
        .with(0, &["count"]);
    // Without any endpoint it goes to AWS: here by a proxy that is not there.
    for (name, arguments) in [
        ("AWS_ENDPOINT_URL", &["stats", "list.txt"][..]),
        ("ERRAND_ENDPOINT_URL", &["stats", "list.txt"]),
        ("NOTHING", &["stats", "list.txt", "--endpoint-url", ""]),
    ] {
        let errand = Errand::new()
            .with_file("list.txt", "1")
            .with(name, "")
            .with("HTTPS_PROXY", "http://127.0.0.1:1");
        errand.run(arguments).with(
            3,
            &["cannot reach AWS in eu-west-1", "the proxy that HTTPS_PROXY"],
        );
    }
}

#[test]
fn a_wrong_endpoint_is_told_with_what_is_wrong() {
    for wrong in ["http://127.0.0.1:99999", "127.0.0.1:4566", "ftp://example.com"] {
        let errand = Errand::new().with_file("list.txt", "1");
        let ended = errand.run(&["stats", "list.txt", "--endpoint-url", wrong]);
        ended.with(2, &[&format!("`{wrong}` is not the URL of a service")]);
        for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS"] {
            let errand = Errand::new().with_file("list.txt", "1").with(name, wrong);
            let ended = errand.run(&["stats", "list.txt"]);
            ended.with(3, &[name, &format!("`{wrong}` is not the URL of a service")]);
        }
    }
}

#[test]
fn a_wrong_region_is_told() {
    for wrong in ["eu west", "EU-WEST-1", "eu-west-1.amazonaws.com"] {
        let errand = Errand::new().with_file("list.txt", "1");
        let ended = errand.run(&["stats", "list.txt", "--region", wrong]);
        ended.with(3, &[&format!("`{wrong}` is not an AWS region"), "eu-west-1"]);
    }
}

#[test]
fn a_bundle_of_certificates_is_read_or_told() {
    let errand = || {
        Errand::new()
            .with_file("list.txt", "1")
            .with_file("bundle.pem", "no certificate")
    };
    let cloud = "https://127.0.0.1:1";
    for bundle in ["bundle.pem", "missing.pem"] {
        let ended =
            errand()
                .with("AWS_CA_BUNDLE", bundle)
                .run(&["stats", "list.txt", "--endpoint-url", cloud]);
        ended.with(
            3,
            &[
                &format!("cannot take certificates from `{bundle}`"),
                "AWS_CA_BUNDLE",
            ],
        );
    }
}

#[test]
fn a_configuration_file_that_cannot_be_read_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let errand = Errand::new()
        .with_file("list.txt", "1")
        .with_file(".aws/config", "[default\n");
    let ended = errand.run(&["stats", "list.txt", "--endpoint-url", &endpoint]);
    ended.with(3, &["cannot read the AWS configuration files"]);
}
