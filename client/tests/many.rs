//! Many files in one run, where no cloud is needed.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Two pixels, red and green.
const IMAGE: &[u8] = b"P6 2 1 255\n\xff\x00\x00\x00\xff\x00";

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_errand"));
    command
        .arg("--offline")
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("ERRAND_NO_CONFIG", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn errand(folder: &Path, arguments: &[&str]) -> Ended {
    ended(command(folder, arguments).spawn().unwrap())
}

fn ended(child: Child) -> Ended {
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ended {
    /// The lines of stdout in the order of their text: who is done first is anyone's guess.
    fn sorted(&self) -> Vec<&str> {
        let mut lines: Vec<_> = self.stdout.lines().collect();
        lines.sort_unstable();
        lines
    }

    fn json(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The sum, without what depends on the machine.
    fn sum(&self) -> &str {
        let last = self.stderr.lines().last().unwrap();
        last.split(" in ").next().unwrap()
    }
}

fn tree(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        write(folder.path(), name, content);
    }
    folder
}

fn write(folder: &Path, name: &str, content: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// All files below a folder, hidden ones too.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(folder).unwrap().display().to_string());
            }
        }
    }
    files
}

#[test]
fn a_folder_becomes_a_tree_of_gray_images() {
    let folder = tree(&[
        ("photos/a.ppm", IMAGE),
        ("photos/b/c.ppm", IMAGE),
        ("photos/notes.txt", b"no image by its name"),
        ("photos/.hidden.ppm", IMAGE),
    ]);
    let line = "2x1 pnm, 8 bit, bt601, pixels, 17 bytes -> 13 bytes";
    let first = errand(folder.path(), &["grayscale", "photos/", "-o", "gray"]);
    assert_eq!(
        (first.code, first.sorted()),
        (
            Some(0),
            vec![&*format!("gray/a.ppm: {line}"), &*format!("gray/b/c.ppm: {line}")]
        )
    );
    assert_eq!(first.sum(), "errand: 2 done; 34 bytes became 26 bytes");
    assert!(
        fs::read(folder.path().join("gray/b/c.ppm"))
            .unwrap()
            .ends_with(&[76, 150])
    );

    let again = errand(folder.path(), &["grayscale", "photos/", "-o", "gray", "--quiet"]);
    assert_eq!((again.code, again.stdout.as_str()), (Some(1), ""));
    let mut complaints: Vec<_> = again.stderr.lines().collect();
    complaints.sort_unstable();
    assert_eq!(
        complaints,
        [
            "errand: photos/a.ppm: `gray/a.ppm` exists; replace it with --force, or leave it with --skip-existing",
            "errand: photos/b/c.ppm: `gray/b/c.ppm` exists; replace it with --force, or leave it with --skip-existing",
        ]
    );
    let skipped = errand(
        folder.path(),
        &["grayscale", "photos/", "-o", "gray", "--skip-existing"],
    );
    assert_eq!(
        (skipped.code, skipped.sorted()),
        (
            Some(0),
            vec![
                "gray/a.ppm: skipped, newer than its input",
                "gray/b/c.ppm: skipped, newer than its input"
            ]
        )
    );
    assert_eq!(skipped.sum(), "errand: 0 done, 2 skipped; 0 bytes");
    let forced = errand(folder.path(), &["grayscale", "photos/", "-o", "gray", "--force"]);
    assert_eq!(
        (forced.code, forced.sum()),
        (Some(0), "errand: 2 done; 34 bytes became 26 bytes")
    );

    let beside = errand(folder.path(), &["grayscale", "photos", "gray/a.ppm"]);
    assert_eq!(beside.code, Some(0), "{beside:?}");
    let all = files(folder.path());
    for made in ["output_photos/a.ppm", "output_photos/b/c.ppm", "output_a.ppm"] {
        assert!(all.contains(made), "{all:?}");
    }
}

