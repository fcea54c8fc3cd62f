//! What is there already.

use std::fs;
use std::time::Duration;

use crate::support::{IMAGE, errand, tree};

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
