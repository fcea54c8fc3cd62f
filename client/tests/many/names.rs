//! Which files are meant, and where their answers go.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::Stdio;

use crate::support::{IMAGE, command, ended, errand, files, tree};

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