#[test]
fn of_a_thousand_files_twenty_fail_and_are_told_of_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..1_000 {
        let content: &[u8] = if index % 50 == 7 { b"P6 no image" } else { IMAGE };
        write(
            folder.path(),
            &format!("in/{}/{index:04}.ppm", index % 7),
            content,
        );
    }
    let run = errand(folder.path(), &["grayscale", "in", "-o", "out", "--json"]);
    assert_eq!(run.code, Some(1));
    let lines = run.json();
    let (sum, lines) = lines.split_last().unwrap();
    assert_eq!(
        (
            &sum["summary"]["done"],
            &sum["summary"]["failed"],
            &sum["summary"]["total"]
        ),
        (&980.into(), &20.into(), &1_000.into())
    );
    let inputs: BTreeSet<_> = lines.iter().map(|line| line["input"].as_str().unwrap()).collect();
    assert_eq!((inputs.len(), lines.len()), (1_000, 1_000));
    for line in lines {
        let number = &line["input"].as_str().unwrap()[5..9];
        let fails = number.parse::<u32>().unwrap() % 50 == 7;
        assert_eq!(line["status"], if fails { "failed" } else { "done" }, "{line}");
        assert_eq!(line["error"]["message"].is_string(), fails, "{line}");
    }
    let complaints = run.stderr.lines().filter(|line| line.starts_with("errand: in/"));
    assert_eq!(complaints.count(), 20);
    assert_eq!(run.sum(), "errand: 980 done, 20 failed; 16.7 kB became 12.7 kB");
    assert_eq!(files(&folder.path().join("out")).len(), 980);

    let first = errand(
        folder.path(),
        &["grayscale", "in", "-o", "few", "--fail-fast", "-j", "1"],
    );
    assert_eq!(
        (first.code, files(&folder.path().join("few")).len() < 100),
        (Some(1), true)
    );
    assert!(
        first.stderr.contains("; stopped: --fail-fast;"),
        "{}",
        first.stderr
    );
}

#[test]
fn two_inputs_that_would_make_one_output_are_refused_before_anything_is_done() {
    let folder = tree(&[("a/x.ppm", IMAGE), ("b/x.ppm", IMAGE), ("b/y.ppm", IMAGE)]);
    let refused = errand(folder.path(), &["grayscale", "a", "b", "-o", "gray"]);
    assert_eq!(
        (refused.code, refused.stdout.as_str(), refused.stderr.as_str()),
        (
            Some(2),
            "",
            "errand: `a/x.ppm` and `b/x.ppm` would both become `gray/x.ppm`: name them in runs of their own, each with its \
             own -o, or name a folder above them; nothing was done\n"
        )
    );
    assert_eq!(files(folder.path()).len(), 3);
    for (arguments, words) in [
        (
            &["grayscale", "a", "-o", "-"][..],
            "many images do not go to standard output",
        ),
        (&["grayscale", "a", "-o", "b/y.ppm"], "`b/y.ppm` is a file"),
        (&["grayscale", "a", "-"], "`-` is one input"),
        (&["grayscale", "a", "--include", "[x"], "`[x` is no glob"),
        (&["stats", "-", "a"], "`-` is one input"),
    ] {
        let refused = errand(folder.path(), arguments);
        assert_eq!(
            (refused.code, refused.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}"
        );
        assert!(
            refused.stderr.contains(words),
            "{arguments:?}: {}",
            refused.stderr
        );
    }
    assert_eq!(files(folder.path()).len(), 3);
}

