//! Settings files as people have them, where no cloud is needed: what holds, where it comes from, what is wrong with them.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A home folder with a project in it, and the variables that are set.
struct Errand {
    home: TempDir,
    variables: Vec<(String, String)>,
}

#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Errand {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("project/deep")).unwrap();
        Self {
            home,
            variables: Vec::new(),
        }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With the project's file.
    fn project(self, text: &str) -> Self {
        fs::write(self.home.path().join("project/.errand.toml"), text).unwrap();
        self
    }

    /// With the user's file.
    fn user(self, text: &str) -> Self {
        let folder = self.home.path().join(".config/errand");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("config.toml"), text).unwrap();
        self
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.home.path().join(name)).unwrap()
    }

    /// Runs it below the project's folder.
    fn run(&self, arguments: &[&str]) -> Ended {
        self.run_in("project/deep", arguments)
    }

    fn run_in(&self, folder: &str, arguments: &[&str]) -> Ended {
        let output = Command::new(env!("CARGO_BIN_EXE_errand"))
            .args(arguments)
            .current_dir(self.home.path().join(folder))
            .env_clear()
            .env("HOME", self.home.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(self.variables.clone())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The value of a setting and its source, without the way to the file.
    fn told(&self, name: &str, arguments: &[&str]) -> String {
        let ended = self.run(&[arguments, &["config", "show", "--json"]].concat());
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
        let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
        let settings = answer["settings"].as_array().unwrap();
        let setting = settings.iter().find(|each| each["name"] == name).unwrap();
        let home = format!("{}/", self.home.path().canonicalize().unwrap().display());
        let source = setting["source"].as_str().unwrap().replace(&home, "");
        format!("{} ({source})", setting["value"].as_str().unwrap_or("-"))
    }
}

impl Ended {
    #[track_caller]
    fn with(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for word in words {
            assert!(
                self.stdout.contains(word) || self.stderr.contains(word),
                "no `{word}` in {self:#?}"
            );
        }
    }
}

const TARGETS: &str = "target = \"local\"\n\n[targets.local]\nendpoint-url = \"http://127.0.0.1:4566\"\nemulator = true\n\n\
                       [targets.aws]\nregion = \"eu-west-1\"\nstack = \"two\"\n";

#[test]
fn option_then_variable_then_project_then_user_then_default() {
    let mut errand = Errand::new();
    assert_eq!(errand.told("region", &[]), "- (as the AWS configuration says)");
    assert_eq!(errand.told("stack", &[]), "errand (default)");
    errand = errand.user("region = \"user-1\"\n");
    assert_eq!(
        errand.told("region", &[]),
        "user-1 (.config/errand/config.toml:1)"
    );
    errand = errand.project("\nregion = \"project-1\"\n");
    assert_eq!(errand.told("region", &[]), "project-1 (project/.errand.toml:2)");
    errand = errand.with("AWS_REGION", "aws-1");
    assert_eq!(errand.told("region", &[]), "aws-1 (AWS_REGION)");
    errand = errand.with("ERRAND_REGION", "variable-1");
    assert_eq!(errand.told("region", &[]), "variable-1 (ERRAND_REGION)");
    assert_eq!(
        errand.told("region", &["--region", "option-1"]),
        "option-1 (--region)"
    );
}

#[test]
fn targets_are_chosen_by_file_variable_or_option() {
    let errand = Errand::new().project(TARGETS);
    let endpoint = "http://127.0.0.1:4566 (target local, project/.errand.toml:4)";
    assert_eq!(errand.told("endpoint-url", &[]), endpoint);
    assert_eq!(
        errand.told("stack", &["--target", "aws"]),
        "two (target aws, project/.errand.toml:9)"
    );
    let errand = errand.with("ERRAND_TARGET", "aws");
    assert_eq!(
        errand.told("region", &[]),
        "eu-west-1 (target aws, project/.errand.toml:8)"
    );
    assert_eq!(errand.told("endpoint-url", &["--target", "local"]), endpoint);
    // Empty is as unset.
    let errand = errand.with("ERRAND_TARGET", "");
    assert_eq!(errand.told("endpoint-url", &[]), endpoint);
}

#[test]
fn what_holds_is_shown_with_the_files_that_were_read() {
    let errand = Errand::new().project(TARGETS).with("AWS_PROFILE", "work");
    let ended = errand.run(&["config", "show"]);
    let home = errand.home.path().canonicalize().unwrap();
    let file = home.join("project/.errand.toml");
    let file = file.display();
    let expected = format!(
        "target        local                  {file}:1
stack         errand                 default
endpoint-url  http://127.0.0.1:4566  target local, {file}:4
region        us-east-1              default
profile       -                      as the AWS configuration says
kms-key-arn   -                      default
credentials   the keys that all emulators take

AWS_PROFILE is not heeded: the target is an emulator. For AWS, name a profile or another target.

project's file  {file}
user's file     none (it would be {}/.config/errand/config.toml)
targets         aws, local
",
        errand.home.path().display()
    );
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
        (Some(0), expected.as_str(), "")
    );
}

