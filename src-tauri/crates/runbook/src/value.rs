//! Whether a text is a value of a type, and its normal form.

use std::net::Ipv4Addr;
use std::time::Duration;

use action::ParamKind;
use action::environment::US_REGIONS;
use jiff::Timestamp;

/// Why a text is not a value of a type. The message finishes a sentence such as *bucket:*.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// There is nothing.
    #[error("a value is needed; give {wanted}")]
    Empty {
        /// What it should be.
        wanted: &'static str,
    },
    /// It is something else.
    #[error("{value:?} is not {wanted}")]
    Wrong {
        /// The value.
        value: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// It is none of the choices.
    #[error("{value:?} is none of the choices; choose one of: {}", choices.join(", "))]
    Choice {
        /// The value.
        value: String,
        /// The choices.
        choices: Vec<String>,
    },
    /// It is a region outside the United States.
    #[error("{value:?} is not a region in the United States, and no customer data may leave it; choose one of: {}", US_REGIONS.join(", "))]
    Region {
        /// The value.
        value: String,
    },
}

/// What a value of `kind` looks like, to finish "… is not".
pub fn wanted(kind: ParamKind) -> &'static str {
    match kind {
        ParamKind::Text => "a text",
        ParamKind::Integer => "a whole number, such as 12",
        ParamKind::Boolean => "true or false",
        ParamKind::Choice => "one of the choices",
        ParamKind::Timestamp => "an instant with its offset, such as 2026-11-24T03:14:00Z",
        ParamKind::Duration => "a length of time, such as 90m, 24h or 1h30m",
        ParamKind::Bucket => "the name of an S3 bucket: 3 to 63 lower-case letters, digits, hyphens and dots",
        ParamKind::Prefix => "the beginning of an S3 key, of at most 1,024 bytes",
        ParamKind::Region => "an AWS region in the United States, such as us-east-1",
        ParamKind::DbInstance => {
            "an RDS instance: at most 63 letters, digits and single hyphens, a letter first"
        }
        ParamKind::Snapshot => {
            "an RDS snapshot: at most 255 letters, digits and single hyphens, a letter first"
        }
    }
}

/// Checks `text` as a value of `kind` and gives it in its normal form; see [`crate::Parameter::check`].
///
/// # Errors
/// What is wrong with it.
pub fn check<S: AsRef<str>>(kind: ParamKind, choices: &[S], text: &str) -> Result<String, ValueError> {
    let value = if kind == ParamKind::Prefix { text } else { text.trim() };
    if value.is_empty() && kind != ParamKind::Prefix {
        return Err(ValueError::Empty { wanted: wanted(kind) });
    }
    let same = |good: bool| good.then(|| value.to_owned());
    let normal = match kind {
        ParamKind::Text => same(true),
        ParamKind::Integer => value.parse::<i64>().ok().map(|number| number.to_string()),
        ParamKind::Boolean => match value.to_ascii_lowercase().as_str() {
            word @ ("true" | "false") => Some(word.to_owned()),
            _ => None,
        },
        ParamKind::Choice => {
            if !choices.iter().any(|choice| choice.as_ref() == value) {
                let choices = choices.iter().map(|choice| choice.as_ref().to_owned()).collect();
                return Err(ValueError::Choice { value: value.to_owned(), choices });
            }
            same(true)
        }
        ParamKind::Timestamp => timestamp(value),
        ParamKind::Duration => same(duration(value).is_some()),
        ParamKind::Bucket => same(is_bucket(value)),
        ParamKind::Prefix => same(value.len() <= 1024 && !value.contains(char::is_control)),
        ParamKind::Region => {
            if !US_REGIONS.contains(&value) {
                return Err(ValueError::Region { value: value.to_owned() });
            }
            same(true)
        }
        ParamKind::DbInstance => is_identifier(value, 63).then(|| value.to_ascii_lowercase()),
        ParamKind::Snapshot => {
            let own = value.strip_prefix("rds:").or(value.strip_prefix("awsbackup:")).unwrap_or(value);
            is_identifier(own, 255).then(|| value.to_ascii_lowercase())
        }
    };
    normal.ok_or_else(|| ValueError::Wrong { value: value.to_owned(), wanted: wanted(kind) })
}

