//! Environments by name: `environments/<name>.yaml` in the data directory, any file, or the built-in `practice`.
//!
//! Here, and not in `action`, because that crate touches no disk; the data directory is given, never guessed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use action::Environment;
use action::environment::{Credentials, EnvironmentError, PRACTICE_PORT};
use serde::Deserialize;

/// The environment that is always there.
pub const PRACTICE: &str = "practice";

/// Why an environment can't be loaded; each says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no such name.
    #[error("there is no environment {name} in {}; there are: {}", dir.display(), known.join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
        /// Where it was looked for.
        dir: PathBuf,
        /// Those there are.
        known: Vec<String>,
    },
    /// The file or folder can't be read.
    #[error("{} can't be read: {source}; check the path and its permissions", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file isn't an environment.
    #[error("{}:{line}:{column}: {why}; correct the file, then try again", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The column, from 1.
        column: u64,
        /// What is wrong there.
        why: String,
    },
    /// The file says that it is another environment than its name does.
    #[error(
        "{} says `environment: {says}`, so a run on it would be taken for another; make the two agree",
        path.display()
    )]
    Misnamed {
        /// The file.
        path: PathBuf,
        /// What it says.
        says: String,
    },
    /// The file takes the built-in environment's name for something real.
    #[error("{} says `environment: practice`, which is built in; give it another name", path.display())]
    Practice {
        /// The file.
        path: PathBuf,
    },
    /// Its values can't be used.
    #[error(transparent)]
    Values(#[from] EnvironmentError),
}

