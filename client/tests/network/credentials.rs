//! Credentials that expire, and all the places that they come from.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::command::Errand;
use crate::stand_in::{StandIn, reply_to, sqs_error};

/// A program that gives a new key each time, which holds for 15 s, and says in its name when it was made.
const PROCESS: &str = r#"#!/bin/sh
echo run >> "$HOME/runs"
cat <<END
{ "Version": 1, "AccessKeyId": "AKID$(date +%s)", "SecretAccessKey": "secret", "SessionToken": "token",
  "Expiration": "$(date -u -d '+15 seconds' +%Y-%m-%dT%H:%M:%SZ)" }
END
"#;

fn unix_secs() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn credentials_that_expire_are_renewed_while_it_listens() {
    let begun = Instant::now();
    let cloud = StandIn::with(f64::INFINITY, |asked| {
        let made: u64 = asked.key().strip_prefix("AKID")?.parse().ok()?;
        (unix_secs() > made + 15).then(|| Some(sqs_error("ExpiredToken")))
    });
    let errand = Errand::without_keys()
        .with("AWS_ENDPOINT_URL", &cloud.endpoint)
        .with_file("process", PROCESS);
    let home = errand.home.path().display().to_string();
    let errand = errand.with_file(
        ".aws/config",
        format!("[default]\ncredential_process = /bin/sh {home}/process\n"),
    );
    let child = errand.start(&["listen", "--count", "1", "--json"]);
    let late = cloud.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(20));
        late.send(
            reply_to(&serde_json::json!({ "job_id": "0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b" })).to_string(),
        );
    });
    let ended = crate::command::Ended::of(child.wait_with_output().unwrap());
    ended.with(0, &["0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b"]);
    assert!(begun.elapsed() > Duration::from_secs(18));
    let runs = std::fs::read_to_string(errand.home.path().join("runs"))
        .unwrap()
        .lines()
        .count();
    assert!((2..=6).contains(&runs), "the program was asked {runs} times");
}

#[test]
fn one_run_asks_a_program_for_credentials_once() {
    let cloud = StandIn::start();
    let errand = Errand::without_keys()
        .with("AWS_ENDPOINT_URL", &cloud.endpoint)
        .with_file("list.txt", "1 ".repeat(600_000))
        .with_file("process", PROCESS.replace("+15 seconds", "+1 hour"));
    let home = errand.home.path().display().to_string();
    let config = format!("[default]\ncredential_process = /bin/sh {home}/process\n");
    let errand = errand.with_file(".aws/config", config);
    errand.run(&["stats", "list.txt"]).with(0, &["count"]);
    assert_eq!(
        std::fs::read_to_string(errand.home.path().join("runs")).unwrap(),
        "run\n"
    );
}

#[test]
fn a_profile_named_on_the_command_line_outdoes_keys_in_the_environment() {
    let cloud = StandIn::start();
    let errand = || {
        Errand::new()
            .with("ERRAND_ENDPOINT_URL", &cloud.endpoint)
            .with_file("list.txt", "1")
            .with_file(
                ".aws/credentials",
                "[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = secret\n",
            )
    };
    errand()
        .run(&["stats", "list.txt", "--profile", "work"])
        .with(0, &["count"]);
    errand()
        .with("ERRAND_PROFILE", "work")
        .run(&["stats", "list.txt"])
        .with(0, &["count"]);
    assert!(cloud.asked().iter().all(|asked| asked.key() == "AKIDWORK"));
    // As with every AWS tool, keys in the environment outdo AWS_PROFILE.
    errand()
        .with("AWS_PROFILE", "work")
        .run(&["stats", "list.txt"])
        .with(0, &["count"]);
    assert_eq!(cloud.asked().last().unwrap().key(), "AKIDENVIRONMENT");
}

#[test]
fn a_profile_without_credentials_or_with_a_wrong_source_is_told_as_that() {
    let config = "[profile none]\nregion = eu-west-1\n[profile role]\nrole_arn = arn:aws:iam::123456789012:role/x\n\
                  source_profile = missing\n[profile broken]\ncredential_process = /bin/echo no JSON\n";
    for (profile, words) in [
        ("none", "`none`"),
        ("role", "`missing`"),
        ("broken", "invalid JSON"),
    ] {
        let errand = Errand::new()
            .with_file(".aws/config", config)
            .with_file("list.txt", "1");
        let ended = errand.run(&["stats", "list.txt", "--profile", profile]);
        let cure = format!("look at profile `{profile}`");
        ended.with(3, &["cannot get AWS credentials: ", words, &cure]);
    }
}

