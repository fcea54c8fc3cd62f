//! How a person names a job.

use std::str::FromStr;

use errand_client::{JobId, ObjectLocation};
use errand_protocol::InvalidJobId;

/// A job, by its id or by the file that asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JobReference {
    /// By its id.
    Id(JobId),
    /// By the file that was uploaded to the input bucket, in the version that is there now.
    Uploaded(ObjectLocation),
}

impl FromStr for JobReference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(address) = text.strip_prefix("s3://") else {
            return text
                .parse()
                .map(Self::Id)
                .map_err(|error: InvalidJobId| error.to_string());
        };
        let (bucket, key) = address.split_once('/').ok_or("expected s3://BUCKET/KEY")?;
        Ok(Self::Uploaded(ObjectLocation {
            bucket: bucket.parse().map_err(|error| format!("{error}"))?,
            key: key.parse().map_err(|error| format!("{error}"))?,
            version_id: None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_named_by_its_id_or_by_the_address_of_its_file() {
        let id = JobId::random();
        assert_eq!(id.to_string().parse(), Ok(JobReference::Id(id)));
        let Ok(JobReference::Uploaded(location)) = "s3://errand-input/stats/a b.txt".parse() else {
            panic!("not taken as an address")
        };
        assert_eq!(location.to_string(), "s3://errand-input/stats/a b.txt");
        for wrong in ["list.txt", "s3://errand-input", "s3://No/stats/a"] {
            assert!(wrong.parse::<JobReference>().is_err(), "{wrong}");
        }
    }
}