#[test]
fn names_from_a_list_keep_their_tree_and_do_not_leave_the_output_folder() {
    let folder = tree(&[
        ("work/in/a.ppm", IMAGE),
        ("work/in/b.ppm", IMAGE),
        ("up.ppm", IMAGE),
    ]);
    let work = folder.path().join("work");
    let absolute = folder.path().join("up.ppm");
    let list = format!(
        "../up.ppm\nin/../../up.ppm\r\nin/a.ppm\n\n{}\nin/no.ppm\n",
        absolute.display()
    );
    fs::write(work.join("list"), list).unwrap();
    let run = errand(&work, &["grayscale", "--files-from", "list", "-o", "gray"]);
    assert_eq!(run.code, Some(1));
    for line in [
        "errand: ../up.ppm: its name leads out of the output folder; name it on the command line, or from a folder above it",
        "errand: in/../../up.ppm: its name leads out of the output folder; name it on the command line, or from a folder \
         above it",
        "errand: in/no.ppm: cannot read it: No such file or directory (os error 2); name an existing file",
    ] {
        assert!(
            run.stderr.lines().any(|each| each == line),
            "{line}\nis not in\n{}",
            run.stderr
        );
    }
    let made = files(&work.join("gray"));
    let under = format!("{}", absolute.strip_prefix("/").unwrap().display());
    assert_eq!(made, BTreeSet::from(["in/a.ppm".to_owned(), under]));
    assert_eq!(files(folder.path()).len(), 4 + 2, "nothing else was made");

    // With NUL, a name may have a new line in it; on a line it is shown without.
    fs::write(work.join("in/new\nline.ppm"), IMAGE).unwrap();
    let mut child = command(&work, &["grayscale", "--files-from", "-", "-0", "-o", "nul"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"in/new\nline.ppm\0in/b.ppm\0")
        .unwrap();
    let run = ended(child);
    assert_eq!((run.code, run.sorted().len()), (Some(0), 2), "{run:?}");
    assert!(run.stdout.contains("nul/in/new\\nline.ppm: "), "{}", run.stdout);
    assert!(work.join("nul/in/new\nline.ppm").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_are_done_too() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = tree(&[]);
    let name = OsStr::from_bytes(b"in/gr\xfcn.ppm");
    fs::create_dir(folder.path().join("in")).unwrap();
    fs::write(folder.path().join(name), IMAGE).unwrap();
    for json in [&[][..], &["--json"]] {
        let run = errand(
            folder.path(),
            &[&["grayscale", "in", "-o", "out", "--force"], json].concat(),
        );
        assert_eq!((run.code, run.stderr.lines().count()), (Some(0), 1), "{run:?}");
    }
    assert!(folder.path().join(OsStr::from_bytes(b"out/gr\xfcn.ppm")).exists());
}

#[test]
fn many_lists_are_a_table_or_lines_of_json() {
    let folder = tree(&[
        ("lists/a.txt", b"3 1 2"),
        ("lists/b.txt", b"-5 100000000000000000000000"),
        ("lists/c.txt", b"1 x"),
        ("lists/d e.txt", b"7"),
    ]);
    let run = errand(folder.path(), &["stats", "lists"]);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (
            Some(1),
            "count                      sum  min                       max                     mean                     median  list
    3                        6    1                         3                        2                          2  lists/a.txt
    2  99999999999999999999995   -5  100000000000000000000000  49999999999999999999998  49999999999999999999997.5  lists/b.txt
    1                        7    7                         7                        7                          7  lists/d e.txt
"
        )
    );
    assert!(
        run.stderr
            .starts_with("errand: lists/c.txt: not a number: `x` at line 1, column 3; "),
        "{}",
        run.stderr
    );
    assert_eq!(run.sum(), "errand: 3 done, 1 failed; 33 bytes");

    let run = errand(
        folder.path(),
        &["stats", "lists/*.txt", "--json", "--statistics", "sum", "-j1"],
    );
    assert_eq!(
        run.stdout.lines().take(2).collect::<Vec<_>>(),
        [
            "{\"input\":\"lists/a.txt\",\"status\":\"done\",\"count\":3,\"sum\":\"6\"}",
            "{\"input\":\"lists/b.txt\",\"status\":\"done\",\"count\":2,\"sum\":\"99999999999999999999995\"}",
        ]
    );
    let more = errand(
        folder.path(),
        &["stats", "lists/a.txt", "lists/d e.txt", "--histogram"],
    );
    assert!(
        more.stdout.contains("lists/d e.txt\ncount    1\n"),
        "{}",
        more.stdout
    );
}

#[test]
fn several_columns_of_many_tables_are_a_row_each() {
    let folder = tree(&[
        ("a.csv", b"name,x,y\nq,1,2\nr,3,4\n"),
        ("b.csv", b"name,x,y\nq,10,n/a\n"),
    ]);
    let stats = |arguments: &[&str]| {
        errand(
            folder.path(),
            &[&["stats", "a.csv", "b.csv", "-q"], arguments].concat(),
        )
    };
    let run = stats(&["--all-columns", "--statistics", "sum"]);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (
            Some(0),
            "\
count  sum  column  list
    2    4  x       a.csv
    2    6  y       a.csv
    1   10  x       b.csv
"
        )
    );
    assert_eq!(
        run.stderr,
        "errand: a.csv: not numeric: name: `q` at line 2\nerrand: b.csv: not numeric: name: `q` at line 2\n\
         errand: b.csv: not numeric: y: `n/a` at line 2\n"
    );
    let run = stats(&[
        "--column",
        "x",
        "--column",
        "y",
        "--skip-invalid",
        "--json",
        "-j1",
    ]);
    let lines = run.json();
    assert_eq!(lines[0]["columns"][1]["sum"], "6");
    assert_eq!(
        lines[1]["error"]["message"],
        "no numbers in column `y`, 1 field skipped; leave it out"
    );
    let run = stats(&["--column", "2", "--skip-invalid", "--statistics", "sum"]);
    assert!(
        run.stdout
            .starts_with("count  sum  skipped  column  list\n    2    4        0  x       a.csv\n"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_file_is_not_overwritten_unless_it_may_be() {
    let folder = tree(&[("image.ppm", IMAGE), ("there.ppm", b"mine")]);
    let errand = |arguments: &[&str]| errand(folder.path(), arguments);
    let refused = errand(&["grayscale", "image.ppm", "-o", "there.ppm"]);
    assert_eq!(
        (refused.code, refused.stdout.as_str(), refused.stderr.as_str()),
        (
            Some(5),
            "",
            "errand: `there.ppm` exists: replace it with --force, or name another place\n"
        )
    );
    let own = errand(&["grayscale", "image.ppm", "-o", "image.ppm"]);
    assert_eq!(
        (own.code, fs::read(folder.path().join("image.ppm")).unwrap()),
        (Some(5), IMAGE.to_vec())
    );
    assert_eq!(errand(&["grayscale", "image.ppm"]).code, Some(0));
    let again = errand(&["grayscale", "image.ppm", "--json"]);
    assert_eq!(
        (again.code, &again.json()[0]["error"]["code"]),
        (Some(5), &"exists".into())
    );
    assert_eq!(
        errand(&["grayscale", "image.ppm", "--skip-existing"]).code,
        Some(0)
    );
    assert_eq!(errand(&["grayscale", "image.ppm", "--force"]).code, Some(0));
    assert_eq!(fs::read(folder.path().join("there.ppm")).unwrap(), b"mine");

    let into = errand(&["grayscale", "image.ppm", "-o", "new/folder/"]);
    assert_eq!(into.code, Some(0), "{into:?}");
    assert!(folder.path().join("new/folder/image.ppm").exists());
    assert_eq!(errand(&["grayscale", "image.ppm", "-o", "new"]).code, Some(0));
    assert!(folder.path().join("new/image.ppm").exists());
    let unknown = errand(&["grayscale", "image.ppm", "-o", "x.heic"]);
    assert_eq!(unknown.code, Some(2));
    assert!(
        unknown
            .stderr
            .starts_with("errand: `x.heic`: cannot write `.heic`; "),
        "{}",
        unknown.stderr
    );
}

#[cfg(unix)]
#[test]
fn a_link_stays_and_what_it_leads_to_is_replaced() {
    let folder = tree(&[("image.ppm", IMAGE), ("there.ppm", b"old"), ("far/x", b"")]);
    for (link, to) in [("link.ppm", "there.ppm"), ("dangling.ppm", "far/new.ppm")] {
        std::os::unix::fs::symlink(to, folder.path().join(link)).unwrap();
    }
    let refused = errand(folder.path(), &["grayscale", "image.ppm", "-o", "link.ppm"]);
    assert_eq!(refused.code, Some(5));
    for link in ["link.ppm", "dangling.ppm"] {
        let run = errand(folder.path(), &["grayscale", "image.ppm", "-o", link, "--force"]);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert!(
            fs::symlink_metadata(folder.path().join(link))
                .unwrap()
                .is_symlink()
        );
    }
    for made in ["there.ppm", "far/new.ppm"] {
        assert!(
            fs::read(folder.path().join(made)).unwrap().starts_with(b"P5"),
            "{made}"
        );
    }
}

/// Enough work that a signal comes in the midst of it.
fn much(folder: &Path) -> usize {
    let mut image = b"P6 1200 1000 255\n".to_vec();
    image.extend((0..3_600_000_u32).map(|at| at.wrapping_mul(2_654_435_761).to_le_bytes()[3]));
    for index in 0..60 {
        write(folder, &format!("in/{index}.ppm"), &image);
    }
    60
}

/// How many are no parts.
fn made(files: &BTreeSet<String>) -> usize {
    files.iter().filter(|file| !file.starts_with('.')).count()
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_leaves_nothing_half_done_and_is_resumed() {
    use std::os::unix::process::ExitStatusExt;
    let folder = tempfile::tempdir().unwrap();
    let count = much(folder.path());
    let out = folder.path().join("out");
    // To PNG, which takes its time.
    let arguments = [
        "grayscale",
        "in",
        "-o",
        "out",
        "--format",
        "png",
        "--optimize",
        "--skip-existing",
    ];
    let mut before = 0;
    for (name, signal) in [("-INT", 2), ("-TERM", 15), ("-KILL", 9)] {
        let child = command(folder.path(), &arguments).spawn().unwrap();
        let end = Instant::now() + Duration::from_mins(2);
        while !out.exists() || made(&files(&out)) <= before {
            assert!(Instant::now() < end, "nothing is done");
            std::thread::sleep(Duration::from_millis(1));
        }
        let killed = Command::new("kill")
            .args([name, &child.id().to_string()])
            .status();
        assert!(killed.unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.signal(), Some(signal), "it dies of the signal");
        let left = files(&out);
        before = made(&left);
        assert!(before > 0 && before < count, "in the midst of it: {before}");
        if signal == 9 {
            continue;
        }
        assert_eq!(left.len(), before, "no part stays: {left:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        let last = stderr.lines().last().unwrap();
        assert!(
            last.starts_with("errand: interrupted: ")
                && last.ends_with("; the same with --skip-existing does what is left"),
            "{stderr}"
        );
    }
    let rest = errand(folder.path(), &arguments);
    assert_eq!(rest.code, Some(0), "{}", rest.stderr);
    let skipped = rest
        .stdout
        .lines()
        .filter(|line| line.contains(": skipped, "))
        .count();
    assert_eq!((skipped, rest.stdout.lines().count()), (before, count));
    for index in 0..count {
        let png = fs::read(out.join(format!("{index}.png"))).unwrap();
        assert!(png.ends_with(b"IEND\xaeB`\x82"), "{index} is whole");
    }
}

#[cfg(unix)]
#[test]
fn what_is_older_than_its_input_or_broken_off_is_not_skipped() {
    let folder = tree(&[("in/a.ppm", IMAGE), ("in/b.png", &png()), ("in/c.ppm", IMAGE)]);
    let run = |more: &[&str]| {
        errand(
            folder.path(),
            &[&["grayscale", "in", "-o", "out", "--skip-existing"], more].concat(),
        )
    };
    assert_eq!(run(&[]).code, Some(0));
    let now = std::time::SystemTime::now();
    let newer = fs::File::options()
        .write(true)
        .open(folder.path().join("in/a.ppm"))
        .unwrap();
    newer.set_modified(now + Duration::from_secs(10)).unwrap();
    let broken = folder.path().join("out/b.png");
    let bytes = fs::read(&broken).unwrap();
    fs::write(&broken, &bytes[..bytes.len() - 5]).unwrap();
    let again = run(&["--quiet"]);
    assert_eq!(
        (again.code, again.stdout.as_str()),
        (Some(1), "out/c.ppm: skipped, newer than its input\n")
    );
    for name in ["a.ppm", "b.png"] {
        let line = format!(
            "errand: in/{name}: `out/{name}` exists, but is older than its input or not whole: replace it with --force"
        );
        assert!(again.stderr.lines().any(|each| each == line), "{}", again.stderr);
    }
    let forced = run(&["--force"]);
    assert_eq!(
        (forced.code, forced.sum().split(';').next().unwrap()),
        (Some(0), "errand: 2 done, 1 skipped")
    );
    assert_eq!(fs::read(&broken).unwrap(), bytes);
}

/// A PNG of one pixel, made by the command itself.
fn png() -> Vec<u8> {
    let folder = tree(&[("a.ppm", IMAGE)]);
    assert_eq!(
        errand(folder.path(), &["grayscale", "a.ppm", "-o", "a.png"]).code,
        Some(0)
    );
    fs::read(folder.path().join("a.png")).unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_the_run_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..40 {
        let mut image = b"P6 200 200 255\n".to_vec();
        image.resize(image.len() + 120_000, index);
        write(folder.path(), &format!("in/{index:02}.ppm"), &image);
    }
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=512k", "none"])
        .arg(&out)
        .stderr(Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: a full disk: no file system may be mounted here");
        return;
    }
    let run = errand(folder.path(), &["grayscale", "in", "-o", "out"]);
    let all = files(&out);
    assert!(Command::new("umount").arg(&out).status().unwrap().success());
    assert_eq!(run.code, Some(1), "{run:?}");
    for words in [
        "No space left on device (os error 28); make room there, or name another place",
        "; stopped: there is no room left for what would be written; the same with --skip-existing does what is left",
    ] {
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    assert!(!all.is_empty() && made(&all) == all.len(), "{all:?}");
    assert_eq!(all.len(), run.stdout.lines().count(), "what is told is there");
}

#[cfg(target_os = "linux")]
#[test]
fn a_standard_output_that_takes_no_more_is_told() {
    let folder = tree(&[
        ("in/a.ppm", IMAGE),
        ("in/b.ppm", IMAGE),
        ("lists/a", b"1"),
        ("lists/b", b"2"),
    ]);
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let images = command(folder.path(), &["grayscale", "in", "-o", "out"])
        .stdout(full())
        .spawn()
        .unwrap();
    let images = ended(images);
    assert_eq!(
        (images.code, files(&folder.path().join("out")).len()),
        (Some(5), 2),
        "{images:?}"
    );
    assert!(
        images
            .stderr
            .contains("(No space left on device (os error 28)): the rest is done, but not listed"),
        "{images:?}"
    );
    let lists = ended(
        command(folder.path(), &["stats", "lists"])
            .stdout(full())
            .spawn()
            .unwrap(),
    );
    assert_eq!(lists.code, Some(5));
    let last = "errand: cannot write standard output: No space left on device (os error 28); send it to another place\n";
    assert!(lists.stderr.ends_with(last), "{lists:?}");
    // A reader that has had enough is no error.
    let mut child = command(folder.path(), &["stats", "lists", "--json"])
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(ended(child).code, Some(0));
}
