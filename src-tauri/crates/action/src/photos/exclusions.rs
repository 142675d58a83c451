//! Keys that a restore leaves as they are: what was obliterated never comes back, and this counts it to prove it.

use std::collections::BTreeSet;
use std::io::{BufRead as _, Read as _};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Target;
use super::history::History;
use crate::plan::{Breakdown, Disk, Failure, Row, Source};

/// A file may list so many entries.
const MOST: usize = 200_000;
/// The longest entry in bytes: S3's longest key, and a `*`.
const LONGEST: usize = 1025;

/// The file that a plan left keys out by, as it was then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExclusionFile {
    /// SHA-256 of its bytes, in hex.
    pub(crate) sha256: String,
    /// How many entries it lists.
    pub(crate) entries: u64,
}

/// What is left out, and how many keys of each entry were met.
#[derive(Debug, Default)]
pub(crate) struct Exclusions {
    /// Sorted, and none begins with another: then only the last one up to a key can be its beginning.
    prefixes: Vec<Entry>,
    /// Sorted.
    keys: Vec<Entry>,
    file: Option<ExclusionFile>,
}

#[derive(Debug)]
struct Entry {
    text: String,
    met: AtomicU64,
    there: AtomicU64,
    bytes: AtomicU64,
}

impl Entry {
    fn new(text: String) -> Self {
        Self { text, met: AtomicU64::new(0), there: AtomicU64::new(0), bytes: AtomicU64::new(0) }
    }
}

impl Exclusions {
    /// Those of `target`; its file is read from `disk`.
    ///
    /// # Errors
    /// [`Failure::Refused`] when the file can't be read to its end or lists what can't be meant.
    pub(crate) fn read(target: &Target, disk: &dyn Disk) -> Result<Self, Failure> {
        let mut prefixes: BTreeSet<String> = target.exclude.iter().cloned().collect();
        let mut keys = BTreeSet::new();
        let mut file = None;
        if let Some(path) = &target.exclude_file {
            let off = |why: String| {
                Failure::Refused {
                why: format!("the list of what is left out, {path}, can't be used: {why}"),
                next: "Nothing was changed. Put the file right, or name the right one, then plan again: without it \
                       what was obliterated could come back."
                    .to_owned(),
            }
            };
            let source = disk.open(path).map_err(|e| off(e.to_string()))?;
            file = Some(read_file(source, &mut prefixes, &mut keys).map_err(off)?);
        }
        let mut outer: Vec<Entry> = Vec::new();
        for prefix in prefixes {
            if outer.last().is_none_or(|last| !prefix.starts_with(&last.text)) {
                outer.push(Entry::new(prefix));
            }
        }
        let mut exclusions = Self { prefixes: outer, keys: Vec::new(), file };
        exclusions.keys =
            keys.into_iter().filter(|key| exclusions.find(key).is_none()).map(Entry::new).collect();
        Ok(exclusions)
    }

    /// The file, when there is one.
    pub(crate) fn file(&self) -> Option<&ExclusionFile> {
        self.file.as_ref()
    }

    fn find(&self, key: &str) -> Option<&Entry> {
        let up_to = self.prefixes.partition_point(|entry| *entry.text <= *key);
        let prefix = up_to.checked_sub(1).and_then(|at| self.prefixes.get(at));
        let exact = || self.keys.binary_search_by(|entry| (*entry.text).cmp(key)).ok();
        prefix.filter(|entry| key.starts_with(&entry.text)).or_else(|| self.keys.get(exact()?))
    }

