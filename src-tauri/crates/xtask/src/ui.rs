//! Building the user interface, when its sources are newer than what was built of them.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use crate::error::Error;
use crate::process::Run;
use crate::project::Project;

/// The command that builds it.
pub(crate) fn build_command(project: &Project) -> Run {
    Run::new("npm run build").in_ui(&project.ui())
}

/// Builds `ui/dist` if it isn't what the sources say.
pub(crate) fn build(project: &Project) -> Result<(), Error> {
    if is_fresh(&project.ui()) {
        return Ok(());
    }
    println!("Building the user interface.");
    build_command(project).shown("look at the messages above")?;
    built(project)
}

/// Notes that `ui/dist` was just built.
pub(crate) fn built(project: &Project) -> Result<(), Error> {
    let stamp = project.ui().join(STAMP);
    fs::write(&stamp, "").map_err(|why| Error::file("write", &stamp, &why))
}

/// Newer than everything in `ui/dist` and than its sources as long as nothing has changed.
const STAMP: &str = "node_modules/.built";

fn is_fresh(ui: &Path) -> bool {
    let Ok(stamp) = changed(&ui.join(STAMP)) else { return false };
    // The shell's build script writes a page of its own when there is none: that one is newer than the stamp.
    let page = changed(&ui.join("dist/index.html")).is_ok_and(|page| page <= stamp);
    page && newest(ui, &["node_modules", "dist"]).is_ok_and(|source| source <= stamp)
}

fn changed(path: &Path) -> io::Result<SystemTime> {
    fs::metadata(path)?.modified()
}

/// When the newest file or folder below `dir` changed; a folder changes when something in it is added or removed.
fn newest(dir: &Path, except: &[&str]) -> io::Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if except.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        let entry_type = entry.file_type()?;
        if !entry_type.is_symlink() {
            newest = newest.max(entry.metadata()?.modified()?);
        }
        if entry_type.is_dir() {
            newest = newest.max(self::newest(&entry.path(), &[])?);
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use std::fs::{File, create_dir_all};
    use std::time::Duration;

    use super::*;

    fn set(path: &Path, second: u64) {
        let file = File::options().create(true).append(true).open(path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(second)).unwrap();
    }

    #[test]
    fn stale_when_never_built_edited_or_replaced_by_the_placeholder() {
        let ui = std::env::temp_dir().join(format!("lifeboat-xtask-{}", std::process::id()));
        create_dir_all(ui.join("dist")).unwrap();
        create_dir_all(ui.join("node_modules")).unwrap();
        set(&ui.join("vite.config.ts"), 100);
        set(&ui.join("dist/index.html"), 200);
        assert!(!is_fresh(&ui), "never built");
        set(&ui.join(STAMP), 201);
        assert!(is_fresh(&ui));
        set(&ui.join("vite.config.ts"), 202);
        assert!(!is_fresh(&ui), "edited");
        set(&ui.join("vite.config.ts"), 100);
        set(&ui.join("dist/index.html"), 203);
        assert!(!is_fresh(&ui), "replaced");
        fs::remove_dir_all(&ui).unwrap();
    }
}
