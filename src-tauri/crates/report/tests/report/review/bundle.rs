//! Everything in one zip.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use journal::{Broken, VerifyError};
use report::{ReviewFormat, verify_archive, verify_export};
use run::{Digest, Mode};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::bytes;
use crate::story::told;

fn files(zip: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(zip)).unwrap();
    let read = (0..archive.len()).map(|number| {
        let mut file = archive.by_index(number).unwrap();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        (file.name().unwrap().into_owned(), content)
    });
    read.collect()
}

#[test]
fn it_holds_the_review_the_timeline_and_the_evidence_with_the_digest_of_each() {
    let story = told(Mode::Incident);
    let files = files(&bytes(&story.journal, ReviewFormat::Zip));
    let manifest = String::from_utf8(files["MANIFEST.txt"].clone()).unwrap();
    let listed: BTreeMap<_, _> = manifest
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once("  ").unwrap())
        .map(|(digest, name)| (name.to_owned(), digest.to_owned()))
        .collect();
    let mut names: Vec<_> = files.keys().filter(|name| *name != "MANIFEST.txt").cloned().collect();
    assert_eq!(listed.keys().cloned().collect::<Vec<_>>(), names);
    for (name, digest) in &listed {
        assert_eq!(Digest::of(&files[name]).as_str(), digest, "{name}");
    }
    names.retain(|name| !name.starts_with("evidence/"));
    assert_eq!(names, ["review.html", "review.md", "review.pdf", "timeline.csv", "timeline.jsonl"]);
    assert_eq!(listed.len() - names.len(), 7);
    for (name, content) in
        files.iter().filter_map(|(name, content)| Some((name.strip_prefix("evidence/")?, content)))
    {
        assert_eq!(Digest::of(content).as_str(), name);
    }
}

#[test]
fn its_documents_are_those_that_are_written_alone_and_its_timeline_verifies() {
    let story = told(Mode::Incident);
    let files = files(&bytes(&story.journal, ReviewFormat::Zip));
    for format in [ReviewFormat::Markdown, ReviewFormat::Html, ReviewFormat::Pdf] {
        assert_eq!(files[&format!("review.{}", format.extension())], bytes(&story.journal, format));
    }
    let verified = verify_export(Cursor::new(&files["timeline.jsonl"])).unwrap();
    assert_eq!((verified.intact.entries, verified.unchecked), (33, None));
}

/// The same files in an archive, one of them changed, and the list made anew when `listed`.
fn packed(files: &BTreeMap<String, Vec<u8>>, listed: bool) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut put = |name: &str, content: &[u8]| {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    };
    let mut list = String::new();
    for (name, content) in files.iter().filter(|(name, _)| *name != "MANIFEST.txt") {
        put(name, content);
        list.push_str(&format!("{}  {name}\n", Digest::of(content)));
    }
    put("MANIFEST.txt", if listed { list.as_bytes() } else { &files["MANIFEST.txt"] });
    writer.finish().unwrap().into_inner()
}

#[test]
fn it_verifies_as_a_whole_and_whatever_was_changed_is_found() {
    let story = told(Mode::Incident);
    let zip = bytes(&story.journal, ReviewFormat::Zip);
    let verified = verify_archive(Cursor::new(&zip)).unwrap();
    assert_eq!((verified.intact.entries, verified.intact.attachments, verified.unchecked), (33, 7, None));
    let whole = files(&zip);
    assert!(verify_archive(Cursor::new(packed(&whole, true))).is_ok());
    let evidence = whole.keys().find(|name| name.starts_with("evidence/")).unwrap().clone();
    let other = format!("evidence/{}", Digest::of(b"other"));
    type Change<'a> = (&'a str, Box<dyn Fn(&mut BTreeMap<String, Vec<u8>>) + 'a>);
    let changes: [Change<'_>; 6] = [
        ("review.md", Box::new(|files| files.get_mut("review.md").unwrap().push(b'!'))),
        ("timeline.csv", Box::new(|files| drop(files.remove("timeline.csv")))),
        (&evidence, Box::new(|files| files.get_mut(&evidence).unwrap().push(b'!'))),
        (&evidence, Box::new(|files| drop(files.remove(&evidence)))),
        (&other, Box::new(|files| drop(files.insert(other.clone(), b"other".to_vec())))),
        ("notes.txt", Box::new(|files| drop(files.insert("notes.txt".into(), b"x".to_vec())))),
    ];
    for (name, change) in changes {
        let mut files = whole.clone();
        change(&mut files);
        match verify_archive(Cursor::new(packed(&files, false))) {
            Err(VerifyError::Broken(Broken::File { name: found, .. })) => assert_eq!(found, name),
            found => panic!("{name}: {found:?}"),
        }
        // Whoever makes the list anew is found out by the timeline, where it speaks of the file.
        let again = verify_archive(Cursor::new(packed(&files, true)));
        assert_eq!(again.is_err(), name.starts_with("evidence/"), "{name}: {again:?}");
    }
    let mut files = whole.clone();
    let timeline = String::from_utf8(files["timeline.jsonl"].clone()).unwrap();
    files.insert("timeline.jsonl".into(), timeline.replacen("Sam", "Eve", 1).into());
    let found = verify_archive(Cursor::new(packed(&files, true)));
    assert!(
        matches!(found, Err(VerifyError::Broken(Broken::Entry { .. } | Broken::Line { .. }))),
        "{found:?}"
    );
    for broken in [&zip[..zip.len() / 2], b"no archive", b""] {
        assert!(matches!(verify_archive(Cursor::new(broken)), Err(VerifyError::Broken(Broken::File { .. }))));
    }
}
