//! HTML that needs no other file and runs nothing.

use quick_xml::Reader;
use quick_xml::events::Event;
use report::ReviewFormat;
use run::Mode;

use super::{SECTIONS, text};
use crate::story::told;

/// The elements with their attributes, each a line.
pub(super) fn elements(html: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut reader = Reader::from_str(html);
    reader.config_mut().check_end_names = false;
    let mut elements = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return elements,
            Event::Start(start) | Event::Empty(start) => {
                let name = start.name().as_ref().to_owned();
                let attributes = start.html_attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    (attribute.key.as_ref().to_owned(), attribute.value.into_owned())
                });
                elements.push((name, attributes.collect()));
            }
            _ => {}
        }
    }
}

#[test]
fn it_is_one_file_without_scripts_that_may_load_nothing() {
    let html = text(&told(Mode::Incident), ReviewFormat::Html);
    let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">";
    assert!(html.contains(policy));
    for (name, attributes) in elements(&html) {
        assert!(
            !["script", "link", "img", "iframe", "object", "embed", "base", "form"].contains(&name.as_str())
        );
        for (name, value) in attributes {
            assert!(!name.starts_with("on") && name != "src", "{name}={value}");
            assert!(name != "href" || value.starts_with('#'), "{value}");
        }
    }
    assert!(!html.contains("url(") && !html.contains("@import"));
}

#[test]
fn the_contents_lead_to_every_section() {
    let html = text(&told(Mode::Incident), ReviewFormat::Html);
    let all = elements(&html);
    let of = |element: &str, attribute: &str| -> Vec<String> {
        let found = all.iter().filter(|(name, _)| name == element).flat_map(|(_, attributes)| attributes);
        found.filter(|(name, _)| name == attribute).map(|(_, value)| value.clone()).collect()
    };
    let links: Vec<_> = of("a", "href").iter().map(|link| link.trim_start_matches('#').to_owned()).collect();
    assert_eq!(links, of("section", "id"));
    assert_eq!(links.len(), SECTIONS.len());
}

#[test]
fn the_picture_shows_bars_marks_and_what_they_mean() {
    let html = text(&told(Mode::Incident), ReviewFormat::Html);
    let (_, rest) = html.split_once("<svg ").unwrap();
    let (picture, _) = rest.split_once("</svg>").unwrap();
    assert!(picture.contains("role=\"img\" aria-label=\"The run took 1 h 24 min: people were at work for"));
    for shape in [
        "class=\"fill-phase\"",
        "class=\"fill-person\"",
        "class=\"fill-action\"",
        "class=\"open-approval\"",
        "class=\"open-wait\"",
        "class=\"fill-trouble\"",
        "class=\"mark-text\"",
        "class=\"line-clock\"",
        ">waiting for approval<",
        ">Restore the photos<",
        ">service validated 04:28:07<",
    ] {
        assert!(picture.contains(shape), "{shape}\n{picture}");
    }
}

#[test]
fn light_dark_and_paper_are_thought_of() {
    let html = text(&told(Mode::Incident), ReviewFormat::Html);
    for rule in ["prefers-color-scheme: dark", "@media print", "color-scheme: light dark"] {
        assert!(html.contains(rule), "{rule}");
    }
}