/// The names that [`load`] knows: `practice` first, then the files of the data directory by name.
///
/// # Errors
/// [`LoadError::Read`] when the folder is there and can't be read.
pub fn list(data_dir: &Path) -> Result<Vec<String>, LoadError> {
    let dir = folder(data_dir);
    let mut names = Vec::new();
    match fs::read_dir(&dir) {
        Ok(entries) => {
            for entry in entries {
                let path = entry.map_err(|source| LoadError::Read { path: dir.clone(), source })?.path();
                let name = path.file_stem().and_then(|stem| stem.to_str());
                if path.extension().is_some_and(|ext| ext == "yaml")
                    && let Some(name) = name
                    && name != PRACTICE
                {
                    names.push(name.to_owned());
                }
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(LoadError::Read { path: dir, source }),
    }
    names.sort();
    names.insert(0, PRACTICE.to_owned());
    Ok(names)
}

/// Loads an environment and checks its values. What has a slash in it, or ends in `.yaml` or `.yml`, is a file;
/// everything else a name.
///
/// # Errors
/// A [`LoadError`]; an unknown name lists those there are.
pub fn load(name_or_path: &str, data_dir: &Path) -> Result<Environment, LoadError> {
    let given = Path::new(name_or_path);
    if given.components().count() > 1 || given.extension().is_some_and(|ext| ext == "yaml" || ext == "yml") {
        return read(given);
    }
    if name_or_path == PRACTICE {
        return Ok(Environment::practice(&practice_endpoint(data_dir)?));
    }
    let dir = folder(data_dir);
    let path = dir.join(format!("{name_or_path}.yaml"));
    if !path.is_file() {
        return Err(LoadError::Unknown { name: name_or_path.to_owned(), dir, known: list(data_dir)? });
    }
    let environment = read(&path)?;
    if environment.name != name_or_path {
        return Err(LoadError::Misnamed { path, says: environment.name });
    }
    Ok(environment)
}

/// Reads an environment from YAML, whose shape and values are checked. `path` is for messages only.
///
/// # Errors
/// [`LoadError::Shape`] with line and column, or [`LoadError::Values`].
pub fn parse(text: &str, path: &Path) -> Result<Environment, LoadError> {
    let environment: Environment =
        serde_saphyr::from_str_with_options(text, serde_saphyr::options! { with_snippet: false }).map_err(
            |error| {
                let at = error.location();
                let (line, column) = at.map_or((1, 1), |at| (at.line(), at.column()));
                LoadError::Shape { path: path.to_owned(), line, column, why: reason(&error.to_string()) }
            },
        )?;
    if environment.name == PRACTICE && environment.credentials != Credentials::Practice(true) {
        return Err(LoadError::Practice { path: path.to_owned() });
    }
    environment.check()?;
    Ok(environment)
}

/// The first line of the parser's words, without the position that it repeats.
fn reason(words: &str) -> String {
    let line = words.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    let line = line.split_once(" at line ").map_or(line, |(before, _)| before);
    line.to_owned()
}

fn read(path: &Path) -> Result<Environment, LoadError> {
    let text =
        fs::read_to_string(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
    parse(&text, path)
}

fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("environments")
}

/// What a running `lifeboat range` leaves in the data directory: its ready line.
#[derive(Deserialize)]
struct Range {
    endpoints: RangeEndpoints,
}

#[derive(Deserialize)]
struct RangeEndpoints {
    s3: String,
}

fn practice_endpoint(data_dir: &Path) -> Result<String, LoadError> {
    let path = data_dir.join("range.json");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(format!("http://127.0.0.1:{PRACTICE_PORT}"));
        }
        Err(source) => return Err(LoadError::Read { path, source }),
    };
    let range: Range = serde_json::from_str(&text).map_err(|error| LoadError::Shape {
        line: error.line() as u64,
        column: error.column() as u64,
        why: "this is not what a practice range leaves; remove it and start the range again".to_owned(),
        path,
    })?;
    // It is somebody else's file: check that it stays on this machine before any request does.
    Environment::practice(&range.endpoints.s3).check()?;
    Ok(range.endpoints.s3)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRODUCTION: &str = "environment: production\nregion: us-east-1\naccount: \"123456789012\"\n\
                              credentials: { profile: veonics-dr }\nphotos: { bucket: veonics-photos }\n";

    fn home(files: &[(&str, &str)]) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("environments")).unwrap();
        for (name, text) in files {
            fs::write(home.path().join(name), text).unwrap();
        }
        home
    }

    #[test]
    fn names_and_files_load() {
        let home = home(&[("environments/production.yaml", PRODUCTION), ("elsewhere.yml", PRODUCTION)]);
        assert_eq!(list(home.path()).unwrap(), ["practice", "production"]);
        let by_name = load("production", home.path()).unwrap();
        assert_eq!(by_name.credentials, Credentials::Profile("veonics-dr".into()));
        let path = home.path().join("elsewhere.yml");
        assert_eq!(load(path.to_str().unwrap(), home.path()).unwrap(), by_name);
    }

    #[test]
    fn an_unknown_name_lists_those_there_are() {
        let home = home(&[("environments/staging.yaml", PRODUCTION)]);
        let error = load("prod", home.path()).unwrap_err().to_string();
        assert!(error.starts_with("there is no environment prod in "), "{error}");
        assert!(error.ends_with("; there are: practice, staging"), "{error}");
        assert!(matches!(load("staging", home.path()), Err(LoadError::Misnamed { .. })));
        assert_eq!(list(Path::new("no/such/place")).unwrap(), ["practice"]);
    }

    #[test]
    fn mistakes_are_shown_where_they_are() {
        for (text, expected) in [
            ("", "e.yaml:1:1: "),
            ("environment: a\nregoin: us-east-1\n", "e.yaml:2:1: unknown field `regoin`"),
            ("environment: a\nregion: [us-east-1]\n", "e.yaml:2:9: "),
            ("environment: a\n  region: b\n", "e.yaml:2:"),
            (
                "environment: a\nregion: us-east-1\naccount: \"123456789012\"\ncredentials: { profil: b }\n",
                "e.yaml:4:16: unknown",
            ),
            ("environment: a\nregion: us-east-1\naccount: \"1\"\n", "missing field `credentials`"),
            (&PRODUCTION.replace("us-east-1", "eu-west-1"), "region eu-west-1 is not in the United States"),
            (&PRODUCTION.replace("production", "practice"), "which is built in; give it another name"),
        ] {
            let error = parse(text, Path::new("e.yaml")).unwrap_err().to_string();
            assert!(error.contains(expected), "{text:?} -> {error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }

    #[test]
    fn a_secret_in_the_wrong_place_is_not_repeated() {
        let text = PRODUCTION.replace("profile: veonics-dr", "keychain: { secret_access_key: hush }");
        let error = parse(&text, Path::new("e.yaml")).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hush"), "{error}");
    }

    #[test]
    fn practice_finds_the_running_range() {
        let none = home(&[]);
        let at = |home: &tempfile::TempDir| load("practice", home.path()).map(|e| e.endpoints.s3.unwrap());
        assert_eq!(at(&none).unwrap(), "http://127.0.0.1:9311");
        let running = home(&[("range.json", r#"{"endpoints":{"s3":"http://127.0.0.1:4000"},"bucket":"b"}"#)]);
        assert_eq!(at(&running).unwrap(), "http://127.0.0.1:4000");
        let foreign = home(&[("range.json", r#"{"endpoints":{"s3":"https://s3.example.com"}}"#)]);
        assert!(matches!(at(&foreign), Err(LoadError::Values(_))));
        let broken = home(&[("range.json", "{")]);
        assert!(at(&broken).unwrap_err().to_string().contains("range.json:1:"));
    }
}
