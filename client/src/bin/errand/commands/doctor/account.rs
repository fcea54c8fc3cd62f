//! Whose credentials are in use, and whether this machine's clock is right.

use errand_client::admin::{Cloud, Seen, unix_secs};

use crate::output::{Finding, age, utc};

/// A clock that is off by less is as good as right: the cloud tells whole seconds.
const RIGHT_SECS: u64 = 5;

/// From here on it is worth a warning, in seconds.
const OFF_SECS: u64 = 60;

/// AWS takes no signature that is further off ("Signature Version 4", in the IAM user guide).
const REFUSED_SECS: u64 = 5 * 60;

/// Credentials that end sooner are worth a warning: a job may take as long.
const SOON_SECS: u64 = 15 * 60;

/// Whether it is worth going on.
pub(super) async fn examine(cloud: &Cloud, findings: &mut Vec<Finding>) -> bool {
    // Before the credentials: a clock that is wrong has them refused. What cannot be reached is told by what comes later.
    if let Ok(Some(ahead_secs)) = cloud.clock_ahead_secs().await {
        findings.push(clock(ahead_secs));
    }
    match cloud.identity().await {
        Ok(Seen::There(identity)) => {
            let whose = format!("{}, account {}", identity.arn, identity.account);
            findings.push(credentials(
                &whose,
                cloud.credentials_end_unix_secs(),
                unix_secs(),
            ));
        }
        Ok(Seen::Missing) => {}
        Ok(Seen::Not { needs }) => {
            findings.push(Finding::skipped(
                "credentials",
                format!("whose {} is: {needs}", cloud.access_key()),
            ));
        }
        Err(error) => {
            findings.push(Finding::failed("credentials", &error));
            return false;
        }
    }
    true
}

fn clock(ahead_secs: i64) -> Finding {
    let check = "clock";
    let off = ahead_secs.unsigned_abs();
    let direction = if ahead_secs > 0 { "ahead of" } else { "behind" };
    let told = format!("this machine is {} {direction} the cloud", age(off));
    let cure = "set it by the network (`timedatectl set-ntp true`)";
    match off {
        0..=RIGHT_SECS => Finding::ok(check, "as the cloud's"),
        _ if off < OFF_SECS => Finding::ok(check, told),
        _ if off < REFUSED_SECS => Finding::warning(check, format!("{told}: {cure}")),
        _ => Finding::wrong(
            check,
            format!("{told}, and AWS refuses what is signed with such a time: {cure}"),
        ),
    }
}

fn credentials(whose: &str, end_unix_secs: Option<u64>, now_unix_secs: u64) -> Finding {
    let check = "credentials";
    let Some(end) = end_unix_secs else {
        return Finding::ok(check, format!("{whose}, without an end"));
    };
    let left = end.saturating_sub(now_unix_secs);
    let told = format!(
        "{whose}, until {} ({} left)",
        utc(end.saturating_mul(1000)),
        age(left)
    );
    if left < SOON_SECS {
        Finding::warning(
            check,
            format!(
                "{told}: where nothing renews them by itself, renew them as you got them (`aws sso login`, `aws login`)"
            ),
        )
    } else {
        Finding::ok(check, told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Health;

    #[test]
    fn a_clock_that_is_off_is_told_before_aws_refuses_it() {
        for (ahead, status, told) in [
            (0, Health::Ok, "as the cloud's"),
            (-5, Health::Ok, "as the cloud's"),
            (20, Health::Ok, "20 s ahead of"),
            (-61, Health::Warning, "1 min behind"),
            (299, Health::Warning, "4 min ahead of"),
            (-300, Health::Failed, "5 min behind"),
            (90_000, Health::Failed, "1 d ahead of"),
        ] {
            let finding = clock(ahead);
            assert_eq!(finding.status, status, "{ahead}");
            assert!(finding.message.contains(told), "{}", finding.message);
        }
    }

    #[test]
    fn credentials_that_end_soon_are_worth_a_warning() {
        let now = 1_796_000_000;
        let finding = credentials("arn:x, account 1", Some(now + 3_600), now);
        assert_eq!(finding.status, Health::Ok);
        assert_eq!(
            finding.message,
            "arn:x, account 1, until 2026-11-30T01:53:20Z (1 h left)"
        );
        let finding = credentials("arn:x, account 1", Some(now + 60), now);
        assert_eq!(finding.status, Health::Warning);
        assert!(finding.message.contains("(1 min left): ") && finding.message.contains("renew"));
        assert_eq!(credentials("a", None, now).status, Health::Ok);
    }
}
