//! The runbooks there are: those shipped with Lifeboat, and the user's own. The only part that reads files.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::parse::{MAX_BYTES, Options, parse_bytes};
use crate::slug::nearest;
use crate::{Diagnostic, Parsed, Runbook, Severity};

/// The runbooks that are part of Lifeboat, by id.
pub const SHIPPED: [(&str, &str); 2] = [
    ("restore-badge-photos", include_str!("../../../../runbooks/restore-badge-photos.md")),
    ("restore-on-premises", include_str!("../../../../runbooks/restore-on-premises.md")),
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

/// Where an entry comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It is part of Lifeboat.
    Shipped,
    /// It is a file of the user's.
    File {
        /// Where.
        path: PathBuf,
        /// Whether it stands in for a shipped runbook of the same id.
        overrides: bool,
    },
}

/// One runbook of the library.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its id; the name of its file without its ending when it doesn't load.
    pub id: String,
    /// Where it comes from.
    pub origin: Origin,
    /// The runbook; `None` when it has errors.
    pub runbook: Option<Runbook>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    /// Why its file could not be read, or why another one is used in its place.
    pub problem: Option<String>,
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

impl Entry {
    /// Where it comes from, for people: its path, or `shipped`.
    pub fn source(&self) -> String {
        match &self.origin {
            Origin::Shipped => "shipped".to_owned(),
            Origin::File { path, .. } => path.display().to_string(),
        }
    }

    /// How many errors it has.
    pub fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count()
    }

    /// How many warnings it has.
    pub fn warnings(&self) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Warning).count()
    }
}

impl Library {
    /// The shipped runbooks and the `*.md` files in `folder`, which need not be there.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Every runbook, by id; reviews are looked at as of `today`. A file with the id of a shipped runbook takes
    /// its place. Of two files with one id the first by name counts, and the other's entry says so.
    ///
    /// # Errors
    /// The folder is there and can't be read. A single file that can't is an entry that says why.
    pub fn list(&self, today: Date) -> Result<Vec<Entry>, LibraryError> {
        let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
        for (id, text) in SHIPPED {
            let parsed = parse_bytes(text.as_bytes(), &options(&format!("{id}.md"), today));
            entries.insert(id.to_owned(), entry(id.to_owned(), Origin::Shipped, parsed));
        }
        for path in self.files()? {
            let mut entry = read_entry(&path, today);
            let mut key = entry.id.clone();
            match entries.get(&key).map(|there| &there.origin) {
                Some(Origin::Shipped) if entry.runbook.is_some() => {
                    entry.origin = Origin::File { path, overrides: true };
                }
                Some(Origin::File { path: first, .. }) => {
                    let first = first.display();
                    entry.problem = Some(format!(
                        "{first} has the id {key} too and is used; give one of them another id"
                    ));
                    key = format!("{key} {}", entry.source());
                }
                // A broken copy must not take a good shipped runbook away.
                Some(Origin::Shipped) => key = format!("{key} {}", entry.source()),
                None => {}
            }
            entries.insert(key, entry);
        }
        Ok(entries.into_values().collect())
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

fn entry(fallback: String, origin: Origin, parsed: Parsed) -> Entry {
    let id = parsed.runbook.as_ref().map_or(fallback, |runbook| runbook.id.clone());
    Entry { id, origin, runbook: parsed.runbook, diagnostics: parsed.diagnostics, problem: None }
}

fn read_entry(path: &Path, today: Date) -> Entry {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let origin = Origin::File { path: path.to_owned(), overrides: false };
    match read(path) {
        Ok(source) => entry(stem, origin, parse_bytes(source.text.as_bytes(), &options(&source.name, today))),
        Err(error) => {
            let problem = Some(error.to_string());
            Entry { id: stem, origin, runbook: None, diagnostics: Vec::new(), problem }
        }
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

    #[test]
    fn no_folder_is_no_problem() {
        let entries = Library::new(Path::new("/nowhere/at/all")).list(TODAY).unwrap();
        let ids: Vec<_> = entries.iter().map(|entry| (entry.id.as_str(), entry.source())).collect();
        assert_eq!(
            ids,
            [("restore-badge-photos", "shipped".into()), ("restore-on-premises", "shipped".to_owned())]
        );
    }

    #[test]
    fn a_file_overrides_a_shipped_runbook_and_a_broken_one_does_not() {
        let mine = "---\nrunbook: restore-badge-photos\n---\n# Mine\n## A\n";
        let (_folder, library) =
            folder(&[("mine.md", mine), ("restore-on-premises.md", "<b>"), ("x.txt", "")]);
        let entries = library.list(TODAY).unwrap();
        let shape: Vec<_> =
            entries.iter().map(|e| (e.id.as_str(), e.runbook.is_some(), e.source() == "shipped")).collect();
        assert_eq!(
            shape,
            [
                ("restore-badge-photos", true, false),
                ("restore-on-premises", true, true),
                ("restore-on-premises", false, false),
            ]
        );
        assert!(matches!(entries[0].origin, Origin::File { overrides: true, .. }));
        assert_eq!((entries[0].errors(), entries[0].warnings()), (0, 4));
        assert!(library.open("restore-badge-photos").unwrap().text.contains("# Mine"));
        assert!(library.open("restore-on-premises").unwrap().text.contains("Datto"));
    }

    #[test]
    fn two_files_with_one_id_are_both_shown() {
        let (_folder, library) = folder(&[("a.md", "# Same\n"), ("b.md", "# Same\n")]);
        let entries = library.list(TODAY).unwrap();
        let same: Vec<_> = entries.iter().filter(|entry| entry.id == "same").collect();
        assert_eq!(same.len(), 2);
        assert!(same[1].problem.as_ref().unwrap().contains("a.md has the id same too"));
    }

    #[test]
    fn what_is_not_there_is_said_with_what_is() {
        let (folder, library) = folder(&[("own.md", "# My own\n"), ("bytes.md", "")]);
        std::fs::write(folder.path().join("bytes.md"), [0xFF, 0xFE]).unwrap();
        let error = library.open("restore-badge-photo").unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no runbook \"restore-badge-photo\" (did you mean restore-badge-photos?); there are: my-own, \
             restore-badge-photos, restore-on-premises"
        );
        assert!(matches!(library.open("nothing/here.md"), Err(LibraryError::Read { .. })));
        assert!(matches!(library.open("bytes"), Err(LibraryError::NotText { .. })));
        let path = folder.path().join("own.md").display().to_string();
        assert_eq!(library.open(&path).unwrap().name, path);
        assert_eq!(library.open("my-own").unwrap().name, path);
    }
}
