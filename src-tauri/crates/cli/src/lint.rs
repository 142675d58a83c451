//! `lifeboat lint`.

use std::path::{Path, PathBuf};

use runbook::Diagnostic;

use crate::Output;
use crate::exit::{Error, Exit};
use crate::say::{complain, say};

pub(crate) fn lint(paths: &[PathBuf], format: Output, strict: bool) -> Result<Exit, Error> {
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut files = 0;
    for path in paths {
        for file in files_of(path)? {
            files += 1;
            let bytes = std::fs::read(&file).map_err(|source| Error::Read { path: file.clone(), source })?;
            found.extend(runbook::lint(&bytes, &file.display().to_string(), strict, today()).diagnostics);
        }
    }
    if files == 0 {
        let what = "there is no *.md file in what you gave".to_owned();
        return Err(Error::Usage { what, next: "Give a runbook, or a folder that holds some.".to_owned() });
    }
    let errors = found.iter().filter(|d| d.is_error()).count();
    match format {
        Output::Json => {
            say!("{}", serde_json::to_string_pretty(&found).map_err(|why| Error::Terminal(why.into()))?)
        }
        Output::Human => {
            found.iter().for_each(|diagnostic| say!("{diagnostic}"));
            complain!("{files} checked: {errors} errors, {} warnings", found.len() - errors);
        }
    }
    Ok(if errors == 0 { Exit::Done } else { Exit::Failed })
}

fn files_of(path: &Path) -> Result<Vec<PathBuf>, Error> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if file.is_file() && file.extension().is_some_and(|extension| extension == "md") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

pub(crate) fn today() -> jiff::civil::Date {
    jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date()
}
