//! The time of day.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time now, in seconds since 1970-01-01 UTC.
#[must_use]
pub fn unix_secs() -> u64 {
    since_epoch().as_secs()
}

/// The time now, in milliseconds since 1970-01-01 UTC.
#[must_use]
pub fn unix_ms() -> u64 {
    u64::try_from(since_epoch().as_millis()).unwrap_or(u64::MAX)
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
