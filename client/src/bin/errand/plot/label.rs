//! Numbers as a person reads them: digits in groups of three, long ones rounded, very large and very small ones with a power of
//! ten.
//!
//! Groups are set apart by narrow spaces, as the SI and ISO 80000-1 have it, for a comma or a point is a decimal sign to half of
//! the world.

/// Between groups of digits.
const GROUP_SPACE: char = '\u{202f}';
/// The most digits of a number that is shown as it is.
const SHOWN_DIGITS: usize = 10;
/// Digits of one that is rounded.
const ROUNDED_DIGITS: usize = 6;

/// A decimal (digits, a point and a sign at most), its whole part in groups. Four digits are one group: years read better.
pub(super) fn grouped(decimal: &str) -> String {
    let (sign, unsigned) = apart(decimal);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut text = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        let left = whole.len() - index;
        if whole.len() > 4 && index > 0 && left % 3 == 0 {
            text.push(GROUP_SPACE);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// A decimal in a few characters; with `≈` before it where it had to be rounded.
pub(super) fn short(decimal: &str) -> String {
    let (sign, unsigned) = apart(decimal);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if whole.len() + fraction.len() <= SHOWN_DIGITS {
        return grouped(decimal);
    }
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    // The number is 0.DIGITS times ten to this.
    let mut exponent = i64::try_from(whole.len()).unwrap_or(i64::MAX) - length(&all) + length(digits);
    let (mut kept, is_rounded) = rounded(digits);
    if kept.len() > ROUNDED_DIGITS {
        exponent += 1;
    }
    kept.truncate(kept.trim_end_matches('0').len());
    let about = if is_rounded { "≈" } else { "" };
    let plain = match usize::try_from(exponent) {
        Ok(whole @ 1..=9) if kept.len() > whole => format!("{}.{}", &kept[..whole], &kept[whole..]),
        Ok(whole @ 1..=9) => format!("{kept:0<whole$}"),
        Ok(0) => format!("0.{kept}"),
        Err(_) if exponent > -4 => format!("0.{}{kept}", "0".repeat(usize::try_from(-exponent).unwrap_or(0))),
        _ => {
            let point = if kept.len() > 1 { "." } else { "" };
            let (first, others) = kept.split_at(1);
            return format!("{about}{sign}{first}{point}{others}{}", times_power(exponent - 1));
        }
    };
    format!("{about}{sign}{}", grouped(&plain))
}

/// A decimal that is told by its last digits: all of them, or the first and the last.
pub(super) fn long(decimal: &str) -> String {
    /// The most characters of one that is shown as it is.
    const SHOWN: usize = 24;
    /// How much of another is.
    const END: usize = 6;
    let (sign, unsigned) = apart(decimal);
    let whole = unsigned.split('.').next().unwrap_or_default().len();
    if unsigned.len() <= SHOWN || whole < 2 * END {
        return grouped(decimal);
    }
    format!("{sign}{}…{}", &unsigned[..END], &unsigned[whole - END..])
}

/// `×10` and the exponent above it.
pub(super) fn times_power(exponent: i64) -> String {
    let superscript = |letter| match letter {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32(u32::from('⁰') + u32::from(digit) - u32::from('0')).unwrap_or(digit),
    };
    let above: String = exponent.to_string().chars().map(superscript).collect();
    format!("×10{above}")
}

/// The sign as it is printed, and the digits.
fn apart(decimal: &str) -> (&str, &str) {
    match decimal.strip_prefix('-') {
        Some(rest) => ("\u{2212}", rest),
        None => ("", decimal),
    }
}

/// The first digits, rounded half up: one more digit where all were nines. And whether that changed the number.
fn rounded(digits: &str) -> (String, bool) {
    if digits.len() <= ROUNDED_DIGITS {
        return (digits.to_owned(), false);
    }
    let (first, rest) = digits.split_at(ROUNDED_DIGITS);
    let number: u64 = first.parse().unwrap_or(0);
    let up = u64::from(rest.as_bytes()[0] >= b'5');
    let is_rounded = rest.bytes().any(|digit| digit != b'0');
    (format!("{:0>ROUNDED_DIGITS$}", number + up), is_rounded)
}

fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_and_years_are_not() {
        for (decimal, text) in [
            ("0", "0"),
            ("2026", "2026"),
            ("-12345.678", "−12\u{202f}345.678"),
            ("1000000", "1\u{202f}000\u{202f}000"),
        ] {
            assert_eq!(grouped(decimal), text);
        }
    }

    #[test]
    fn numbers_that_differ_in_their_last_digits_keep_them() {
        assert_eq!(long("123456.789"), "123\u{202f}456.789");
        assert_eq!(long(&format!("-{}123.5", "7".repeat(40))), "−777777…777123.5");
    }

    #[test]
    fn long_numbers_are_rounded_and_say_so() {
        for (decimal, text) in [
            ("12.5", "12.5"),
            ("1234567890", "1\u{202f}234\u{202f}567\u{202f}890"),
            ("3.16666666666667", "≈3.16667"),
            ("-123456.123456", "≈−123\u{202f}456"),
            ("999999.999999", "≈1\u{202f}000\u{202f}000"),
            ("0.00012345678", "≈0.000123457"),
            ("0.0000000000125", "1.25×10⁻¹¹"),
            ("10000000000000", "1×10¹³"),
            ("123456789012", "≈1.23457×10¹¹"),
            ("99999999999999", "≈1×10¹⁴"),
            ("-1000000.00000001", "≈−1\u{202f}000\u{202f}000"),
        ] {
            assert_eq!(short(decimal), text, "{decimal}");
        }
        assert_eq!(short(&"7".repeat(1_001)), "≈7.77778×10¹⁰⁰⁰");
    }
}
