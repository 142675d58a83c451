//! `lifeboat range`: the practice range alone.

use std::io::Write;
use std::path::PathBuf;

use ::range::{Range, RangeOptions, Scenario};
use engine::Home;

use crate::exit::{Error, Exit};
use crate::interrupts::Interrupts;
use crate::say::{complain, say};

/// Serves until Ctrl-C or the end of the process that started it. The first line of output is JSON; the same,
/// without the keys, lies in the data directory while it runs, so that `--env practice` finds it.
pub(crate) async fn serve(scenario: &str, port: u16) -> Result<Exit, Error> {
    let scenario = Some(Scenario::load(scenario)?);
    let range = Range::start(RangeOptions { port, scenario, ..RangeOptions::default() })?;
    if let Some(note) = range.ready().database.as_ref().and_then(|database| database.note.as_ref()) {
        complain!("{note}.");
    }
    let mut ready = serde_json::to_value(range.ready()).map_err(|why| Error::Terminal(why.into()))?;
    let line = ready.to_string();
    if let Some(ready) = ready.as_object_mut() {
        ready.remove("access_key_id");
        ready.remove("secret_access_key");
    }
    let mut interrupts = Interrupts::catch().map_err(Error::Runtime)?;
    let _sign = Sign::put_up(&ready.to_string())?;
    say!("{line}");
    std::io::stdout().flush().map_err(Error::Terminal)?;
    interrupts.next().await;
    Ok(Exit::Done)
}

/// The file that says where the range is; taken down when it stops.
struct Sign(PathBuf);

impl Sign {
    fn put_up(text: &str) -> Result<Self, Error> {
        let home = Home::find()?;
        let path = home.path().join("range.json");
        let failed = |source| Error::Write { path: path.clone(), source };
        std::fs::create_dir_all(home.path()).map_err(failed)?;
        std::fs::write(&path, text).map_err(failed)?;
        Ok(Self(path))
    }
}

impl Drop for Sign {
    fn drop(&mut self) {
        // The next range writes over one that is left behind.
        let _ = std::fs::remove_file(&self.0);
    }
}