/// Reads a length of time: days, hours, minutes and seconds, each at most once and in this order (`1h30m`,
/// `7d`). At most ten years.
pub fn duration(text: &str) -> Option<Duration> {
    let mut seconds = 0_u64;
    let mut digits = String::new();
    let mut units: &[(char, u64)] = &[('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let at = units.iter().position(|(unit, _)| *unit == c)?;
        let amount: u64 = std::mem::take(&mut digits).parse().ok()?;
        seconds = seconds.checked_add(amount.checked_mul(units.get(at)?.1)?)?;
        units = units.get(at + 1..)?;
    }
    let some = units.len() < 4 && digits.is_empty();
    (some && seconds <= 3_660 * 86_400).then(|| Duration::from_secs(seconds))
}

/// A length of time as a person would write it: `26h10m`.
pub fn in_short(length: Duration) -> String {
    let (minutes, seconds) = (length.as_secs() / 60, length.as_secs() % 60);
    let parts = [(minutes / 60, 'h'), (minutes % 60, 'm'), (seconds, 's')];
    let text: String = parts
        .iter()
        .filter(|(amount, _)| *amount > 0)
        .map(|(amount, unit)| format!("{amount}{unit}"))
        .collect();
    if text.is_empty() { "0m".to_owned() } else { text }
}

/// An RFC 3339 instant in UTC and whole seconds.
fn timestamp(text: &str) -> Option<String> {
    let shape = text.len() >= 20 && text.is_ascii() && !text.contains('[');
    let dashes = text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(7) == Some(&b'-');
    let instant: Timestamp = if shape && dashes { text.parse().ok()? } else { return None };
    let whole = instant.as_nanosecond().div_euclid(1_000_000_000);
    Timestamp::from_second(i64::try_from(whole).ok()?).ok().map(|instant| instant.to_string())
}

/// The rules for general purpose buckets, those for reserved prefixes and suffixes included.
fn is_bucket(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.chars().all(|c| plain(c) || c == '-' || c == '.')
        && name.starts_with(plain)
        && name.ends_with(plain)
        && !name.contains("..")
        && name.parse::<Ipv4Addr>().is_err()
        && !["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|prefix| name.starts_with(prefix))
        && !["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"].iter().any(|end| name.ends_with(end))
}

fn is_identifier(name: &str, longest: usize) -> bool {
    (1..=longest).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && !name.ends_with('-')
        && !name.contains("--")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: &[&str] = &[];

    #[test]
    fn good_values_take_their_normal_form() {
        for (kind, text, normal) in [
            (ParamKind::Text, "  a b ", "a b"),
            (ParamKind::Integer, " -07 ", "-7"),
            (ParamKind::Boolean, "True", "true"),
            (ParamKind::Timestamp, "2026-11-24T03:14:00Z", "2026-11-24T03:14:00Z"),
            (ParamKind::Timestamp, " 2026-11-23T22:14:00.987-05:00", "2026-11-24T03:14:00Z"),
            (ParamKind::Timestamp, "2026-11-24 03:14:00+00:00", "2026-11-24T03:14:00Z"),
            (ParamKind::Duration, "1h30m", "1h30m"),
            (ParamKind::Bucket, "veonics-photos", "veonics-photos"),
            (ParamKind::Prefix, "photos/", "photos/"),
            (ParamKind::Prefix, "", ""),
            (ParamKind::Region, "us-west-2", "us-west-2"),
            (ParamKind::DbInstance, "Portal-2", "portal-2"),
            (ParamKind::Snapshot, "rds:portal-2026-11-23-05-00", "rds:portal-2026-11-23-05-00"),
            (ParamKind::Snapshot, "awsbackup:job-1a2b", "awsbackup:job-1a2b"),
        ] {
            assert_eq!(check(kind, NONE, text).unwrap(), normal, "{text}");
        }
        assert_eq!(check(ParamKind::Choice, &["leave", "delete"], "leave").unwrap(), "leave");
    }

    #[test]
    fn other_values_are_refused() {
        for (kind, texts) in [
            (ParamKind::Text, &["", "  "][..]),
            (ParamKind::Integer, &["", "1.5", "x", "99999999999999999999"]),
            (ParamKind::Boolean, &["yes", "1", ""]),
            (
                ParamKind::Timestamp,
                &[
                    "2026-11-24",
                    "2026-11-24T03:14:00",
                    "2026-11-24T03:14:00-05:00[America/New_York]",
                    "2026-02-30T00:00:00Z",
                    "20261124T031400.000Z",
                    "yesterday",
                    "2026-11-24T25:00:00Z",
                    "２026-11-24T03:14:00Z",
                ],
            ),
            (
                ParamKind::Duration,
                &["", "90", "h", "30m1h", "1h1h", "1.5h", "-1h", "99999999999999999d", "4000d"],
            ),
            (
                ParamKind::Bucket,
                &[
                    "ab",
                    "Photos",
                    "a_b",
                    "-photos",
                    "photos-",
                    "a..b",
                    "10.0.0.1",
                    "xn--a",
                    "a-s3alias",
                    "a--x-s3",
                ],
            ),
            (ParamKind::Prefix, &["photos/\n"]),
            (ParamKind::Region, &["eu-west-1", "us-gov-west-1", "US-EAST-1", ""]),
            (ParamKind::DbInstance, &["1portal", "portal-", "por--tal", "portal_1", ""]),
            (ParamKind::Snapshot, &["rds:", "arn:aws:rds:x", "-a"]),
            (ParamKind::Choice, &["leave"]),
        ] {
            for text in texts {
                assert!(check(kind, NONE, text).is_err(), "{kind:?} {text:?}");
            }
        }
        assert!(check(ParamKind::Bucket, NONE, &"a".repeat(64)).is_err());
    }

    #[test]
    fn lengths_of_time_are_read() {
        for (text, seconds) in [("90m", 5_400), ("24h", 86_400), ("1h30m", 5_400), ("7d", 604_800), ("0s", 0)]
        {
            assert_eq!(duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
    }
}