#[test]
fn an_unknown_profile_is_told_with_those_that_there_are() {
    let config = "[default]\nregion = eu-west-1\n[profile work]\nregion = eu-west-1\n";
    let errand = || {
        Errand::new()
            .with_file(".aws/config", config)
            .with_file("list.txt", "1")
    };
    for errand in [
        errand().with("ERRAND_PROFILE", "elsewhere"),
        errand().with("AWS_PROFILE", "elsewhere"),
    ] {
        let ended = errand.run(&["stats", "list.txt"]);
        ended.with(
            3,
            &["there is no AWS profile `elsewhere`", "there are default, work"],
        );
    }
    let ended = Errand::new().run(&["doctor", "--profile", "elsewhere"]);
    ended.with(
        3,
        &[
            "failed   credentials    there is no AWS profile `elsewhere`",
            "there are none",
        ],
    );
}

/// The account's own start page, and a session that one logged in to.
const SSO: &str = "[profile company]\nsso_session = company\nsso_account_id = 123456789012\nsso_role_name = User\n\
                   [profile through]\nsource_profile = company\nrole_arn = arn:aws:iam::123456789012:role/x\n\
                   [sso-session company]\nsso_region = eu-west-1\nsso_start_url = https://company.awsapps.com/start\n";

#[test]
fn an_expired_sso_session_says_how_to_log_in() {
    // SHA-1 of "company", under which the session's token is kept.
    let token = r#"{ "accessToken": "t", "expiresAt": "2020-01-01T00:00:00Z", "region": "eu-west-1",
        "startUrl": "https://company.awsapps.com/start" }"#;
    let name = ".aws/sso/cache/71b21161ffa1e6516bcc072aaf5ef38cbe85b511.json";
    for profile in ["company", "through"] {
        for is_logged_in in [false, true] {
            let errand = Errand::without_keys()
                .with_file(".aws/config", SSO)
                .with_file("list.txt", "1");
            let errand = if is_logged_in {
                errand.with_file(name, token)
            } else {
                errand
            };
            let ended = errand.run(&["stats", "list.txt", "--profile", profile]);
            let cure = format!("run `aws sso login --profile {profile}`");
            ended.with(3, &["cannot get AWS credentials: ", &cure]);
        }
    }
}

/// A token of `aws login`, as the AWS CLI keeps it. The key is the one of aws-config's documentation.
fn login_token(expires_at: &str) -> String {
    let key = "-----BEGIN EC PRIVATE KEY-----\\nMHcCAQEEIFDZHUzOG1Pzq+6F0mjMlOSp1syN9LRPBuHMoCFXTcXhoAoGCCqGSM49\\nAwEHoUQDQgAE9qhj\
               +KtcdHj1kVgwxWWWw++tqoh7H7UHs7oXh8jBbgF47rrYGC+t\\ndjiIaHK3dBvvdE7MGj5HsepzLm3Kj91bqA==\\n-----END EC PRIVATE \
               KEY-----\\n";
    format!(
        r#"{{ "accessToken": {{ "accessKeyId": "AKIDLOGIN", "secretAccessKey": "secret", "sessionToken": "token",
        "accountId": "123456789012", "expiresAt": "{expires_at}" }}, "tokenType": "aws_sigv4", "refreshToken": "r",
        "idToken": "i", "clientId": "arn:aws:signin:::devtools/same-device", "dpopKey": "{key}" }}"#
    )
}

/// A command with the profile `me` of `aws login`, whose token expires then.
fn logged_in(cloud: &StandIn, expires_at: &str) -> Errand {
    let session = "arn:aws:sts::123456789012:assumed-role/Admin/admin";
    Errand::without_keys()
        .with_file(
            ".aws/config",
            format!("[profile me]\nlogin_session = {session}\n"),
        )
        .with_file(LOGIN_CACHE, login_token(expires_at))
        .with_file("list.txt", "1")
        .with("ERRAND_ENDPOINT_URL", &cloud.endpoint)
}

