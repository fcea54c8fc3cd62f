//! Manual pages and completions, as manuals and shells take them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const ID: &str = "0192f0c4-7c1e-7a52-9f5b-3c1d2e4f5a6b";

fn errand(home: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_errand"))
        .args(arguments)
        .current_dir(home)
        .env_clear()
        .env("HOME", home)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    output
}

/// The path of a program, if it is installed; where it is not, that is said.
fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: {program} is not installed");
    }
    found
}

/// A home folder with a job in its journal, a settings file with targets, and files to complete.
fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        ".local/state/errand/jobs.jsonl",
        &format!(
            "{{\"job_id\":\"{ID}\",\"operation\":\"stats\",\"stack\":\"errand\",\"place\":\"AWS\",\"input\":\"list.txt\",\
             \"sent_at_unix_ms\":1}}\n"
        ),
    );
    write(".errand.toml", "[targets.somewhere]\nregion = \"eu-west-1\"\n");
    write("numbers.txt", "1 2 3");
    home
}

/// What is typed, and one of what is offered then.
const TYPED: [(&[&str], &str); 10] = [
    (&["errand", "gray"], "grayscale"),
    (&["errand", "dead-letters", "re"], "redrive"),
    (&["errand", "stats", "--colu"], "--column"),
    (&["errand", "jobs", "--state", "fa"], "failed"),
    (
        &["errand", "dead-letters", "list", "--operation", "gr"],
        "grayscale",
    ),
    (&["errand", "grayscale", "--format", "we"], "webp"),
    (&["errand", "result", "0192"], ID),
    (&["errand", "dead-letters", "show", "01"], ID),
    (&["errand", "--target", "some"], "somewhere"),
    (&["errand", "stats", "num"], "numbers.txt"),
];

/// A folder with the command, for a shell's PATH.
fn path() -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_errand"));
    format!("{}:/usr/bin:/bin", program.parent().unwrap().display())
}

/// Writes a shell's completions into a file of the home folder.
fn script(home: &TempDir, shell: &str, file: &str) {
    let completions = errand(home.path(), &["completions", shell]);
    fs::write(home.path().join(file), completions.stdout).unwrap();
}

/// Runs a shell in the home folder, with nothing of this machine's.
fn run(home: &TempDir, shell: &Path, arguments: &[&str]) -> Output {
    Command::new(shell)
        .args(arguments)
        .current_dir(home.path())
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", path())
        .output()
        .unwrap()
}

#[test]
fn bash_completes_commands_options_values_ids_targets_and_files() {
    let Some(bash) = installed("bash") else { return };
    let home = home();
    script(&home, "bash", "script");
    for (words, wanted) in TYPED {
        let quoted: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
        let last = words.len() - 1;
        // As bash calls what `complete -F` has named: command, word, word before it.
        let program = format!(
            "source ./script; COMP_WORDS=({}); COMP_CWORD={last}; COMP_TYPE=9; COMP_LINE='{}'; COMP_POINT=${{#COMP_LINE}}; \
             function=$(complete -p errand | sed 's/.*-F \\([^ ]*\\).*/\\1/'); \
             $function errand '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            quoted.join(" "),
            words.join(" "),
            words[last],
            words[last - 1],
        );
        let output = run(&home, &bash, &["--norc", "-c", &program]);
        let offered = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(
            offered.lines().any(|line| line.trim() == wanted),
            "{words:?}: no {wanted} in {offered:?} {stderr}"
        );
    }
}

#[test]
fn zsh_takes_the_script() {
    let Some(zsh) = installed("zsh") else { return };
    let home = home();
    script(&home, "zsh", "_errand");
    let program = "autoload -U compinit; compinit -u; source ./_errand; print -r -- ${_comps[errand]}";
    let output = run(&home, &zsh, &["-f", "-c", program]);
    assert!(
        output.status.success() && String::from_utf8_lossy(&output.stdout).contains("errand"),
        "{output:?}"
    );
}

