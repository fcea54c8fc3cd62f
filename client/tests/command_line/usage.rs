//! How the command is used: its pages, its variables, and what it says to words that it does not know.

use std::process::{Command, Stdio};

use crate::support::{errand, errand_with, folder};

/// The names of a page's subcommands.
fn subcommands(page: &str) -> Vec<String> {
    let lines = page.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names
        .filter(|name| !name.is_empty() && *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_help_page_has_examples_and_fits_into_a_hundred_columns() {
    let folder = folder();
    let mut commands = vec![Vec::new()];
    let mut count = 0;
    while let Some(command) = commands.pop() {
        for option in ["-h", "--help"] {
            let mut words: Vec<_> = command.iter().map(String::as_str).collect();
            words.push(option);
            let ended = errand(folder.path(), &words, "");
            assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{words:?}");
            let longest = ended.stdout.lines().map(|line| line.chars().count()).max();
            assert!(longest <= Some(100), "{words:?}: {longest:?} columns");
            let examples = ended.stdout.split("Examples:\n").nth(1).unwrap_or_default();
            let own = format!("errand {}", command.join(" "));
            assert!(examples.contains(own.trim_end()), "{words:?}: {examples}");
            if option == "-h" {
                let below = subcommands(&ended.stdout);
                commands.extend(
                    below
                        .iter()
                        .map(|name| [&command[..], std::slice::from_ref(name)].concat()),
                );
            }
        }
        count += 1;
    }
    assert!(count >= 20, "{count} pages were found");
}

#[test]
fn global_options_are_at_the_end_and_out_of_the_way() {
    let folder = folder();
    let short = errand(folder.path(), &["stats", "-h"], "").stdout;
    let (own, global) = short.split_once("\nGlobal options:\n").unwrap();
    assert!(own.contains("--column") && !own.contains("--region"), "{own}");
    assert!(
        global.contains("--json") && !global.contains("--region"),
        "{global}"
    );
    let long = errand(folder.path(), &["stats", "--help"], "").stdout;
    let (own, global) = long.split_once("\nGlobal options:\n").unwrap();
    assert!(own.contains("--column") && !own.contains("--region"), "{own}");
    assert!(
        global.contains("--region") && global.contains("--target"),
        "{global}"
    );
    // Options of a command's own are under its own headings.
    let (before, many) = own.split_once("\nMany at once:\n").unwrap();
    assert!(
        before.contains("--statistics") && !many.contains("--statistics"),
        "{own}"
    );
}

#[test]
fn what_a_command_refuses_is_not_offered_there() {
    let folder = folder();
    for command in [
        &["jobs"][..],
        &["wait"],
        &["result"],
        &["cancel"],
        &["listen"],
        &["doctor"],
        &["dead-letters"],
        &["dead-letters", "list"],
        &["config", "show"],
    ] {
        let page = errand(folder.path(), &[command, &["--help"]].concat(), "").stdout;
        for option in ["--offline", "--memory", "--timing"] {
            assert!(
                !page.contains(&format!("{option} ")),
                "{command:?} offers {option}"
            );
        }
        assert!(page.contains("--region"), "{command:?}");
    }
    let page = errand(folder.path(), &["completions", "--help"], "").stdout;
    assert!(!page.contains("--region"), "{page}");
}

#[test]
fn without_a_command_it_shows_a_short_page() {
    let folder = folder();
    let ended = errand(folder.path(), &[], "");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("Usage: errand"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("  errand stats input.txt"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.lines().count() <= 40, "{}", ended.stderr);
    assert!(!ended.stderr.contains("--region"), "{}", ended.stderr);
}

#[test]
fn gray_grey_and_greyscale_are_grayscale() {
    let folder = folder();
    std::fs::write(folder.path().join("image.ppm"), b"P6 1 1 255\n\xff\x00\x00").unwrap();
    for name in ["gray", "grey", "greyscale", "grayscale"] {
        let output = format!("{name}.png");
        let ended = errand(
            folder.path(),
            &["--offline", name, "image.ppm", "-o", &output],
            "",
        );
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{name}");
    }
}

#[test]
fn the_version_tells_commit_and_target() {
    let folder = folder();
    for option in ["--version", "-V"] {
        let ended = errand(folder.path(), &[option], "");
        let line = ended.stdout.strip_suffix(")\n").unwrap();
        let (name, origin) = line.split_once(" (").unwrap();
        assert_eq!(name, concat!("errand ", env!("CARGO_PKG_VERSION")));
        let (commit, target) = origin.rsplit_once(", ").unwrap_or(("0123456", origin));
        assert!(target.contains(std::env::consts::ARCH), "{origin}");
        assert!(
            commit.len() >= 7 && commit.chars().all(|digit| digit.is_ascii_hexdigit()),
            "{origin}"
        );
    }
}

#[test]
fn switches_in_variables_take_every_usual_word() {
    let folder = folder();
    let with = |value: &str| {
        errand_with(
            folder.path(),
            &[("ERRAND_JSON", value)],
            &["--offline", "stats", "-"],
            "1",
        )
    };
    for on in ["1", "true", "yes", "on", "y", "TRUE", "Yes"] {
        assert!(with(on).stdout.starts_with('{'), "{on}");
    }
    for off in ["0", "false", "no", "off", "n", "", "FALSE"] {
        assert!(with(off).stdout.starts_with("count"), "{off}");
    }
    let ended = with("maybe");
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("the variable ERRAND_JSON"),
        "{}",
        ended.stderr
    );
}

#[test]
fn every_variable_of_a_switch_takes_1_and_may_be_empty() {
    let folder = folder();
    let mut names = Vec::new();
    for command in ["stats", "grayscale", "result", "doctor"] {
        let page = errand(folder.path(), &[command, "--help"], "").stdout;
        let mut option = "";
        for line in page.lines().map(str::trim) {
            if line.starts_with('-') {
                option = line;
            }
            if let Some((_, rest)) = line.split_once("[env: ") {
                let name = rest.split(['=', ']']).next().unwrap().to_owned();
                names.push((name, !option.contains('<')));
            }
        }
    }
    assert!(names.len() > 40, "{names:?}");
    for (name, is_switch) in names {
        // As of a script's unset variable.
        let ended = errand_with(folder.path(), &[(&name, "")], &["jobs", "--help"], "");
        assert_eq!(ended.code, Some(0), "{name} empty: {}", ended.stderr);
        let empty = errand_with(folder.path(), &[(&name, "")], &["--offline", "stats", "-"], "1");
        assert_eq!(empty.code, Some(0), "{name} empty: {}", empty.stderr);
        if is_switch && !["ERRAND_DETACH", "ERRAND_NULL"].contains(&name.as_str()) {
            for command in ["stats", "grayscale", "result", "doctor"] {
                let words = [command, "--offline", "--no-such-option"];
                let ended = errand_with(folder.path(), &[(&name, "1")], &words, "1");
                assert!(
                    ended.stderr.contains("--no-such-option"),
                    "{name}: {}",
                    ended.stderr
                );
            }
        }
    }
}

#[test]
fn a_wrong_variable_is_named() {
    let folder = folder();
    for (name, value, command) in [
        ("ERRAND_TIMEOUT", "soon", "stats"),
        ("ERRAND_STACK", "Errand", "jobs"),
        ("ERRAND_LUMA", "bt1", "grayscale"),
        ("ERRAND_STATE", "lost", "jobs"),
        ("ERRAND_VERBOSE", "2", "doctor"),
    ] {
        let ended = errand_with(folder.path(), &[(name, value)], &[command], "");
        assert_eq!(ended.code, Some(2), "{name}");
        let told = format!("this comes from the variable {name}: change it, or unset it");
        assert!(ended.stderr.contains(&told), "{name}: {}", ended.stderr);
    }
    // Not what is typed.
    let ended = errand_with(
        folder.path(),
        &[("ERRAND_TIMEOUT", "5")],
        &["stats", "--timeout", "x"],
        "",
    );
    assert!(!ended.stderr.contains("ERRAND_TIMEOUT"), "{}", ended.stderr);
}

#[test]
fn an_option_outdoes_a_variable_that_it_cannot_be_used_with() {
    let folder = folder();
    let offline = ["--offline", "stats", "-", "-v"];
    let ended = errand_with(folder.path(), &[("ERRAND_QUIET", "1")], &offline, "1");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let both = [("ERRAND_QUIET", "1"), ("ERRAND_VERBOSE", "1")];
    let ended = errand_with(folder.path(), &both, &["--offline", "stats", "-"], "1");
    assert_eq!(ended.code, Some(2));
    for name in ["ERRAND_QUIET", "ERRAND_VERBOSE"] {
        assert!(ended.stderr.contains(name), "{}", ended.stderr);
    }
    let ended = errand(folder.path(), &["--offline", "stats", "-", "-v", "-q"], "1");
    assert_eq!(ended.code, Some(2));
}

#[test]
fn a_wrong_word_is_told_with_the_one_that_was_meant() {
    let folder = folder();
    for (arguments, meant) in [
        (&["stat"][..], "'stats'"),
        (&["grayscal"], "'grayscale'"),
        (&["stats", "--colum", "1"], "'--column'"),
        (&["jobs", "--state", "fialed"], "'failed'"),
        (&["grayscale", "--luma", "bt60"], "'bt601'"),
        (&["grayscale", "--format", "pgn"], "'png'"),
        (&["stats", "--statistics", "sum,medain"], "'median'"),
        (&["dead-letters", "lits"], "'list'"),
        (&["dead-letters", "list", "--operation", "stat"], "'stats'"),
        (&["completions", "bsh"], "'bash'"),
    ] {
        let ended = errand(folder.path(), arguments, "");
        assert_eq!(ended.code, Some(2), "{arguments:?}");
        let told = ended
            .stderr
            .lines()
            .any(|line| line.contains("similar") && line.contains(meant));
        assert!(told, "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn a_command_line_that_cannot_be_read_is_json_where_json_is_wanted() {
    let folder = folder();
    let json = [("ERRAND_JSON", "yes")];
    for (variables, arguments) in [
        (&[][..], &["stats", "--json", "--nope"][..]),
        (&[], &["--json", "sepia"]),
        (&[], &["--json"]),
        (&[], &["wait", "--json"]),
        (&json, &["grayscale", "--quality", "101"]),
        (&json, &[]),
        (&json, &["stats", "-", "--offline", "--detach"]),
    ] {
        let ended = errand_with(folder.path(), variables, arguments, "");
        assert_eq!(ended.code, Some(2), "{arguments:?}");
        let lines: Vec<_> = ended.stdout.lines().collect();
        assert_eq!(lines.len(), 1, "{arguments:?}: {}", ended.stdout);
        let answer: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
        assert_eq!(answer["error"]["code"], "usage", "{arguments:?}");
        assert_eq!(answer["error"]["retryable"], false);
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(
            !message.is_empty() && !message.contains(['\n', '\u{1b}']),
            "{message}"
        );
        assert!(!message.contains("Usage:"), "{message}");
    }
    let ended = errand(folder.path(), &["stats", "--nope"], "");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_ends_with_101_where_output_goes_nowhere() {
    let folder = folder();
    std::fs::write(folder.path().join("input.txt"), "1 2").unwrap();
    for arguments in [
        "--version",
        "--help",
        "",
        "stats --nope",
        "stats --nope --json",
        "--offline stats",
        "--offline stats --json",
        "--offline stats nothing.txt --json",
        "config show",
        "config path --json",
        "completions zsh",
        "man",
        "doctor --json",
    ] {
        for output in [">&- 2>&-", "> /dev/full 2> /dev/full", "2> /dev/full | true"] {
            let line = format!(
                "{} {arguments} {output}; exit ${{PIPESTATUS[0]}}",
                env!("CARGO_BIN_EXE_errand")
            );
            let status = Command::new("bash")
                .args(["-c", &line])
                .current_dir(folder.path())
                .env_clear()
                .env("HOME", folder.path())
                .env("PATH", "/usr/bin:/bin")
                .env("AWS_EC2_METADATA_DISABLED", "true")
                .stdin(Stdio::null())
                .status()
                .unwrap();
            let code = status.code().expect("it ends by itself");
            assert!(code <= 7, "{arguments} {output}: {code}");
        }
    }
}
