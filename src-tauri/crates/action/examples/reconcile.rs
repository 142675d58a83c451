//! Reconciles made-up photos, many of them, by the code of `photos.reconcile`: what `cargo xtask bench reconcile` runs.
//!
//! `reconcile compare KEYS` compares and prints a line of JSON (`seconds` has the keys' making in it, which alone
//! takes `making`); `reconcile write KEYS DATABASE BUCKET` writes the keys
//! of both sides to two files instead, one a line, so that others can compare the same. The keys are made on the way
//! and are the same every time.

#![expect(clippy::result_large_err, reason = "none of these errors is ever made")]

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::time::Instant;

use action::photos::{Comparison, Kept};
use action::port::{NamedPhoto, Photo};
use futures::executor::block_on;
use futures::stream;

/// Photos of an organization.
const PHOTOS: u64 = 2_000;
/// Of so many keys, one is only in the database, and another only in the bucket.
const LONELY: u64 = 100;
/// Of so many keys, one is a photo of another size than the database says.
const RESIZED: u64 = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["compare", keys] => compare(keys.parse()?),
        ["write", keys, database, bucket] => {
            let keys = keys.parse()?;
            write(database, side(keys, Side::Database))?;
            write(bucket, side(keys, Side::Bucket))
        }
        _ => Err("usage: reconcile compare KEYS | reconcile write KEYS DATABASE BUCKET".into()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Database,
    Bucket,
}

/// `keys` numbers of one side; a hundredth of them the other side doesn't have.
fn side(keys: usize, side: Side) -> impl Iterator<Item = u64> {
    let there = move |n: &u64| match mix(*n) % LONELY {
        0 => side == Side::Database,
        1 => side == Side::Bucket,
        _ => true,
    };
    (0..).filter(there).take(keys)
}

/// A number that looks random, from one that doesn't (SplitMix64's last step).
fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// Such as `photos/org-000617/01234567.jpg`.
fn key(n: u64) -> String {
    let mut key = String::with_capacity(32);
    key.push_str("photos/org-");
    push::<10>(&mut key, n / PHOTOS, 6);
    key.push('/');
    push::<10>(&mut key, n, 8);
    key.push_str(".jpg");
    key
}

fn md5(n: u64) -> String {
    let mut md5 = String::with_capacity(32);
    push::<16>(&mut md5, mix(n), 16);
    push::<16>(&mut md5, mix(!n), 16);
    md5
}

/// Writes the last digits of a number. `format!` would take longer than all that is measured.
fn push<const BASE: u64>(text: &mut String, mut n: u64, digits: usize) {
    let mut written = [b'0'; 16];
    for digit in written[..digits].iter_mut().rev() {
        *digit = b"0123456789abcdef"[(n % BASE) as usize];
        n /= BASE;
    }
    text.push_str(str::from_utf8(&written[..digits]).unwrap_or_default());
}

fn size(n: u64) -> u64 {
    20_000 + mix(n) % 60_000
}

fn compare(keys: usize) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    for side in [side(keys, Side::Database), side(keys, Side::Bucket)] {
        side.for_each(|n| drop(std::hint::black_box((key(n), md5(n), size(n)))));
    }
    let making = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let named = side(keys, Side::Database)
        .map(|n| Ok(NamedPhoto { key: key(n), size: Some(size(n)), etag: Some(md5(n)) }));
    let kept = side(keys, Side::Bucket).map(|n| {
        let size = size(n) + u64::from((mix(n) / LONELY).is_multiple_of(RESIZED));
        let photo = Photo { etag: md5(n), size, storage_class: "STANDARD".to_owned(), ..Photo::default() };
        Ok(Kept { key: key(n), photo: Some(photo), older: false })
    });
    let mut evidence = io::sink();
    let mut comparison = Comparison::new("photos/", true, &mut evidence);
    let counts = block_on(comparison.walk(stream::iter(named), stream::iter(kept), |_, _| Ok(())))?.clone();
    let seconds = began.elapsed().as_secs_f64();
    let line = serde_json::json!({
        "seconds": seconds,
        "making": making,
        "peak_bytes": peak(),
        "matched": counts.matched,
        "missing": counts.missing,
        "orphaned": counts.orphaned,
        "different": counts.different,
    });
    println!("{line}");
    Ok(())
}

/// The most memory that this process ever held, where the system tells.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

fn write(path: &str, numbers: impl Iterator<Item = u64>) -> Result<(), Box<dyn Error>> {
    let mut file = BufWriter::new(File::create(path)?);
    for n in numbers {
        writeln!(file, "{}", key(n))?;
    }
    Ok(file.flush()?)
}
