//! Times and ages, as a person reads them.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// A moment, in milliseconds since 1970-01-01 UTC, as RFC 3339 has it, in whole seconds: `2026-11-30T14:05:07Z`.
pub(crate) fn utc(unix_ms: u64) -> String {
    let secs = i64::try_from(unix_ms / 1000).unwrap_or(i64::MAX);
    // What is beyond the year 9999 is no time of a job.
    DateTime::from_secs(secs)
        .fmt(Format::DateTime)
        .unwrap_or_else(|_| format!("{secs} s after 1970"))
}

/// An age in the largest unit of which there is at least one.
pub(crate) fn age(secs: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(86_400, "d"), (3_600, "h"), (60, "min")];
    for (length, unit) in UNITS {
        if secs >= length {
            return format!("{} {unit}", secs / length);
        }
    }
    format!("{secs} s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_the_largest_unit() {
        for (secs, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (7_300, "2 h"),
            (90_000, "1 d"),
        ] {
            assert_eq!(age(secs), text);
        }
    }

    // As `date --utc --date @SECONDS` of GNU coreutils says.
    #[test]
    fn moments_are_told_as_rfc_3339_has_them() {
        for (secs, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(utc(secs * 1000 + 999), text, "{secs}");
        }
    }
}
