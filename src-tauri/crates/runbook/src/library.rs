//! The runbooks there are: those shipped with Lifeboat, and the user's own. The only part that reads files.

use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::parse::{MAX_BYTES, Options, parse_bytes};
use crate::slug::nearest;
use crate::{Code, Diagnostic, Parsed, Runbook};

/// The runbooks that are part of Lifeboat, by id.
pub const SHIPPED: [(&str, &str); 5] = [
    ("restore-badge-photos", include_str!("../../../../runbooks/restore-badge-photos.md")),
    ("restore-portal", include_str!("../../../../runbooks/restore-portal.md")),
    ("restore-portal-db", include_str!("../../../../runbooks/restore-portal-db.md")),
    ("restore-on-premises", include_str!("../../../../runbooks/restore-on-premises.md")),
    ("undelete-badge-photos", include_str!("../../../../runbooks/undelete-badge-photos.md")),
];

/// Where runbooks are found.
#[derive(Debug, Clone)]
pub struct Library {
    folder: PathBuf,
}

/// The text of a runbook, and what diagnostics call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its path, or `<id>.md` when it is shipped.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// One runbook of the library, whether it loads or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Its id; the name of its file without its ending when it doesn't load.
    pub name: String,
    /// Its path, or `shipped`.
    pub source: String,
    /// The runbook; `None` when it can't be used.
    pub runbook: Option<Runbook>,
    /// What is wrong with it. That its file can't be read, that another file has its id, and that it stands in
    /// for a shipped runbook are said here too.
    pub diagnostics: Vec<Diagnostic>,
}

/// Why a runbook can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// There is no such runbook.
    #[error("there is no runbook {asked:?}{}; there are: {}", suggestion.as_ref().map(|near| format!(" (did you mean {near}?)")).unwrap_or_default(), known.join(", "))]
    Unknown {
        /// What was asked for.
        asked: String,
        /// What was probably meant.
        suggestion: Option<String>,
        /// Every id there is.
        known: Vec<String>,
    },
    /// The file can't be read.
    #[error("can't read {}: {source}; check the path, and that you may read it", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not text.
    #[error("{} is not UTF-8 text, so it is not a runbook; give the path of a markdown file", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// The file is too large.
    #[error("{} has {bytes} bytes, and a runbook at most {MAX_BYTES}; give the path of a markdown file", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
}

impl Library {
    /// The shipped runbooks and the `*.md` files in `folder`, which need not be there.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Every runbook, by name; reviews are looked at as of `today`.
    ///
    /// A file with the id of a shipped runbook takes its place, if it loads. Of two files with one id the first
    /// by name counts.
    ///
    /// # Errors
    /// The folder is there and can't be read. A file that can't be is listed, and says why.
    pub fn list(&self, today: Date) -> Result<Vec<Listed>, LibraryError> {
        let shipped = |(id, text): (&str, &str)| {
            listed("shipped", parse_bytes(text.as_bytes(), &options(&format!("{id}.md"), today)), id)
        };
        let mut all: Vec<Listed> = SHIPPED.into_iter().map(shipped).collect();
        for path in self.files()? {
            let mut own = read_listed(&path, today);
            let same =
                |there: &Listed| own.runbook.is_some() && there.runbook.is_some() && there.name == own.name;
            match all.iter().position(same) {
                Some(at) if at < SHIPPED.len() && all[at].source == "shipped" => {
                    let message = format!("this file stands in for the shipped runbook {}", own.name);
                    let hint = "Remove it, or give it another id, to have the shipped one again.";
                    own.diagnostics.insert(0, note(&own.source, Code::OverridesShipped, &message, hint));
                    all[at] = own;
                }
                Some(at) => {
                    let message = format!("{} has the id {} too, and is used", all[at].source, own.name);
                    let hint = "Give one of the two files another id.";
                    own.diagnostics.insert(0, note(&own.source, Code::DuplicateRunbook, &message, hint));
                    own.runbook = None;
                    all.push(own);
                }
                None => all.push(own),
            }
        }
        all.sort_by(|one, other| (&one.name, &one.source).cmp(&(&other.name, &other.source)));
        Ok(all)
    }

