//! A PDF that can be read by eye, by ear and by machine.

use lopdf::{Dictionary, Document, Object};
use report::ReviewFormat;
use run::Mode;

use super::{SECTIONS, bytes};
use crate::story::{note, told};

/// Everything that it shows, page by page.
pub(super) fn shown(bytes: &[u8]) -> String {
    let document = Document::load_mem(bytes).unwrap();
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    document.extract_text(&pages).unwrap()
}

fn dictionary<'d>(document: &'d Document, of: &'d Dictionary, name: &str) -> &'d Dictionary {
    let object = of.get(name.as_bytes()).unwrap();
    document.dereference(object).unwrap().1.as_dict().unwrap()
}

/// The kinds of tag in the tree, each as often as it is there.
fn tags(document: &Document) -> Vec<String> {
    let elements = document.objects.values().filter_map(|object| object.as_dict().ok());
    let elements = elements
        .filter(|object| object.get(b"Type").and_then(Object::as_name).is_ok_and(|t| t == b"StructElem"));
    elements
        .map(|object| String::from_utf8(object.get(b"S").unwrap().as_name().unwrap().to_vec()).unwrap())
        .collect()
}

#[test]
fn it_is_tagged_has_an_outline_a_title_and_a_language() {
    let document = Document::load_mem(&bytes(&told(Mode::Incident).journal, ReviewFormat::Pdf)).unwrap();
    let catalog = document.catalog().unwrap();
    let marked = dictionary(&document, catalog, "MarkInfo").get(b"Marked").unwrap();
    assert!(marked.as_bool().unwrap());
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"en");
    let outline = dictionary(&document, catalog, "Outlines");
    assert_eq!(outline.get(b"Count").unwrap().as_i64().unwrap(), SECTIONS.len() as i64);
    let tags = tags(&document);
    let count = |tag: &str| tags.iter().filter(|found| *found == tag).count();
    assert_eq!([count("H1"), count("H2"), count("TOCI"), count("Link"), count("Figure")], [1, 13, 13, 13, 1]);
    assert!(count("TH") > 20 && count("TD") > 150 && count("LBody") == 3, "{tags:?}");
}

#[test]
fn its_text_can_be_selected_and_its_pages_are_numbered() {
    let bytes = bytes(&told(Mode::Rehearsal).journal, ReviewFormat::Pdf);
    let shown = shown(&bytes);
    for text in SECTIONS.into_iter().chain([
        "Rehearsal review: Restore badge photos",
        "REHEARSAL",
        "Lee Park",
        "1,204 of 1,204 photos are back",
        "Technical Operations",
        "service validated 04:28:07",
    ]) {
        assert!(shown.contains(text), "{text}\n{shown}");
    }
    let pages = Document::load_mem(&bytes).unwrap().get_pages().len();
    for page in 1..=pages {
        assert!(shown.contains(&format!("rehearsal · page {page} of {pages}")), "{shown}");
    }
}

#[test]
fn a_table_goes_on_under_its_head_on_the_next_page() {
    let mut story = told(Mode::Incident);
    let notes: Vec<_> = (0..200).map(|number| note(&format!("note number {number}"))).collect();
    story.all("Kim Lindqvist", &notes);
    let document = Document::load_mem(&bytes(&story.journal, ReviewFormat::Pdf)).unwrap();
    let pages: Vec<_> =
        document.get_pages().into_keys().map(|page| document.extract_text(&[page]).unwrap()).collect();
    let full: Vec<_> = pages.iter().filter(|page| page.matches("note: note number").count() > 10).collect();
    assert!(full.len() > 3);
    for page in full {
        assert!(page.contains("time (UTC)"), "{page}");
    }
}
