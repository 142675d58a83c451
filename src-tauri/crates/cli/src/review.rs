//! `lifeboat report`: the draft of a run's post-incident review.

use std::io::{ErrorKind, IsTerminal};
use std::path::Path;

use engine::Home;
use journal::Journal;
use report::{ReportError, Review, ReviewFormat};
use run::RunId;

use crate::exit::{Error, Exit};
use crate::inspect::{save, seal};
use crate::say::complain;

/// Writes the review. The archive of everything is sealed first, so that it can be checked on any machine.
pub(crate) async fn report(run: &RunId, format: ReviewFormat, output: Option<&Path>) -> Result<Exit, Error> {
    let none = || engine::EngineError::Fold(run::FoldError::Empty(run.clone()));
    let path = Home::find()?.journal();
    if !path.exists() {
        return Err(none().into());
    }
    let sealed = if format == ReviewFormat::Zip { seal(&path, run).await } else { None };
    let sealed = sealed.map(|(_, seal)| seal);
    let journal = Journal::open_read_only(&path)?;
    let review = match Review::new(&journal, run) {
        Err(ReportError::Empty) => return Err(none().into()),
        other => other?.sealed(sealed),
    };
    let Some(path) = output else {
        let mut out = std::io::stdout().lock();
        if matches!(format, ReviewFormat::Pdf | ReviewFormat::Zip) && out.is_terminal() {
            let what = format!("a .{} is nothing for a terminal", format.extension());
            return Err(Error::Usage { what, next: "Name a file with -o.".to_owned() });
        }
        return match review.write(format, &journal, &mut out) {
            // Whoever reads has read enough.
            Err(ReportError::Write(why)) if why.kind() == ErrorKind::BrokenPipe => Ok(Exit::Done),
            other => Ok(other.map(|()| Exit::Done)?),
        };
    };
    save(path, |file| review.write(format, &journal, file))?;
    let entries = review.run().seq();
    complain!(
        "the review of {entries} entries is in {}; the last has the hash {}",
        path.display(),
        review.head()
    );
    Ok(Exit::Done)
}
