//! A plan taken apart: a manifest for each job, and a plan of what is left for this machine.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek as _, Write};

use super::{Handoff, fit};
use crate::photos::body::{Body, Op, write_line, write_summary};
use crate::plan::{Context, Failure, PlanSummary, Source};

/// A plan taken apart.
pub(super) struct Parts {
    /// The manifest of each share, at its beginning.
    pub(super) manifests: Vec<File>,
    /// What is left for this machine, and how many items that is.
    pub(super) rest: Option<(Source, u64)>,
}

/// Takes a plan apart, item by item, into files that nobody else sees. Stopped, it says what is left behind.
///
/// # Errors
/// [`Failure::Plan`] when the plan can't be read, or isn't what its header says.
pub(super) fn split(
    mut body: Body,
    handoff: &Handoff,
    cx: &Context<'_>,
    left_behind: &str,
) -> Result<Parts, Failure> {
    let bucket = body.header.params.source().to_owned();
    let mut manifests = Vec::new();
    for share in &handoff.shares {
        manifests.push((share, BufWriter::new(cx.disk.scratch()?), 0));
    }
    let mut rest = BufWriter::new(cx.disk.scratch()?);
    let mut header = body.header.clone();
    header.ground.batch = None;
    write_line(&header, &mut rest)?;
    let mut left = 0;
    while let Some(item) = body.next()? {
        if cx.stopping() {
            return Err(Failure::Stopped { left: left_behind.to_owned() });
        }
        let class = fit(&item.op).ok();
        let share = manifests.iter_mut().find(|(share, ..)| Some(share.storage_class.as_str()) == class);
        match (share, &item.op) {
            (Some((_, manifest, rows)), Op::Copy { want, .. }) => {
                *rows += 1;
                write_row(&bucket, &item.key, &want.version.0, manifest)?;
            }
            _ => {
                left += 1;
                write_line(&item, &mut rest)?;
            }
        }
    }
    write_summary(&PlanSummary::default(), &mut rest)?;
    let mut files = Vec::new();
    for (share, manifest, rows) in manifests {
        if rows != share.photos {
            return Err(Failure::Plan {
                line: 1,
                why: format!(
                    "it says that {} photos of class {} are copied, and has {rows}",
                    share.photos, share.storage_class
                ),
            });
        }
        files.push(beginning(manifest)?);
    }
    let rest = Box::new(BufReader::new(beginning(rest)?)) as Source;
    Ok(Parts { manifests: files, rest: (left > 0).then_some((rest, left)) })
}

fn beginning(written: BufWriter<File>) -> io::Result<File> {
    let mut file = written.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    Ok(file)
}

/// Writes a line of a manifest: bucket, key and version, the key URL-encoded (facts §1.9). What is encoded needs no
/// quotes, and a bucket's name and a version's id have nothing that does.
fn write_row(bucket: &str, key: &str, version: &str, into: &mut impl Write) -> io::Result<()> {
    write!(into, "{bucket},")?;
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                into.write_all(&[byte])?;
            }
            _ => write!(into, "%{byte:02X}")?,
        }
    }
    writeln!(into, ",{version}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_key_is_one_line_of_three_fields() {
        for (key, row) in [
            ("photos/1.jpg", "b,photos/1.jpg,v\n"),
            ("a+b c,\"d\".jpg", "b,a%2Bb%20c%2C%22d%22.jpg,v\n"),
            ("100%25/ü\n\u{1}", "b,100%2525/%C3%BC%0A%01,v\n"),
            ("写👩", "b,%E5%86%99%F0%9F%91%A9,v\n"),
        ] {
            let mut written = Vec::new();
            write_row("b", key, "v", &mut written).unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), row);
        }
    }
}
