//! Files that people keep as evidence.

use std::io::Read;

use engine::{EngineError, LARGEST, Session};
use run::{Digest, Rejection};

use crate::world::{World, restore};

const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\nnot much of a picture";

fn kept(world: &World, session: &Session, number: usize) -> (String, String, Vec<u8>) {
    let kept = session.run().files()[number].clone();
    let mut content = Vec::new();
    world.engine.journal().attachment(&kept.file.digest).unwrap().read_to_end(&mut content).unwrap();
    assert_eq!(kept.file.bytes, content.len() as u64);
    (kept.name, kept.media, content)
}

#[test]
fn a_file_is_kept_once_by_its_content_and_linked_to_its_step() {
    let world = World::new(1);
    let session = world.start();
    let run = session.attach("Sam", Some(restore()), r"C:\shots\page.png", PICTURE).unwrap();
    assert_eq!(run.files()[0].step, Some(restore()));
    session.attach("Sam", None, "../../again\u{7}.png", PICTURE).unwrap();
    let files = session.run().files().to_vec();
    assert_eq!((files[0].file.clone(), &files[1].step), (files[1].file.clone(), &None));
    assert_eq!(files[0].file.digest, Digest::of(PICTURE));
    assert_eq!(kept(&world, &session, 0), ("page.png".into(), "image/png".into(), PICTURE.to_vec()));
    assert_eq!(kept(&world, &session, 1).0, "again.png");
    assert_eq!(world.engine.journal().verify().unwrap().attachments, 1);
}

/// Markup is text, whatever its file is called: nothing that is kept is ever run.
#[test]
fn text_is_plain_text_and_what_looks_like_a_secret_in_it_is_masked() {
    let world = World::new(1);
    let session = world.start();
    let text = "<svg onload=\"x()\">\npassword=hush-hush-7\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    session.attach("Sam", None, "page.svg", text.as_bytes()).unwrap();
    let (_, media, content) = kept(&world, &session, 0);
    let content = String::from_utf8(content).unwrap();
    assert_eq!(media, "text/plain");
    assert!(content.contains("<svg onload"), "{content}");
    assert!(!content.contains("hush-hush") && !content.contains("wJalr"), "{content}");
}

#[test]
fn what_can_not_be_kept_says_why_and_nothing_is_written() {
    let world = World::new(1);
    let session = world.start();
    let before = session.run().seq();
    let empty = session.attach("Sam", None, "nothing.txt", b"").unwrap_err();
    assert!(matches!(empty, EngineError::Empty(name) if name == "nothing.txt"));
    let large = session.attach("Sam", None, "film.mp4", &vec![0; LARGEST + 1]).unwrap_err();
    assert!(large.to_string().ends_with("attach the part that matters"), "{large}");
    let nowhere = session.attach("Sam", Some("nowhere".into()), "x.txt", b"x").unwrap_err();
    assert!(matches!(nowhere, EngineError::Rejected(Rejection::NoSuchStep(_))), "{nowhere}");
    assert_eq!(session.run().seq(), before);
}
