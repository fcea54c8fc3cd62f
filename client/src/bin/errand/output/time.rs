//! Times and ages, as a person reads them.

/// A moment, in milliseconds since 1970-01-01 UTC, as RFC 3339 has it, in whole seconds: `2026-11-30T14:05:07Z`.
pub(crate) fn utc(unix_ms: u64) -> String {
    let secs = unix_ms / 1000;
    let (year, month, day) = date(secs / 86_400);
    let of_day = secs % 86_400;
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of a day since 1970-01-01, in the Gregorian calendar. After "chrono-Compatible Low-Level Date
/// Algorithms" by Howard Hinnant (`civil_from_days`): years are taken to begin in March, so that the day that leap years have
/// more is their last.
fn date(day: u64) -> (u64, u64, u64) {
    // From 0000-03-01.
    let day = day + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + later, month, day)
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
