//! What lies on S3, as it is typed: an object, `s3://BUCKET/KEY`; all whose keys begin alike, `s3://BUCKET/PREFIX/`, or all of a
//! bucket, `s3://BUCKET/`; or a glob. Nothing is asked of S3 here.

use std::path::{Path, PathBuf};

use errand_client::{Destination, ObjectLocation, Prefix};
use errand_protocol::BucketName;

use crate::error::Error;
use crate::many::inputs::{check_globs, has_glob};

/// How such a name begins.
const S3: &str = "s3://";

/// What lies on S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Object(ObjectLocation),
    Prefix {
        bucket: BucketName,
        /// Ends with a slash, or is empty.
        prefix: String,
    },
    Glob {
        bucket: BucketName,
        /// All before the first part that is a glob.
        base: String,
        pattern: String,
    },
}

/// Whether a name is that of an object, or of more.
pub(crate) fn is_there(name: &Path) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(S3))
}

/// Refuses what lies on S3 where no cloud is asked.
pub(crate) fn refuse_there(names: &[PathBuf]) -> Result<(), Error> {
    match names.iter().find(|name| is_there(name)) {
        Some(name) => Err(Error::Usage(format!(
            "`{}` is in the cloud: leave out --offline (or ERRAND_OFFLINE)",
            name.display()
        ))),
        None => Ok(()),
    }
}

/// What a name means; none if it is a file's.
pub(crate) fn address(name: &Path) -> Result<Option<Address>, Error> {
    let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(S3)) else {
        return Ok(None);
    };
    let wrong = |what: &str| Error::Usage(format!("`{}`: {what}", name.display()));
    let Some((bucket, key)) = rest.split_once('/') else {
        return Err(wrong(
            "expected s3://BUCKET/KEY, or s3://BUCKET/PREFIX/ for all below it; all of a bucket ends with a slash, too",
        ));
    };
    let bucket = bucket.parse().map_err(|error| wrong(&format!("{error}")))?;
    let parts = key.split_inclusive('/');
    let base: String = parts.take_while(|part| !has_glob(part.as_ref())).collect();
    if base.len() < key.len() {
        let pattern = key[base.len()..].to_owned();
        return Ok(Some(Address::Glob {
            bucket,
            base,
            pattern,
        }));
    }
    if base.is_empty() || base.ends_with('/') {
        return Ok(Some(Address::Prefix { bucket, prefix: base }));
    }
    let location = ObjectLocation {
        bucket,
        key: key.parse().map_err(|error| wrong(&format!("{error}")))?,
        version_id: None,
    };
    Ok(Some(Address::Object(location)))
}

/// All below a prefix that `include` and `exclude` leave.
pub(crate) fn prefix(
    bucket: BucketName,
    prefix: String,
    include: &[String],
    exclude: &[String],
) -> Result<Prefix, Error> {
    check_globs(include)?;
    check_globs(exclude)?;
    // As for folders here, a slash before a glob is the top's, and one behind it says that all in it is meant.
    let of_keys = |glob: &String| {
        let glob = glob.strip_prefix('/').unwrap_or(glob);
        if glob.ends_with('/') {
            format!("{glob}**")
        } else {
            glob.to_owned()
        }
    };
    Ok(Prefix {
        bucket,
        prefix,
        include: include.iter().map(of_keys).collect(),
        exclude: exclude.iter().map(of_keys).collect(),
    })
}

/// Where files go, as `--to` takes it.
pub(crate) fn destination(text: &str) -> Result<Destination, String> {
    match address(Path::new(text)) {
        Ok(Some(Address::Prefix { bucket, prefix })) => Ok(Destination { bucket, prefix }),
        Err(error) => Err(error.to_string()),
        Ok(_) => Err("expected s3://BUCKET/PREFIX/, with a slash at the end".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str) -> String {
        match address(Path::new(name)) {
            Ok(Some(Address::Object(location))) => format!("object {location}"),
            Ok(Some(Address::Prefix { bucket, prefix })) => format!("prefix {bucket} {prefix}"),
            Ok(Some(Address::Glob {
                bucket,
                base,
                pattern,
            })) => format!("glob {bucket} {base} {pattern}"),
            Ok(None) => "file".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_slash_at_the_end_means_all_below_it() {
        assert_eq!(told("s3://abc/2026/a.txt"), "object s3://abc/2026/a.txt");
        assert_eq!(told("s3://abc/2026/"), "prefix abc 2026/");
        assert_eq!(told("s3://abc/"), "prefix abc ");
        assert_eq!(told("s3://abc/2026/*.txt"), "glob abc 2026/ *.txt");
        assert_eq!(told("s3://abc/**/a.txt"), "glob abc  **/a.txt");
        assert_eq!(told("lists/a.txt"), "file");
    }

    #[test]
    fn a_name_that_is_none_says_what_is_expected() {
        assert!(
            told("s3://abc").starts_with("`s3://abc`: expected s3://BUCKET/KEY"),
            "{}",
            told("s3://abc")
        );
        assert!(
            told("s3://A/b").contains("`A` is not a bucket name"),
            "{}",
            told("s3://A/b")
        );
        let long = format!("s3://abc/{}", "k".repeat(1025));
        assert!(told(&long).contains("is not an object key"));
    }

    #[test]
    fn files_go_below_a_prefix() {
        let to = destination("s3://abc/gray/").unwrap();
        assert_eq!((to.bucket.as_str(), to.prefix.as_str()), ("abc", "gray/"));
        assert_eq!(destination("s3://abc/").unwrap().prefix, "");
        for wrong in ["gray/", "s3://abc/gray", "s3://abc/*/", "s3://abc"] {
            assert!(destination(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn globs_mean_of_keys_what_they_mean_of_folders() {
        let owned = |globs: &[&str]| globs.iter().map(|&glob| glob.to_owned()).collect::<Vec<_>>();
        let of = |include: &[&str], exclude: &[&str]| {
            let bucket = "abc".parse().unwrap();
            prefix(bucket, "a/".to_owned(), &owned(include), &owned(exclude))
        };
        let found = of(&["*.jpg", "/2026/*.png"], &["thumbs/"]).unwrap();
        assert_eq!(found.include, ["*.jpg", "2026/*.png"]);
        assert_eq!(found.exclude, ["thumbs/**"]);
        let error = of(&["[a"], &[]).unwrap_err().to_string();
        assert!(error.starts_with("`[a` is no glob"), "{error}");
    }
}