#[test]
fn fish_completes_as_bash_does() {
    let Some(fish) = installed("fish") else { return };
    let home = home();
    script(&home, "fish", "script");
    for (words, wanted) in TYPED {
        let program = format!("source ./script; complete -C '{}'", words.join(" "));
        let output = run(&home, &fish, &["-N", "-c", &program]);
        let offered = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            offered
                .lines()
                .any(|line| line.split('\t').next() == Some(wanted)),
            "{words:?}: no {wanted} in {offered:?}"
        );
    }
}

#[test]
fn powershell_completes_as_bash_does() {
    let Some(powershell) = installed("pwsh") else {
        return;
    };
    let home = home();
    script(&home, "powershell", "script.ps1");
    for (words, wanted) in TYPED {
        let line = words.join(" ");
        let program = format!(
            ". ./script.ps1; (TabExpansion2 '{line}' {}).CompletionMatches | ForEach-Object CompletionText",
            line.len()
        );
        let output = run(&home, &powershell, &["-NoProfile", "-Command", &program]);
        let offered = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            offered.lines().any(|each| each.trim() == wanted),
            "{words:?}: no {wanted} in {offered:?}"
        );
    }
}

#[test]
fn what_asks_for_completions_of_every_shell_gets_them() {
    // The programs' side of it, whether the shells are installed or not.
    let home = home();
    for (shell, index) in [("bash", "1"), ("zsh", "1"), ("fish", ""), ("powershell", "")] {
        let output = Command::new(env!("CARGO_BIN_EXE_errand"))
            .args(["--", "errand", "gra"])
            .current_dir(home.path())
            .env_clear()
            .env("HOME", home.path())
            .env("ERRAND_COMPLETE", shell)
            .env("_CLAP_COMPLETE_INDEX", index)
            .env("_CLAP_IFS", "\n")
            .output()
            .unwrap();
        let offered = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(offered.contains("grayscale"), "{shell}: {output:?}");
    }
}

#[test]
fn what_a_command_refuses_does_not_complete_there() {
    let home = home();
    let offered = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_errand"))
            .arg("--")
            .args(words)
            .current_dir(home.path())
            .env_clear()
            .env("HOME", home.path())
            .env("ERRAND_COMPLETE", "fish")
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(offered(&["errand", "stats", "--off"]).contains("--offline"));
    assert!(!offered(&["errand", "jobs", "--"]).contains("--offline"));
    assert!(offered(&["errand", "jobs", "--"]).contains("--region"));
}

#[test]
fn there_is_a_manual_page_of_every_command() {
    let home = home();
    let folder = home.path().join("man1");
    errand(home.path(), &["man", folder.to_str().unwrap()]);
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for name in [
        "errand.1",
        "errand-stats.1",
        "errand-dead-letters-redrive.1",
        "errand-config-set.1",
    ] {
        assert!(names.iter().any(|each| each == name), "{name} in {names:?}");
    }
    assert!(!names.iter().any(|name| name.contains("help")), "{names:?}");
    let mandoc = installed("mandoc");
    let groff = installed("groff");
    for name in &names {
        let path = folder.join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(".SH EXAMPLES"), "{name}");
        assert!(
            !text.contains(home.path().to_str().unwrap()),
            "{name} holds a value of the environment"
        );
        if let Some(mandoc) = &mandoc {
            let checked = Command::new(mandoc)
                .args(["-T", "lint", "-W", "error"])
                .arg(&path)
                .output()
                .unwrap();
            assert!(checked.status.success(), "{name}: {checked:?}");
        }
        if let Some(groff) = &groff {
            let checked = Command::new(groff)
                .args(["-man", "-Tutf8", "-ww"])
                .arg(&path)
                .output()
                .unwrap();
            assert!(
                checked.status.success() && checked.stderr.is_empty(),
                "{name}: {checked:?}"
            );
        }
    }
    let root = String::from_utf8(errand(home.path(), &["man"]).stdout).unwrap();
    assert_eq!(root, fs::read_to_string(folder.join("errand.1")).unwrap());
}