/// Under the SHA-256 of the session's name.
const LOGIN_CACHE: &str =
    ".aws/login/cache/76c34dc5bc54e898fa0fb3d4f12aba206ccb28038e8acbf52ecb478d1c8214d6.json";

/// AWS Sign-In, as far as it gives new tokens for old (`CreateOAuth2Token` of its API reference).
fn sign_in(status: &'static str, error: &str, answer: serde_json::Value) -> StandIn {
    let (kind, error) = (("Content-Type", "application/json".to_owned()), error.to_owned());
    StandIn::with(f64::INFINITY, move |asked| {
        let headers = vec![kind.clone(), ("X-Amzn-Errortype", error.clone())];
        assert_eq!(asked.action(), "POST /v1/token");
        Some(Some((status, headers, answer.to_string())))
    })
}

#[test]
fn a_profile_of_aws_login_is_used_and_one_that_cannot_be_renewed_says_how_to_log_in() {
    let cloud = StandIn::start();
    logged_in(&cloud, "2099-01-01T00:00:00Z")
        .run(&["stats", "list.txt", "--profile", "me"])
        .with(0, &["count"]);
    assert!(cloud.asked().iter().all(|asked| asked.key() == "AKIDLOGIN"));
    // Renewing it needs AWS, where this proxy does not lead.
    let expired = logged_in(&cloud, "2020-01-01T00:00:00Z").with("HTTPS_PROXY", "http://127.0.0.1:1");
    let ended = expired.run(&["stats", "list.txt", "--profile", "me"]);
    ended.with(
        3,
        &["cannot get AWS credentials: ", "run `aws login --profile me`"],
    );
}

#[test]
fn an_expired_token_of_aws_login_is_renewed_kept_and_used() {
    let cloud = StandIn::start();
    let service = sign_in(
        "200 OK",
        "",
        serde_json::json!({
            "accessToken": { "accessKeyId": "AKIDRENEWED", "secretAccessKey": "secret", "sessionToken": "token" },
            "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": "r2",
        }),
    );
    let errand = logged_in(&cloud, "2020-01-01T00:00:00Z").with("AWS_ENDPOINT_URL_SIGNIN", &service.endpoint);
    // The second run finds the renewed token in its file.
    for _ in 0..2 {
        errand
            .run(&["stats", "list.txt", "--profile", "me"])
            .with(0, &["count"]);
    }
    assert!(cloud.asked().iter().all(|asked| asked.key() == "AKIDRENEWED"));
    let asked = service.asked();
    assert_eq!(asked.len(), 1, "it was asked again: {asked:?}");
    let body: serde_json::Value = serde_json::from_slice(&asked[0].body).unwrap();
    assert_eq!(
        (&body["grantType"], &body["refreshToken"]),
        (&"refresh_token".into(), &"r".into())
    );
    assert!(
        !asked[0].header("dpop").is_empty(),
        "no proof of possession: {asked:?}"
    );
    let kept = std::fs::read_to_string(errand.home.path().join(LOGIN_CACHE)).unwrap();
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(
        (&kept["refreshToken"], &kept["accessToken"]["accessKeyId"]),
        (&"r2".into(), &"AKIDRENEWED".into())
    );
}

#[test]
fn a_session_of_aws_login_that_has_ended_says_how_to_log_in() {
    let cloud = StandIn::start();
    let refused = serde_json::json!({ "error": "TOKEN_EXPIRED", "message": "refresh token has expired" });
    let service = sign_in("403 Forbidden", "AccessDeniedException", refused);
    let errand = logged_in(&cloud, "2020-01-01T00:00:00Z").with("AWS_ENDPOINT_URL_SIGNIN", &service.endpoint);
    let ended = errand.run(&["stats", "list.txt", "--profile", "me"]);
    ended.with(
        3,
        &[
            "cannot get AWS credentials: ",
            "session has expired",
            "run `aws login --profile me`",
        ],
    );
    assert!(cloud.asked().is_empty(), "{:?}", cloud.asked());
}
