//! The app's own actions against a server, as a run would have them done.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use action::{Action, Context, Disk, Environment, Origin, Source};
use jiff::Timestamp;
use serde_json::json;

use crate::cost;

/// Plans and applies an action, or performs one that only reads, and prints what it took.
pub(crate) async fn run(args: &[String]) -> Result<(), Box<dyn Error>> {
    let [endpoint, id, params @ ..] = args else { return Err("run ENDPOINT ACTION NAME=VALUE…".into()) };
    let pairs = params.iter().map(|pair| pair.split_once('=').ok_or("parameters are NAME=VALUE"));
    let params: BTreeMap<String, String> = pairs
        .map(|pair| pair.map(|(name, value)| (name.to_owned(), value.to_owned())))
        .collect::<Result<_, _>>()?;
    let action = Action::from_params(id, &params)?;
    let environment = Environment::practice(endpoint);
    let ports = aws::connect(&environment, &aws::Options::default()).await?;
    let origin = Origin { run: "bench".to_owned(), mode: "exercise".to_owned() };
    let (disk, stop) = (Scratch(tempfile::tempdir()?), AtomicBool::new(false));
    let cx = Context {
        ports: &ports,
        environment: &environment,
        origin: &origin,
        inventory: None,
        record: &|_| Ok(()),
        disk: &disk,
        now: Timestamp::now(),
        progress: &|_| {},
        stop: &stop,
    };
    let (plan, evidence) = (disk.0.path().join("plan"), disk.0.path().join("evidence"));
    let began = Instant::now();
    let mut planned = 0.0;
    let outcome = if id.ends_with(".survey") || id.ends_with(".verify") {
        action.read(&cx, &mut Durable::create(&evidence)?).await?
    } else {
        let mut body = Durable::create(&plan)?;
        action.plan(&cx, &mut body).await?;
        body.flush()?;
        planned = began.elapsed().as_secs_f64();
        let source = Box::new(BufReader::new(File::open(&plan)?));
        action.apply(&cx, source, &mut Durable::create(&evidence)?).await?
    };
    let line = json!({
        "planned": planned,
        "seconds": began.elapsed().as_secs_f64() - planned,
        "cpu": cost::cpu(None),
        "peak_bytes": cost::peak(None),
        "verdict": outcome.verdict,
        "headline": outcome.headline,
    });
    println!("{line}");
    Ok(())
}

/// A folder for temporary files.
struct Scratch(tempfile::TempDir);

impl Disk for Scratch {
    fn scratch(&self) -> io::Result<File> {
        tempfile::tempfile_in(self.0.path())
    }

    fn open(&self, path: &str) -> io::Result<Source> {
        Ok(Box::new(BufReader::new(File::open(PathBuf::from(path))?)))
    }

    fn earlier(&self) -> io::Result<Option<Source>> {
        Ok(None)
    }
}

/// A file that is on the disk once it is flushed, as a run's evidence is.
struct Durable(BufWriter<File>);

impl Durable {
    fn create(path: &Path) -> io::Result<Self> {
        Ok(Self(BufWriter::new(File::create(path)?)))
    }
}

impl Write for Durable {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()?;
        self.0.get_ref().sync_data()
    }
}
