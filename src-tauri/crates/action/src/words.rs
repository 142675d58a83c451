//! Numbers, sizes and times as people read them.

use jiff::Timestamp;

/// `1204` as `1,204`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 photo`, `1,204 photos`: `many` is the plural.
pub(crate) fn of(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// `1 photo`, `1,204 photos`.
pub(crate) fn photos(n: u64) -> String {
    of(n, "photo", "photos")
}

/// Bytes in decimal units, as disks and AWS's console give them: `1.9 GB`.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if n < 1000 {
        return of(n, "byte", "bytes");
    }
    let (mut whole, mut unit) = (n, 0);
    while whole >= 1_000_000 && unit + 1 < UNITS.len() {
        whole /= 1000;
        unit += 1;
    }
    format!("{}.{} {}", whole / 1000, whole % 1000 / 100, UNITS[unit])
}

/// `2026-11-23 01:10:00 UTC`.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `03:08:55 UTC` when it is the same day as `beside`, else with its date.
pub(crate) fn beside(at: Timestamp, beside: Timestamp) -> String {
    let (whole, other) = (time(at), time(beside));
    match (whole.split_once(' '), other.split_once(' ')) {
        (Some((day, rest)), Some((other, _))) if day == other => rest.to_owned(),
        _ => whole,
    }
}

/// From one moment to a later one, in its two largest units: `40 s`, `52 min`, `2 h 5 min`, `5 days 3 h`; `0 s` when
/// it isn't later.
pub(crate) fn span(from: Timestamp, to: Timestamp) -> String {
    let seconds = u64::try_from(to.duration_since(from).as_secs()).unwrap_or_default();
    let days = seconds / 86_400;
    let units = [
        (days, if days == 1 { "day" } else { "days" }),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let largest = units.iter().position(|(n, _)| *n > 0);
    let Some(largest) = largest else { return "0 s".to_owned() };
    let said = units[largest..].iter().take(2).filter(|(n, _)| *n > 0);
    said.map(|(n, unit)| format!("{} {unit}", count(*n))).collect::<Vec<_>>().join(" ")
}

/// A length of time to the second: `52 min 10 s`, `1 d 1 h`; parts that are none are left out.
pub(crate) fn length(seconds: u64) -> String {
    parts(seconds, &[("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)], " ")
}

/// A length of time as a parameter takes it, to the second: `52m10s`.
pub(crate) fn duration(seconds: u64) -> String {
    parts(seconds, &[("h", 3_600), ("m", 60), ("s", 1)], "")
}

fn parts(seconds: u64, units: &[(&str, u64)], blank: &str) -> String {
    let mut left = seconds;
    let mut parts = Vec::new();
    for (unit, size) in units {
        let amount = left / size;
        left %= size;
        if amount > 0 || (*size == 1 && parts.is_empty()) {
            parts.push(format!("{amount}{blank}{unit}"));
        }
    }
    parts.join(blank)
}

/// What somebody else said, fit for a line: control characters become blanks, and 200 characters are enough.
pub(crate) fn bounded(text: &str) -> String {
    const LONGEST: usize = 200;
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut said: String = text.chars().take(LONGEST).map(plain).collect();
    if text.chars().nth(LONGEST).is_some() {
        said.push('…');
    }
    said
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 7, 999, 1000, 1_234_567].map(count), ["0", "7", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 1, 612].map(photos), ["0 photos", "1 photo", "612 photos"]);
        assert_eq!(
            [1, 999, 1000, 1_999_999, 1_912_345_678].map(bytes),
            ["1 byte", "999 bytes", "1.0 kB", "1.9 MB", "1.9 GB"]
        );
        assert_eq!(time(Timestamp::UNIX_EPOCH), "1970-01-01 00:00:00 UTC");
    }

    #[test]
    fn spans_and_moments_read_well() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(
            [-5, 0, 40, 3120, 3160, 7500, 86_400, 443_999].map(|to| span(at(0), at(to))),
            ["0 s", "0 s", "40 s", "52 min", "52 min 40 s", "2 h 5 min", "1 day", "5 days 3 h"]
        );
        assert_eq!([0, 59, 3130, 90_000].map(length), ["0 s", "59 s", "52 min 10 s", "1 d 1 h"]);
        assert_eq!([0, 60, 3130, 90_001].map(duration), ["0s", "1m", "52m10s", "25h1s"]);
        assert_eq!(bounded("a\nb"), "a b");
        assert_eq!(bounded(&"é".repeat(201)), "é".repeat(200) + "…");
        assert_eq!(beside(at(60), at(0)), "00:01:00 UTC");
        assert_eq!(beside(at(86_400), at(0)), "1970-01-02 00:00:00 UTC");
        assert_eq!([list(&["a"]), list(&["a", "b", "c"])], ["a", "a, b and c"]);
    }
}