    /// Whether a key is none of this restore's business.
    pub(crate) fn holds(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// As [`Exclusions::holds`]; counts the key, when it was in the bucket ever.
    pub(crate) fn meets(&self, key: &str) -> bool {
        let Some(entry) = self.find(key) else { return false };
        entry.met.fetch_add(1, Ordering::Relaxed);
        true
    }

    /// As [`Exclusions::holds`]; counts the key when it is a photo now.
    pub(crate) fn sees(&self, key: &str, history: &History) -> bool {
        let Some(entry) = self.find(key) else { return false };
        if let Some(photo) = history.current().and_then(|now| now.photo.as_ref()) {
            entry.there.fetch_add(1, Ordering::Relaxed);
            entry.bytes.fetch_add(photo.size, Ordering::Relaxed);
        }
        true
    }

    /// How many keys were left out so far.
    pub(crate) fn met(&self) -> u64 {
        self.sum(|entry| &entry.met)
    }

    /// How many of the keys that were left out so far are photos now: none, where they were obliterated.
    pub(crate) fn there(&self) -> u64 {
        self.sum(|entry| &entry.there)
    }

    fn sum(&self, of: impl Fn(&Entry) -> &AtomicU64) -> u64 {
        self.prefixes.iter().chain(&self.keys).map(|entry| of(entry).load(Ordering::Relaxed)).sum()
    }

    /// Keys left out by each beginning, and by whole keys together; bytes are of what is there now.
    pub(crate) fn breakdown(&self) -> Option<Breakdown> {
        let row = |name: &str, entries: &[Entry]| {
            let sum = |of: fn(&Entry) -> &AtomicU64| {
                entries.iter().map(|entry| of(entry).load(Ordering::Relaxed)).sum()
            };
            Row { name: name.to_owned(), count: sum(|e| &e.met), bytes: sum(|e| &e.bytes) }
        };
        let mut rows: Vec<Row> =
            self.prefixes.iter().map(|entry| row(&entry.text, std::slice::from_ref(entry))).collect();
        if !self.keys.is_empty() {
            rows.push(row("single keys", &self.keys));
        }
        (!rows.is_empty()).then(|| super::breakdown::of("left out by exclusion", rows))
    }
}

/// Reads the entries of a file; gives its digest and their number, or why it can't be used.
fn read_file(
    mut source: Source,
    prefixes: &mut BTreeSet<String>,
    keys: &mut BTreeSet<String>,
) -> Result<ExclusionFile, String> {
    let mut digest = Sha256::new();
    let mut entries = 0;
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        // A comment may be longer than an entry, but not without end.
        let most = 64 * LONGEST as u64;
        let read = source.by_ref().take(most).read_until(b'\n', &mut line).map_err(|e| e.to_string())?;
        if read == 0 {
            break;
        }
        digest.update(&line);
        let whole = if number == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line) } else { &line[..] };
        let text = str::from_utf8(whole).map_err(|_| format!("line {number} is not text in UTF-8"))?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        if text.len() > LONGEST {
            return Err(format!("line {number} is longer than any key of S3"));
        }
        entries += 1;
        if entries > MOST {
            return Err(format!("it lists more than {} entries", super::words::count(MOST as u64)));
        }
        match text.strip_suffix('*') {
            Some("") => return Err(format!("line {number} is a lone `*`, which would leave out every key")),
            Some(prefix) => drop(prefixes.insert(prefix.to_owned())),
            None if text.ends_with('/') => drop(prefixes.insert(text.to_owned())),
            None => drop(keys.insert(text.to_owned())),
        }
    }
    let sha256 = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(ExclusionFile { sha256, entries: entries as u64 })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::super::fake::MemoryDisk;
    use super::*;

    fn read(exclude: &[&str], file: Option<&[u8]>) -> Result<Exclusions, Failure> {
        let mut target = Target::of("b", "", "2026-11-24T02:00:00Z");
        target.exclude = exclude.iter().map(|&text| text.to_owned()).collect();
        let mut written = tempfile::NamedTempFile::new().unwrap();
        if let Some(file) = file {
            written.write_all(file).unwrap();
            target.exclude_file = Some(written.path().to_str().unwrap().to_owned());
        }
        Exclusions::read(&target, &MemoryDisk::default())
    }

    #[test]
    fn a_file_lists_prefixes_and_keys() {
        let text = b"\xef\xbb\xbf# obliterated\r\n\r\nphotos/org-3/\r\nphotos/org-4/9*\n  \nphotos/org-5/1.jpg\nphotos/org-3/1";
        let out = read(&["photos/org-9/"], Some(text)).unwrap();
        for (key, held) in [
            ("photos/org-3/1", true),
            ("photos/org-3/", true),
            ("photos/org-3", false),
            ("photos/org-4/90", true),
            ("photos/org-4/8", false),
            ("photos/org-5/1.jpg", true),
            ("photos/org-5/1.jpg2", false),
            ("photos/org-9/x", true),
            ("photos/org-99/x", false),
        ] {
            assert_eq!(out.meets(key), held, "{key}");
        }
        assert_eq!((out.met(), out.there()), (5, 0));
        assert_eq!(out.file().unwrap().entries, 4);
        assert_eq!(out.file().unwrap().sha256.len(), 64);
        let rows: Vec<_> = out.breakdown().unwrap().rows.into_iter().map(|r| (r.name, r.count)).collect();
        let row = |name: &str, n| (name.to_owned(), n);
        assert_eq!(
            rows,
            [
                row("photos/org-3/", 2),
                row("photos/org-4/9", 1),
                row("photos/org-9/", 1),
                row("single keys", 1)
            ]
        );
    }

    #[test]
    fn a_file_that_cannot_be_meant_is_refused() {
        let many = "k\n".repeat(MOST + 1);
        let long = "k".repeat(LONGEST + 1);
        for (text, why) in [
            (&b"ok\n*\n"[..], "line 2 is a lone `*`"),
            (b"\xff\n", "line 1 is not text"),
            (many.as_bytes(), "more than 200,000 entries"),
            (long.as_bytes(), "line 1 is longer"),
        ] {
            let failure = read(&[], Some(text)).unwrap_err().to_string();
            assert!(failure.contains(why) && failure.contains("could come back"), "{failure}");
        }
        let mut target = Target::of("b", "", "2026-11-24T02:00:00Z");
        target.exclude_file = Some("/nowhere/at/all".to_owned());
        assert!(matches!(Exclusions::read(&target, &MemoryDisk::default()), Err(Failure::Refused { .. })));
    }

    proptest! {
        #[test]
        fn a_key_is_held_by_any_of_its_beginnings(
            prefixes in proptest::collection::vec("[ab/]{1,3}", 0..8),
            keys in proptest::collection::vec("[ab/]{1,4}", 0..8),
            asked in proptest::collection::vec("[ab/]{0,5}", 0..20),
        ) {
            let lines = prefixes.iter().map(|p| format!("{p}*\n")).chain(keys.iter().map(|k| format!("{k}\n")));
            let out = read(&[], Some(lines.collect::<String>().as_bytes())).unwrap();
            for key in &asked {
                let begins = |k: &String| k.ends_with('/') && key.starts_with(k.as_str()) || key == k;
                let held = prefixes.iter().any(|p| key.starts_with(p)) || keys.iter().any(begins);
                prop_assert_eq!(out.holds(key), held, "{}", key);
            }
        }
    }
}