    /// The text of the runbook with an id, or in a file. Anything with a slash or the ending `.md` is a path.
    ///
    /// # Errors
    /// There is no such runbook; its file can't be read, or is no text.
    pub fn open(&self, id_or_path: &str) -> Result<Source, LibraryError> {
        if id_or_path.ends_with(".md") || id_or_path.contains(['/', '\\']) {
            return read(Path::new(id_or_path));
        }
        let mut known: Vec<String> = SHIPPED.iter().map(|(id, _)| (*id).to_owned()).collect();
        for path in self.files()? {
            // A file that can't be read is not the one that was asked for, unless its name says so.
            let named = path.file_stem().is_some_and(|stem| stem == id_or_path);
            let source = match read(&path) {
                Ok(source) => source,
                Err(error) if named => return Err(error),
                Err(_) => continue,
            };
            let runbook = crate::parse(&source.text, &source.name).runbook;
            let id = runbook.map(|runbook| runbook.id);
            if id.as_deref() == Some(id_or_path) || (id.is_none() && named && shipped(id_or_path).is_none()) {
                return Ok(source);
            }
            known.extend(id.filter(|id| !known.contains(id)));
        }
        if let Some(text) = shipped(id_or_path) {
            return Ok(Source { name: format!("{id_or_path}.md"), text: text.to_owned() });
        }
        known.sort();
        let suggestion = nearest(id_or_path, known.iter().map(String::as_str)).map(str::to_owned);
        Err(LibraryError::Unknown { asked: id_or_path.to_owned(), suggestion, known })
    }

    /// The markdown files of the folder, by name.
    fn files(&self) -> Result<Vec<PathBuf>, LibraryError> {
        let failed = |source| LibraryError::Read { path: self.folder.clone(), source };
        let folder = match std::fs::read_dir(&self.folder) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut files = Vec::new();
        for file in folder {
            let path = file.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == "md") && path.is_file() {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }
}

fn shipped(id: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(shipped, _)| *shipped == id).map(|(_, text)| *text)
}

fn options(name: &str, today: Date) -> Options {
    Options { name: name.to_owned(), today: Some(today), strict: false }
}

fn listed(source: &str, parsed: Parsed, fallback: &str) -> Listed {
    let name = parsed.runbook.as_ref().map_or_else(|| fallback.to_owned(), |runbook| runbook.id.clone());
    Listed { name, source: source.to_owned(), runbook: parsed.runbook, diagnostics: parsed.diagnostics }
}

fn read_listed(path: &Path, today: Date) -> Listed {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let source = path.display().to_string();
    let parsed = match read(path) {
        Ok(text) => parse_bytes(text.text.as_bytes(), &options(&source, today)),
        Err(error) => {
            let hint = "Put it right, or take it out of the folder.";
            let diagnostics = vec![note(&source, Code::Unreadable, &error.to_string(), hint)];
            Parsed { runbook: None, diagnostics }
        }
    };
    listed(&source, parsed, &stem)
}

/// Something about a file as a whole.
fn note(file: &str, code: Code, message: &str, hint: &str) -> Diagnostic {
    Diagnostic {
        file: file.to_owned(),
        line: 1,
        column: 1,
        end_line: 1,
        end_column: 1,
        severity: code.severity(),
        code,
        message: message.to_owned(),
        hint: Some(hint.to_owned()),
    }
}

