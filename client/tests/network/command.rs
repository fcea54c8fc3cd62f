//! The `errand` command with an AWS configuration of its own, and nothing of this machine's.

use std::ffi::OsStr;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// A folder, which is also the home folder, and the variables of the command's environment.
pub(crate) struct Errand {
    pub(crate) home: TempDir,
    variables: Vec<(String, String)>,
}

impl Errand {
    /// With keys in the environment, and a region.
    pub(crate) fn new() -> Self {
        Self::without_keys()
            .with("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT")
            .with("AWS_SECRET_ACCESS_KEY", "secret")
    }

    /// With a region alone.
    pub(crate) fn without_keys() -> Self {
        Self::without_region().with("AWS_REGION", "eu-west-1")
    }

    /// With nothing.
    pub(crate) fn without_region() -> Self {
        let errand = Self {
            home: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        };
        errand.with("AWS_EC2_METADATA_DISABLED", "true")
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// The variables of the command's environment, but for those of the shell.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        self.variables.clone()
    }

    /// With a file in the home folder, and the folders that it needs.
    pub(crate) fn with_file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_errand"))
            .args(arguments.iter().map(OsStr::new))
            .current_dir(self.home.path())
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", "/usr/bin:/bin")
            .envs(self.variables.clone())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.start(arguments).wait_with_output().unwrap())
    }
}

#[derive(Debug)]
pub(crate) struct Ended {
    /// As a shell has it: of a command that died of a signal, 128 and the signal.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output
                .status
                .code()
                .or_else(|| Some(128 + output.status.signal()?)),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// That it ended with this code, and each of `words` is in what it printed or complained.
    #[track_caller]
    pub(crate) fn with(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for word in words {
            assert!(
                self.stdout.contains(word) || self.stderr.contains(word),
                "no `{word}` in {self:#?}"
            );
        }
        for line in self.stderr.lines() {
            assert!(line.len() <= 340, "{} bytes: {line}", line.len());
        }
    }
}
