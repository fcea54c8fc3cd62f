//! Sizes and times for people to read.

use std::time::Duration;

/// A size in bytes, in powers of 1000 as storage and networks count: `812 bytes`, `12.3 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut size = bytes as f64;
    let mut units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"].iter();
    let mut unit = units.next();
    // What would be shown as 1000 of one is 1.00 of the next.
    while size >= 999.5 {
        size /= 1000.0;
        unit = units.next();
    }
    let unit = unit.unwrap_or(&"EB");
    let digits = if size < 9.995 {
        2
    } else {
        usize::from(size < 99.95)
    };
    format!("{size:.digits$} {unit}")
}

/// A number of things.
pub(crate) fn count(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A rate in bytes a second.
pub(crate) fn rate(size_bytes: u64, time: Duration) -> String {
    let seconds = time.as_secs_f64().max(1e-3);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "three digits are shown"
    )]
    let each = (size_bytes as f64 / seconds) as u64;
    format!("{}/s", bytes(each))
}

/// A time that something takes: `0.34 s`, `12.3 s`, `4:05 min`, `2:10 h`.
pub(crate) fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.2} s", time.as_secs_f64()),
        10..100 => format!("{:.1} s", time.as_secs_f64()),
        100..3600 => format!("{}:{:02} min", seconds / 60, seconds % 60),
        _ => format!("{}:{:02} h", seconds / 3600, seconds / 60 % 60),
    }
}

/// What is left, as a clock shows it: `0:34`, `1:02:10`.
pub(crate) fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_are_shown() {
        for (size, shown) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_000, "1.00 kB"),
            (12_345, "12.3 kB"),
            (999_499, "999 kB"),
            (999_500, "1.00 MB"),
            (9_994_000_000, "9.99 GB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(bytes(size), shown);
        }
        for (secs, shown) in [
            (0.344, "0.34 s"),
            (12.34, "12.3 s"),
            (245.0, "4:05 min"),
            (7_800.0, "2:10 h"),
        ] {
            assert_eq!(time(Duration::from_secs_f64(secs)), shown);
        }
        assert_eq!(clock(Duration::from_secs(34)), "0:34");
        assert_eq!(clock(Duration::from_secs(3_730)), "1:02:10");
    }
}
