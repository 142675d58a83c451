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
}
