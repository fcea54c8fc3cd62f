//! A proxy between the command and the world.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::command::Errand;
use crate::stand_in::{StandIn, sqs_error};

/// A name that cannot be resolved (RFC 6761, section 6.4): who reaches it has gone through the proxy.
const HOST: &str = "cloud.invalid";

/// A proxy that passes everything on to one place, whatever host is asked for.
struct Proxy {
    url: String,
    /// The first line of each request to the proxy itself, and what it was authorized by.
    heads: Arc<Mutex<Vec<(String, String)>>>,
}

impl Proxy {
    fn to(cloud: &StandIn) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://user:word@{}", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (kept, target) = (Arc::clone(&heads), cloud.endpoint.replace("http://", ""));
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (kept, target) = (Arc::clone(&kept), target.clone());
                thread::spawn(move || pass_on(&connection.unwrap(), &target, &kept));
            }
        });
        Self { url, heads }
    }

    fn heads(&self) -> Vec<(String, String)> {
        self.heads.lock().unwrap().clone()
    }
}

/// Passes on one request, with its absolute URL made a path, or refuses to CONNECT anywhere.
fn pass_on(connection: &TcpStream, target: &str, heads: &Mutex<Vec<(String, String)>>) -> Option<()> {
    let mut reader = BufReader::new(connection);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let value = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    let first = head.lines().next()?.to_owned();
    heads
        .lock()
        .unwrap()
        .push((first.clone(), value("proxy-authorization")));
    let mut writer = connection;
    if first.starts_with("CONNECT") {
        writer
            .write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            .ok()?;
        return None;
    }
    let mut body = vec![0; value("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let (scheme_and_host, _) = first.split_once(&format!("{HOST}/"))?;
    let origin = format!("{}{HOST}", scheme_and_host.split_once(' ')?.1);
    let mut cloud = TcpStream::connect(target).ok()?;
    let direct = head
        .replacen(&origin, "", 1)
        .replacen("\r\n", "\r\nConnection: close\r\n", 1);
    cloud.write_all(direct.as_bytes()).ok()?;
    cloud.write_all(&body).ok()?;
    cloud.shutdown(std::net::Shutdown::Write).ok()?;
    std::io::copy(&mut cloud, &mut writer).ok()?;
    None
}

#[test]
fn plain_http_goes_through_the_proxy_with_its_authorization() {
    let cloud = StandIn::start();
    let proxy = Proxy::to(&cloud);
    let errand = Errand::new()
        .with_file("list.txt", "1")
        .with("HTTP_PROXY", &proxy.url);
    let ended = errand.run(&["stats", "list.txt", "--endpoint-url", &format!("http://{HOST}")]);
    ended.with(0, &["count"]);
    let heads = proxy.heads();
    assert!(heads.len() >= 4, "{heads:?}");
    for (first, authorization) in heads {
        assert!(first.starts_with(&format!("POST http://{HOST}/")), "{first}");
        // "user:word" in base64.
        assert_eq!(authorization, "Basic dXNlcjp3b3Jk");
    }
}

/// Behind a proxy, as only a cloud elsewhere is deployed to by `make deploy`.
#[test]
fn a_stack_that_is_not_deployed_is_told_with_the_command_that_deploys_it_there() {
    let cloud = StandIn::with(f64::INFINITY, |asked| {
        (asked.action() == "GetQueueUrl").then(|| Some(sqs_error("QueueDoesNotExist")))
    });
    let proxy = Proxy::to(&cloud);
    let config = "[default]\nregion = eu-west-1\n[profile far]\nregion = eu-north-1\naws_access_key_id = a\naws_secret_access_key = b\n";
    let told = |arguments: &[&str]| {
        let errand = Errand::without_region()
            .with_file("list.txt", "1")
            .with_file(".aws/config", config)
            .with("AWS_ACCESS_KEY_ID", "a")
            .with("AWS_SECRET_ACCESS_KEY", "b")
            .with("AWS_ENDPOINT_URL", format!("http://{HOST}"))
            .with("HTTP_PROXY", &proxy.url);
        let common = ["stats", "list.txt", "--stack", "mine"];
        let ended = errand.run(&[&common[..], arguments].concat());
        ended.with(3, &["stack `mine` is not deployed at http://cloud.invalid"]);
        ended.stderr
    };
    let region = told(&["--region", "eu-west-3"]);
    assert!(
        region.contains("`make deploy STACK=mine REGION=eu-west-3`"),
        "{region}"
    );
    // A default region is the one that `make deploy` takes without being told.
    let default = told(&[]);
    assert!(default.contains("`make deploy STACK=mine`"), "{default}");
    let profile = told(&["--profile", "far"]);
    assert!(
        profile.contains("`make deploy STACK=mine REGION=eu-north-1`"),
        "{profile}"
    );
}

#[test]
fn https_asks_the_proxy_for_a_tunnel() {
    let cloud = StandIn::start();
    let proxy = Proxy::to(&cloud);
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let errand = Errand::new().with_file("list.txt", "1").with(name, &proxy.url);
        let ended = errand.run(&["stats", "list.txt"]);
        ended.with(
            3,
            &[
                "cannot reach AWS in eu-west-1",
                "the proxy that HTTPS_PROXY",
                "NO_PROXY",
            ],
        );
        let (first, authorization) = proxy.heads().pop().unwrap();
        assert_eq!(first, "CONNECT sqs.eu-west-1.amazonaws.com:443 HTTP/1.1");
        assert_eq!(authorization, "Basic dXNlcjp3b3Jk");
    }
}

#[test]
fn no_proxy_leaves_hosts_out_and_this_machine_is_never_asked_for() {
    let cloud = StandIn::start();
    let proxy = Proxy::to(&cloud);
    let errand = Errand::new()
        .with_file("list.txt", "1")
        .with("HTTP_PROXY", &proxy.url)
        .with("NO_PROXY", "other.example,.invalid");
    let ended = errand.run(&["stats", "list.txt", "--endpoint-url", &format!("http://{HOST}")]);
    ended.with(3, &["cannot reach http://cloud.invalid"]);
    // A local cloud is there whether or not NO_PROXY says so.
    let errand = Errand::new()
        .with_file("list.txt", "1")
        .with("HTTP_PROXY", &proxy.url)
        .with("ALL_PROXY", &proxy.url);
    errand
        .run(&["stats", "list.txt", "--endpoint-url", &cloud.endpoint])
        .with(0, &["count"]);
    assert!(proxy.heads().is_empty(), "{:?}", proxy.heads());
}
