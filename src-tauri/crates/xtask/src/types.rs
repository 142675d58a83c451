//! The TypeScript types in `ui/src/lib/types`, which ts-rs writes from the shell's views while tests run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::project::Project;

/// The variable that tells ts-rs where to write.
pub(crate) const EXPORT_DIR: &str = "TS_RS_EXPORT_DIR";

/// Where the checked-in types are.
fn checked_in(project: &Project) -> PathBuf {
    project.ui().join("src/lib/types")
}

/// Where a test run writes them, to be compared.
pub(crate) fn fresh(project: &Project) -> PathBuf {
    project.target().join("types")
}

/// Writes the types anew, and drops those that Rust no longer has.
pub(crate) fn write(project: &Project) -> Result<(), Error> {
    let fresh = fresh(project);
    forget(&fresh)?;
    project
        .cargo("cargo test --quiet --workspace --lib export_bindings")
        .env(EXPORT_DIR, &fresh)
        .shown("make the shell compile first")?;
    let types = read(&fresh)?;
    let folder = checked_in(project);
    forget(&folder)?;
    for (name, text) in &types {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(&folder);
        fs::create_dir_all(parent).map_err(|why| Error::file("make", parent, &why))?;
        fs::write(&path, text).map_err(|why| Error::file("write", &path, &why))?;
    }
    println!("Wrote {} files to ui/src/lib/types.", types.len());
    Ok(())
}

/// Compares what a test run wrote with what is checked in.
pub(crate) fn check(project: &Project) -> Result<(), Error> {
    let differing = differing(&read(&checked_in(project))?, &read(&fresh(project))?);
    if differing.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        format!("ui/src/lib/types is not what the shell's views say: {}", differing.join(", ")),
        "run `cargo xtask types`, then commit what changed",
    ))
}

/// Empties a folder of generated files.
pub(crate) fn forget(dir: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(dir) {
        Err(why) if dir.exists() => Err(Error::file("empty", dir, &why)),
        _ => Ok(()),
    }
}

/// The generated files below `dir` by relative path; none if it isn't there.
fn read(dir: &Path) -> Result<BTreeMap<String, String>, Error> {
    fn gather(top: &Path, dir: &Path, into: &mut BTreeMap<String, String>) -> std::io::Result<()> {
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.is_dir() {
                gather(top, &path, into)?;
            } else {
                let name = path.strip_prefix(top).unwrap_or(&path).to_string_lossy().into_owned();
                into.insert(name, fs::read_to_string(&path)?);
            }
        }
        Ok(())
    }
    let mut files = BTreeMap::new();
    if dir.exists() {
        gather(dir, dir, &mut files).map_err(|why| Error::file("read", dir, &why))?;
    }
    Ok(files)
}

/// The names in either whose text differs, or that the other lacks.
fn differing(checked_in: &BTreeMap<String, String>, fresh: &BTreeMap<String, String>) -> Vec<String> {
    let changed = fresh.iter().filter_map(|(name, text)| match checked_in.get(name) {
        None => Some(format!("{name} is missing")),
        Some(old) if old != text => Some(format!("{name} differs")),
        Some(_) => None,
    });
    let gone = checked_in.keys().filter(|name| !fresh.contains_key(*name));
    changed.chain(gone.map(|name| format!("{name} is of nothing in Rust"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_is_named() {
        let files = |list: &[(&str, &str)]| {
            list.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
        };
        let old = files(&[("Mode.ts", "a"), ("RunView.ts", "b"), ("Gone.ts", "c")]);
        let new = files(&[("Mode.ts", "a"), ("RunView.ts", "B"), ("New.ts", "d")]);
        assert_eq!(
            differing(&old, &new),
            ["New.ts is missing", "RunView.ts differs", "Gone.ts is of nothing in Rust"]
        );
        assert!(differing(&old, &old).is_empty());
    }
}