#[test]
fn a_wrong_file_is_told_with_its_line_and_stops_every_command() {
    let errand = Errand::new().project("stack = \"errand\"\nregoin = \"x\"\n");
    for arguments in [
        &["stats", "-"][..],
        &["--offline", "stats", "-"],
        &["jobs"],
        &["doctor"],
        &["config", "show"],
    ] {
        errand.run(arguments).with(
            2,
            &["project/.errand.toml:2: there is no setting `regoin`: did you mean `region`?"],
        );
    }
    let ended = errand.run(&["jobs", "--json"]);
    let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(answer["error"]["code"], "invalid_settings");
    // The way out, and what needs none.
    errand
        .run(&["config", "path", "--project"])
        .with(0, &["project/.errand.toml"]);
    errand
        .run(&["config", "show", "--no-config"])
        .with(0, &["left out"]);
    errand.run(&["completions", "bash"]).with(0, &["errand"]);
}

#[test]
fn a_target_that_is_not_there_is_told_with_those_that_are() {
    let errand = Errand::new().project(TARGETS);
    errand.run(&["--target", "lokal", "jobs"]).with(
        2,
        &["there is no target `lokal` (from --target): did you mean `local`?"],
    );
    let errand = Errand::new().with("ERRAND_TARGET", "local");
    errand.run(&["jobs"]).with(
        2,
        &["there is no target `local` (from ERRAND_TARGET)", "make local-up"],
    );
    Errand::new().run(&["--target", "prod", "jobs"]).with(
        2,
        &[
            "there is no target `prod`",
            "errand config set targets.prod.region=REGION",
        ],
    );
}

#[test]
fn a_projects_file_cannot_send_to_another_machine() {
    let errand = Errand::new().project("endpoint-url = \"https://example.com\"\n");
    errand.run(&["stats", "-"]).with(
        2,
        &[
            ".errand.toml:1: a project's file may not send to `https://example.com`",
            "--config-file",
        ],
    );
    // Whoever names the file, or writes it into his own, means it.
    let path = errand.home.path().join("project/.errand.toml");
    let path = path.to_str().unwrap().to_owned();
    assert!(
        errand
            .told("endpoint-url", &["--config-file", &path])
            .starts_with("https://example.com (")
    );
    let errand = Errand::new().user("endpoint-url = \"https://example.com\"\n");
    assert!(
        errand
            .told("endpoint-url", &[])
            .starts_with("https://example.com (")
    );
}

#[cfg(unix)]
#[test]
fn somebody_elses_file_is_not_taken_unasked() {
    let errand = Errand::new().project("region = \"theirs-1\"\n");
    let path = errand.home.path().join("project/.errand.toml");
    if let Err(error) = std::os::unix::fs::chown(&path, Some(4711), None) {
        eprintln!("SKIPPED: a file cannot be given away here: {error}");
        return;
    }
    errand
        .run(&["config", "show"])
        .with(2, &["belongs to another user", "--config-file", "--no-config"]);
    let path = path.to_str().unwrap().to_owned();
    assert!(
        errand
            .told("region", &["--config-file", &path])
            .starts_with("theirs-1 (")
    );
    assert_eq!(errand.told("stack", &["--no-config"]), "errand (default)");
}

