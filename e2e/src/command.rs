//! The client's command, run as a user would run it.

use std::ffi::OsStr;
use std::marker::PhantomData;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::{Stack, record};

/// The `errand` command in a folder of its own. [`Stack::errand`] makes one: it borrows the stack, so that no test
/// can run the client on a stack that another test has to itself.
pub struct Errand<'a> {
    /// The folder that it runs in.
    pub folder: tempfile::TempDir,
    /// Where it notes the jobs that it sends.
    state: tempfile::TempDir,
    stack: PhantomData<&'a Stack>,
}

impl Errand<'_> {
    pub(crate) fn new(_: &Stack) -> Errand<'_> {
        Errand {
            folder: tempfile::tempdir().unwrap(),
            state: tempfile::tempdir().unwrap(),
            stack: PhantomData,
        }
    }

    /// With a file in the folder.
    ///
    /// # Panics
    ///
    /// The file cannot be written.
    #[must_use]
    pub fn with(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.folder.path().join(name), bytes).unwrap();
        self
    }

    /// The command, to be run in the folder.
    pub fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("XDG_STATE_HOME", self.state.path())
            .env("XDG_CONFIG_HOME", self.state.path())
            .env("ERRAND_NO_CONFIG", "1")
            .stdin(Stdio::null());
        become_user(&mut command, "CLIENT");
        command
    }

    /// The command, to be run as somebody who looks after the stack.
    pub fn command_as_operator(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = self.command(arguments);
        become_user(&mut command, "OPERATOR");
        command
    }

    /// Runs it to its end as somebody who looks after the stack.
    ///
    /// # Panics
    ///
    /// It cannot be started.
    #[must_use]
    pub fn run_as_operator(&self, arguments: &[&str]) -> Ended {
        let ended = Ended::from(self.command_as_operator(arguments).output().unwrap());
        record::command(arguments, &ended.stdout);
        ended
    }

    /// Runs it to its end.
    ///
    /// # Panics
    ///
    /// It cannot be started.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Ended {
        let ended = Ended::from(self.command(arguments).output().unwrap());
        record::command(arguments, &ended.stdout);
        ended
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What a file in the folder holds.
    ///
    /// # Panics
    ///
    /// There is no such file.
    #[must_use]
    pub fn file(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The names of all files in the folder, sorted.
    ///
    /// # Panics
    ///
    /// The folder cannot be read.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Whether the client runs as a user who may use this one stack and nothing else: to such a user another stack is
/// forbidden, whether it is there or not.
#[must_use]
pub fn is_client_restricted() -> bool {
    std::env::var_os("ERRAND_TEST_CLIENT_AWS_ACCESS_KEY_ID").is_some()
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; of a command that died of a signal, what a shell makes of that: 128 and the signal.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained.
    pub stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output
                .status
                .code()
                .or_else(|| Some(128 + output.status.signal()?)),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ended {
    /// That it succeeded, without complaint.
    ///
    /// # Panics
    ///
    /// It did not.
    #[must_use]
    pub fn succeeded(self) -> Self {
        assert_eq!(
            (self.code, self.stderr.as_str()),
            (Some(0), ""),
            "{}",
            self.stdout
        );
        self
    }

    /// That it failed with this exit code, saying each of `words` on stderr.
    ///
    /// # Panics
    ///
    /// It did not.
    #[expect(
        clippy::must_use_candidate,
        clippy::return_self_not_must_use,
        reason = "an assertion, whose value is a bonus"
    )]
    pub fn failed(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout: {} stderr: {}",
            self.stdout,
            self.stderr
        );
        for word in words {
            assert!(self.stderr.contains(word), "no `{word}` in: {}", self.stderr);
        }
        self
    }

    /// What it printed, as JSON.
    ///
    /// # Panics
    ///
    /// It is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// Gives a command the key of one of the users that `devtools.local_cloud.with_users` made, where it did: the client with the client
/// policy alone, the operator with the operator policy besides. The tests themselves look behind the scenes as root.
fn become_user(command: &mut Command, user: &str) {
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        if let Some(value) = std::env::var_os(format!("ERRAND_TEST_{user}_{name}")) {
            command.env(name, value);
        }
    }
}

/// The `errand` binary, built by the same profile as this test.
fn binary() -> PathBuf {
    // target/release/deps/test-hash -> target/release/errand
    let mut path = std::env::current_exe().expect("a test knows its own path");
    path.pop();
    path.pop();
    path.push(format!("errand{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is not built: run `make test`", path.display());
    path
}
