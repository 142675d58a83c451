//! Files that people keep as evidence: stored by their content, never opened as anything but text or a picture.

use std::io::{Cursor, Write as _};

use journal::JournalError;
use run::{Command, Run};
use runbook::StepId;

use crate::disk::Evidence;
use crate::{EngineError, Session};

/// The most bytes that a file may have: 25 MB.
pub const LARGEST: usize = 25_000_000;

impl Session {
    /// Keeps a file as evidence. In text, what looks like a secret is masked first.
    ///
    /// # Errors
    /// An empty file or one that is too large; a step that isn't there; a journal that can't be written.
    pub fn attach(
        &self,
        actor: &str,
        step: Option<StepId>,
        name: &str,
        content: &[u8],
    ) -> Result<Run, EngineError> {
        let name = file_name(name);
        if content.is_empty() {
            return Err(EngineError::Empty(name));
        }
        if content.len() > LARGEST {
            return Err(EngineError::TooLarge { name, bytes: content.len() });
        }
        let media = media(content);
        let file = if media == "text/plain" {
            let mut text = self.evidence(Evidence::passing)?;
            text.write_all(content).map_err(JournalError::Evidence)?;
            self.journal.attach(&mut text.into_file().map_err(JournalError::Evidence)?)?
        } else {
            self.journal.attach(&mut Cursor::new(content))?
        };
        self.submit(actor, &Command::Attach { step, name, media: media.to_owned(), file })
    }
}

/// A file's name without its folder and without what a screen would obey.
fn file_name(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|letter| !letter.is_control()).take(200).collect();
    if name.trim().is_empty() { "file".to_owned() } else { name.trim().to_owned() }
}

/// What a file is, by what it begins with. Anything that is text is plain text, whatever it calls itself.
fn media(content: &[u8]) -> &'static str {
    const BEGINNINGS: [(&[u8], &str); 6] = [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"%PDF-", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"\x1f\x8b", "application/gzip"),
    ];
    let webp = content.starts_with(b"RIFF") && content.get(8..12) == Some(b"WEBP");
    let known = BEGINNINGS.iter().find(|(beginning, _)| content.starts_with(beginning));
    match known {
        Some((_, media)) => media,
        None if webp => "image/webp",
        None if std::str::from_utf8(content).is_ok() && !content.contains(&0) => "text/plain",
        None => "application/octet-stream",
    }
}
