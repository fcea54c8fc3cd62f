//! What would be done with objects on S3: `--dry-run`. They are listed, by this user's own rights.

use std::path::{Path, PathBuf};
use std::time::Duration;

use errand_client::operations::STATS;
use errand_client::{Client, Operation, Uploaded};
use errand_protocol::BucketName;
use serde_json::json;

use crate::address::{Address, address};
use crate::cli::{Global, ManyArguments};
use crate::cost::Bill;
use crate::cost::map::{BATCH_KEYS, Estimate, SLICE_BYTES, Work};
use crate::error::Error;
use crate::limit::within;
use crate::many::inputs::Selection;
use crate::many::units;
use crate::output::{self, Style};

/// How long a single function takes to begin and to answer, in seconds.
const ANSWER_SECS: f64 = 0.5;

/// What there is of one thing to do.
#[derive(Clone, Copy, Debug, Default)]
struct Objects {
    count: u64,
    size_bytes: u64,
    slices: u64,
}

impl Objects {
    fn add(&mut self, object: &Uploaded) {
        self.count += 1;
        self.size_bytes += object.size_bytes;
        // What is compressed cannot be read from the middle.
        let key = object.location.key.as_str();
        let is_compressed = [".gz", ".zst"].iter().any(|ending| key.ends_with(ending));
        self.slices += if is_compressed {
            1
        } else {
            object.size_bytes.div_ceil(SLICE_BYTES).max(1)
        };
    }
}

/// Says what would be done with all that is named. `is_together`: it is one job; `is_each`: each object below a prefix has an answer.
pub(crate) async fn say(
    client: &Client,
    global: &Global,
    operation: Operation,
    names: &[PathBuf],
    many: &ManyArguments,
    is_together: bool,
    is_each: bool,
) -> Result<(), Error> {
    let selection = Selection::of(&many.include, &many.exclude)?;
    let mut all = Objects::default();
    let mut jobs: Vec<(Work, Objects)> = Vec::new();
    for name in names {
        let Some(address) = address(name)? else {
            return Err(Error::Usage(format!(
                "`{}` is a file: --dry-run tells of files or of objects on S3, not of both at once",
                name.display()
            )));
        };
        let is_many = !matches!(address, Address::Object(_));
        let found = within(global.timeout, find(client, &address, &selection)).await?;
        let mut objects = Objects::default();
        for object in &found {
            objects.add(object);
            all.add(object);
        }
        let work = match (operation == STATS, is_many && is_each) {
            (true, false) => Work::List,
            (true, true) => Work::Lists,
            (false, _) => Work::Images,
        };
        jobs.push((work, objects));
    }
    if is_together {
        jobs = vec![(Work::List, all)];
    }
    if all.count == 0 {
        return Err(Error::Usage(
            "there is no such object: see the name, --include and --exclude".to_owned(),
        ));
    }
    let mut bill = Bill::of_a_run();
    let (mut time, mut slices, mut batches) = (Duration::ZERO, 0, 0);
    for (work, objects) in jobs {
        let estimate = estimate(work, objects, operation);
        bill.add(estimate.bill);
        time = time.max(estimate.time);
        match work {
            Work::List => slices += estimate.items,
            Work::Lists | Work::Images => batches += estimate.items,
        }
    }
    tell(global, all, slices, batches, time, bill)
}

/// A small list, or a single image, is one function's.
fn estimate(work: Work, objects: Objects, operation: Operation) -> Estimate {
    let is_small = match work {
        Work::List => objects.slices <= 1 || objects.size_bytes <= SLICE_BYTES && objects.count <= BATCH_KEYS,
        Work::Lists | Work::Images => objects.count <= 1,
    };
    let many = work.estimate(objects.count, objects.size_bytes, objects.slices);
    if !is_small {
        return many;
    }
    let secs = work.secs(objects.size_bytes);
    Estimate {
        items: 1,
        time: Duration::from_secs_f64(ANSWER_SECS + secs),
        bill: Bill::of_a_job(operation, objects.size_bytes, true, false, Some(secs)),
    }
}

/// The objects that a name means.
async fn find(client: &Client, address: &Address, selection: &Selection) -> Result<Vec<Uploaded>, Error> {
    let (bucket, base, pattern) = match address {
        Address::Object(location) => {
            let found = client.look_at(location).await?;
            let not_seen = || {
                Error::Usage(format!(
                    "{location} is not there, or may not be looked at: a dry run needs s3:GetObject on it, which the job itself does \
                     not"
                ))
            };
            return found.map(|object| vec![object]).ok_or_else(not_seen);
        }
        Address::Prefix { bucket, prefix } => (bucket, prefix, None),
        Address::Glob {
            bucket,
            base,
            pattern,
        } => (bucket, base, Some(pattern)),
    };
    let listed = client.listed(bucket, base).await;
    let listed = listed.map_err(|error| of_listing(error, bucket))?;
    let only = pattern
        .map(|pattern| Selection::of(std::slice::from_ref(pattern), &[]))
        .transpose()?;
    let is_meant = |object: &Uploaded| {
        let rest = object.location.key.as_str().strip_prefix(base.as_str());
        rest.is_some_and(|rest| {
            let rest = Path::new(rest);
            selection.wants(rest) && only.as_ref().is_none_or(|only| only.wants(rest))
        })
    };
    Ok(listed.into_iter().filter(is_meant).collect())
}

/// That a bucket cannot be listed keeps only the dry run from its figures.
fn of_listing(error: errand_client::Error, bucket: &BucketName) -> Error {
    match error {
        errand_client::Error::Service {
            action,
            message,
            retryable: false,
        } => errand_client::Error::Service {
            action,
            message: format!(
                "{message}; a dry run needs s3:ListBucket on {bucket}, which the job itself does not"
            ),
            retryable: false,
        }
        .into(),
        other => other.into(),
    }
}

fn tell(
    global: &Global,
    all: Objects,
    slices: u64,
    batches: u64,
    time: Duration,
    bill: Bill,
) -> Result<(), Error> {
    let requests = bill.client_requests.ceil();
    if global.json {
        let mut summary = json!({
            "would_be_done": all.count,
            "would_be_skipped": 0,
            "would_fail": 0,
            "input_bytes": all.size_bytes,
            "seconds": time.as_secs_f64(),
            "requests": requests,
            "usd": bill.usd(),
        });
        for (name, count) in [("slices", slices), ("batches", batches)] {
            if count > 0 {
                summary[name] = json!(count);
            }
        }
        let style = Style {
            json: true,
            aside: false,
        };
        output::said(style, &json!({ "summary": summary }), String::new)?;
    }
    if !global.quiet {
        let mut items = Vec::new();
        if slices > 0 {
            items.push(units::count(slices, "slice", "slices"));
        }
        if batches > 0 {
            items.push(units::count(batches, "batch", "batches"));
        }
        output::line(&format!(
            "would do {}, {}, in {}; about {}, {requests} requests from here, {} (list prices, see docs/scale.md)",
            units::count(all.count, "object", "objects"),
            units::bytes(all.size_bytes),
            items.join(" and "),
            units::time(time),
            bill.text()
        ));
    }
    Ok(())
}