#[test]
fn a_file_above_the_home_folder_is_not_looked_for() {
    let errand = Errand::new().project("region = \"project-1\"\n");
    let home = errand.home.path().join("project/deep");
    let errand = errand.with("HOME", home.to_str().unwrap());
    assert_eq!(errand.told("region", &[]), "- (as the AWS configuration says)");
}

#[test]
fn a_file_that_is_named_has_to_be_there() {
    Errand::new()
        .run(&["--config-file", "missing.toml", "config", "show"])
        .with(2, &["cannot read the settings of `missing.toml`"]);
}

#[test]
fn settings_are_written_where_they_are_wanted_and_read_again() {
    let errand = Errand::new();
    let set = [
        "config",
        "set",
        "region=eu-west-1",
        "timeout=30",
        "targets.aws.stack=two",
    ];
    errand.run(&set).with(0, &[".config/errand/config.toml"]);
    assert_eq!(
        errand.file(".config/errand/config.toml"),
        "region = \"eu-west-1\"\ntimeout = 30\n\n[targets.aws]\nstack = \"two\"\n"
    );
    assert_eq!(errand.told("timeout", &[]), "30 (.config/errand/config.toml:2)");
    errand
        .run(&["config", "unset", "timeout", "targets.aws"])
        .with(0, &[]);
    assert_eq!(
        errand.file(".config/errand/config.toml"),
        "region = \"eu-west-1\"\n"
    );
    // A project's file is made where there is none, and found from below where there is one.
    errand
        .run_in("project", &["config", "set", "--project", "stack=two"])
        .with(0, &["project/.errand.toml"]);
    errand
        .run(&["config", "set", "--project", "stack=three"])
        .with(0, &[]);
    assert_eq!(errand.file("project/.errand.toml"), "stack = \"three\"\n");
    for wrong in ["stack=Errand", "regoin=x", "targets.local.emulator=yes", "region"] {
        errand
            .run(&["config", "set", wrong])
            .with(2, &["error: invalid value"]);
    }
    errand
        .run(&["config", "set", "--project", "endpoint-url=https://example.com"])
        .with(2, &["another machine"]);
    assert_eq!(errand.file("project/.errand.toml"), "stack = \"three\"\n");
}

#[test]
fn settings_of_the_command_itself_hold() {
    let errand = Errand::new().project("memory = 1\n");
    fs::write(errand.home.path().join("image.ppm"), b"P6 2000 2000 255\n").unwrap();
    let image = errand.home.path().join("image.ppm");
    let mut file = fs::File::options().append(true).open(&image).unwrap();
    std::io::Write::write_all(&mut file, &vec![7; 12_000_000]).unwrap();
    let name = image.to_str().unwrap();
    let ended = errand.run(&["--offline", "grayscale", name, "-o", "gray.png"]);
    ended.with(1, &["memory"]);
    let ended = errand.run(&[
        "--offline",
        "grayscale",
        name,
        "-o",
        "gray.png",
        "--memory",
        "4096",
    ]);
    ended.with(0, &["gray.png"]);
}

#[test]
fn verbose_tells_which_files_were_read() {
    let errand = Errand::new().project(TARGETS.replace("4566", "1").as_str());
    errand.run(&["-v", "doctor"]).with(
        3,
        &[
            "settings of ",
            "project/.errand.toml",
            "target `local`: http://127.0.0.1:1",
        ],
    );
}

#[test]
fn a_settings_file_with_a_secret_is_refused() {
    let errand = Errand::new().project("[targets.aws]\nsecret-access-key = \"x\"\n");
    errand.run(&["config", "show"]).with(
        2,
        &[".errand.toml:2: there is no setting of a target `secret-access-key`"],
    );
    assert!(Path::new(errand.home.path()).exists());
}
