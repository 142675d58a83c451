//! A plan's body: JSON lines, a header, one item each, and the summary last. Written and read back as a stream.

use std::io::BufRead as _;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::plan::{Failure, PlanSummary, Sink, Source};

/// The format of these lines; a plan of another format is refused.
const FORMAT: u32 = 1;

/// What the last line begins with.
const SUMMARY: &str = r#"{"summary":"#;

/// The first line: what was planned, and on what ground.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header<P, G> {
    action: String,
    format: u32,
    /// The parameters.
    pub(crate) params: P,
    /// What must be known of the world to carry it out.
    #[serde(flatten)]
    pub(crate) ground: G,
}

impl<P, G> Header<P, G> {
    pub(crate) fn new(action: &str, params: P, ground: G) -> Self {
        Self { action: action.to_owned(), format: FORMAT, params, ground }
    }
}

/// One line: a thing that isn't as it should be, and what the plan does about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item<O> {
    pub(crate) key: String,
    #[serde(flatten)]
    pub(crate) op: O,
    /// What it is now.
    pub(crate) was: String,
    /// What it becomes.
    pub(crate) becomes: String,
}

#[derive(Serialize, Deserialize)]
struct Last<S> {
    summary: S,
}

/// Writes the last line.
pub(crate) fn write_summary(summary: &PlanSummary, into: Sink<'_>) -> Result<(), Failure> {
    write_line(&Last { summary }, into)
}

/// Writes anything as one JSON line.
pub(crate) fn write_line(line: &impl Serialize, into: &mut dyn std::io::Write) -> Result<(), Failure> {
    let mut text = serde_json::to_vec(line).map_err(std::io::Error::from)?;
    text.push(b'\n');
    Ok(into.write_all(&text)?)
}

/// Writes a plan of few items at once.
pub(crate) fn write<P: Serialize, G: Serialize, O: Serialize>(
    header: &Header<P, G>,
    items: &[Item<O>],
    summary: &PlanSummary,
    into: Sink<'_>,
) -> Result<(), Failure> {
    write_line(header, into)?;
    for item in items {
        write_line(item, into)?;
    }
    write_summary(summary, into)
}

/// A plan's header and all its items.
pub(crate) type Whole<P, G, O> = (Header<P, G>, Vec<Item<O>>);

/// A plan's body being read back.
pub(crate) struct Body<P, G, O> {
    pub(crate) header: Header<P, G>,
    source: Source,
    line: u64,
    ended: bool,
    ops: PhantomData<fn() -> O>,
}

impl<P: DeserializeOwned, G: DeserializeOwned, O: DeserializeOwned> Body<P, G, O> {
    /// Reads and checks the first line.
    ///
    /// # Errors
    /// [`Failure::Plan`] when it isn't the header of a plan of `action`, in this format.
    pub(crate) fn open(action: &str, mut source: Source) -> Result<Self, Failure> {
        #[derive(Deserialize)]
        struct Kind {
            action: String,
            format: u32,
        }
        let off = |why: String| Failure::Plan { line: 1, why };
        let text = read_line(&mut source, 1)?.ok_or_else(|| off("it is empty".to_owned()))?;
        let kind: Kind = serde_json::from_str(&text).map_err(|e| off(e.to_string()))?;
        if kind.action != action {
            return Err(off(format!("it is a plan of {}, not of {action}", kind.action)));
        }
        if kind.format != FORMAT {
            return Err(off(format!("its format is {}; this version reads {FORMAT}", kind.format)));
        }
        let header = serde_json::from_str(&text).map_err(|e| off(e.to_string()))?;
        Ok(Self { header, source, line: 1, ended: false, ops: PhantomData })
    }

    /// The next item; `None` after the summary.
    ///
    /// # Errors
    /// [`Failure::Plan`] when the line is no item, or the plan breaks off.
    pub(crate) fn next(&mut self) -> Result<Option<Item<O>>, Failure> {
        let Some(text) = self.read()? else { return Ok(None) };
        if text.starts_with(SUMMARY) {
            return self.end(&text).map(|()| None);
        }
        serde_json::from_str(&text).map(Some).map_err(|e| self.off(e.to_string()))
    }

    /// Passes over a line without looking at it.
    ///
    /// # Errors
    /// As [`Body::next`].
    pub(crate) fn pass(&mut self) -> Result<(), Failure> {
        if let Some(text) = self.read()?.filter(|text| text.starts_with(SUMMARY)) {
            self.end(&text)?;
        }
        Ok(())
    }

    fn read(&mut self) -> Result<Option<String>, Failure> {
        if self.ended {
            return Ok(None);
        }
        self.line += 1;
        let text = read_line(&mut self.source, self.line)?;
        text.map(Some).ok_or_else(|| self.off("the plan breaks off here, before its summary".to_owned()))
    }

    fn end(&mut self, summary: &str) -> Result<(), Failure> {
        serde_json::from_str::<Last<PlanSummary>>(summary).map_err(|e| self.off(e.to_string()))?;
        if read_line(&mut self.source, self.line + 1)?.is_some() {
            return Err(self.off("there is more after the summary".to_owned()));
        }
        self.ended = true;
        Ok(())
    }

    /// The line that was read last, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// Every item that is left, and the header; for plans of few items.
    ///
    /// # Errors
    /// As [`Body::next`].
    pub(crate) fn all(mut self) -> Result<Whole<P, G, O>, Failure> {
        let mut items = Vec::new();
        while let Some(item) = self.next()? {
            items.push(item);
        }
        Ok((self.header, items))
    }

    /// That the line read last can't be used.
    pub(crate) fn off(&self, why: String) -> Failure {
        Failure::Plan { line: self.line, why }
    }
}

fn read_line(source: &mut Source, line: u64) -> Result<Option<String>, Failure> {
    let mut text = String::new();
    match source.read_line(&mut text) {
        Ok(0) => Ok(None),
        Ok(_) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            Err(Failure::Plan { line, why: "it is not text".to_owned() })
        }
        Err(error) => Err(error.into()),
    }
}