/// Reads a file, but never more of it than a runbook may have.
fn read(path: &Path) -> Result<Source, LibraryError> {
    let failed = |source| LibraryError::Read { path: path.to_owned(), source };
    let bytes = std::fs::metadata(path).map_err(failed)?.len();
    if bytes > MAX_BYTES as u64 {
        return Err(LibraryError::TooLarge { path: path.to_owned(), bytes });
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    let text = String::from_utf8(bytes).map_err(|_| LibraryError::NotText { path: path.to_owned() })?;
    Ok(Source { name: path.display().to_string(), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 24);

    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Library) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let library = Library::new(folder.path());
        (folder, library)
    }

    #[test]
    fn shipped_ids_are_those_of_their_files() {
        for (id, text) in SHIPPED {
            assert_eq!(crate::parse(text, "").runbook.unwrap().id, id);
        }
    }

    fn shape(listed: &[Listed]) -> Vec<(&str, &str, Vec<Code>)> {
        let place = |source: &'static str, listed: &Listed| {
            if listed.source == "shipped" { "shipped" } else { source }
        };
        let codes = |listed: &Listed| listed.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        listed.iter().map(|listed| (listed.name.as_str(), place("file", listed), codes(listed))).collect()
    }

    #[test]
    fn no_folder_is_no_problem() {
        let listed = Library::new(Path::new("/nowhere/at/all")).list(TODAY).unwrap();
        let shipped = [
            "restore-badge-photos",
            "restore-on-premises",
            "restore-portal",
            "restore-portal-db",
            "undelete-badge-photos",
        ]
        .map(|name| (name, "shipped", vec![]));
        assert_eq!(shape(&listed), shipped);
    }

    const WHOLE: &str =
        "owner: Me\nreviewed: 2026-11-01\nobjectives: { rto: 1h, rpo: 1h }\n---\n# Mine\n## A\n";

    #[test]
    fn a_file_overrides_a_shipped_runbook_and_a_broken_one_does_not() {
        let mine = format!("---\nrunbook: restore-badge-photos\n{WHOLE}");
        let (_folder, library) =
            folder(&[("mine.md", &mine), ("restore-on-premises.md", "# A <b>"), ("x.txt", "")]);
        let listed = library.list(TODAY).unwrap();
        let (overrides, html) = (Code::OverridesShipped, Code::RawHtml);
        assert_eq!(shape(&listed)[0], ("restore-badge-photos", "file", vec![overrides]));
        assert!(listed[0].runbook.is_some());
        assert_eq!((shape(&listed)[1].1, shape(&listed)[1].2.contains(&html)), ("file", true));
        assert_eq!(shape(&listed)[2], ("restore-on-premises", "shipped", vec![]));
        assert!(library.open("restore-badge-photos").unwrap().text.contains("# Mine"));
        assert!(library.open("restore-on-premises").unwrap().text.contains("Datto"));
    }

    #[test]
    fn of_two_files_with_one_id_the_first_is_used() {
        let same = format!("---\nrunbook: same\n{WHOLE}");
        let (_folder, library) = folder(&[("a.md", &same), ("b.md", &same)]);
        let listed = library.list(TODAY).unwrap();
        let same: Vec<_> = listed.iter().filter(|listed| listed.name == "same").cloned().collect();
        assert_eq!(shape(&same), [("same", "file", vec![]), ("same", "file", vec![Code::DuplicateRunbook])]);
        assert!(same[1].diagnostics[0].message.contains("a.md has the id same too"));
        assert!(library.open("same").unwrap().name.ends_with("a.md"));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_listed() {
        let (folder, library) = folder(&[]);
        std::fs::write(folder.path().join("bytes.md"), [0xFF, 0xFE]).unwrap();
        std::fs::write(folder.path().join("large.md"), vec![b'x'; MAX_BYTES + 1]).unwrap();
        let listed = library.list(TODAY).unwrap();
        assert_eq!(shape(&listed)[0], ("bytes", "file", vec![Code::Unreadable]));
        assert_eq!(shape(&listed)[1], ("large", "file", vec![Code::Unreadable]));
    }

    #[test]
    fn what_is_not_there_is_said_with_what_is() {
        let (folder, library) = folder(&[("own.md", "# My own\n"), ("bytes.md", "")]);
        std::fs::write(folder.path().join("bytes.md"), [0xFF, 0xFE]).unwrap();
        let error = library.open("restore-badge-photo").unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no runbook \"restore-badge-photo\" (did you mean restore-badge-photos?); there are: my-own, \
             restore-badge-photos, restore-on-premises, restore-portal, restore-portal-db, undelete-badge-photos"
        );
        assert!(matches!(library.open("nothing/here.md"), Err(LibraryError::Read { .. })));
        assert!(matches!(library.open("bytes"), Err(LibraryError::NotText { .. })));
        let path = folder.path().join("own.md").display().to_string();
        assert_eq!(library.open(&path).unwrap().name, path);
        assert_eq!(library.open("my-own").unwrap().name, path);
    }
}
