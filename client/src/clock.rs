//! The time of day.

use std::time::{SystemTime, UNIX_EPOCH};

/// The time now, in seconds since 1970-01-01 UTC.
pub(crate) fn unix_secs() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}
