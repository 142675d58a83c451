//! Everything in one zip.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use report::{ReviewFormat, verify_export};
use run::{Digest, Mode};
use zip::ZipArchive;

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
