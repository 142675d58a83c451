//! Reading a job's completion report: `manifest.json`, and the CSV files that it names.

use std::collections::VecDeque;

use action::port::{PortError, PortErrorKind, TaskResult, VersionId};
use aws_sdk_s3::primitives::ByteStream;
use futures::stream::{self, BoxStream, StreamExt as _};
use serde::Deserialize;

use super::Jobs;
use crate::encoding::listed;
use crate::errors::Site;
use crate::photos::at;
use crate::words::tidy;

/// The columns, as every report so far has them.
const SCHEMA: &str = "Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage";

/// `manifest.json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Contents {
    results: Vec<Part>,
    #[serde(default)]
    report_schema: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Part {
    key: String,
}

/// A report while it is read: never more in memory than a chunk of one file.
struct Reading<'a> {
    jobs: &'a Jobs,
    bucket: String,
    columns: Columns,
    parts: VecDeque<String>,
    open: Option<Lines>,
    ready: VecDeque<TaskResult>,
}

impl Jobs {
    pub(super) async fn read_report(
        &self,
        bucket: &str,
        prefix: &str,
        id: &str,
    ) -> Result<BoxStream<'_, Result<TaskResult, PortError>>, PortError> {
        let key = format!("{prefix}/job-{id}/manifest.json");
        let body = match self.object(bucket, &key).await {
            Ok(body) => body,
            // A job that never began has no report.
            Err(error) if error.kind == PortErrorKind::NotFound => return Ok(stream::empty().boxed()),
            Err(error) => return Err(error),
        };
        let text = body.collect().await.map_err(|_| broke(&self.store, bucket, &key))?;
        let contents: Contents = serde_json::from_slice(&text.into_bytes())
            .map_err(|error| garbled(bucket, &key, &error.to_string()))?;
        let columns = Columns::of(contents.report_schema.as_deref().unwrap_or(SCHEMA))
            .ok_or_else(|| garbled(bucket, &key, "it names other columns"))?;
        let reading = Reading {
            jobs: self,
            bucket: bucket.to_owned(),
            columns,
            parts: contents.results.into_iter().map(|part| part.key).collect(),
            open: None,
            ready: VecDeque::new(),
        };
        Ok(stream::try_unfold(reading, Reading::next).boxed())
    }

    async fn object(&self, bucket: &str, key: &str) -> Result<ByteStream, PortError> {
        let answer = self
            .s3
            .get_object()
            .bucket(bucket)
            .key(key)
            .expected_bucket_owner(&self.store.account)
            .send()
            .await;
        let answer = answer.map_err(|error| self.store.port_error("GetObject", &at(bucket, key), &error))?;
        Ok(answer.body)
    }
}

impl Reading<'_> {
    async fn next(mut self) -> Result<Option<(TaskResult, Self)>, PortError> {
        loop {
            if let Some(task) = self.ready.pop_front() {
                return Ok(Some((task, self)));
            }
            let Some(mut lines) = self.open.take() else {
                let Some(key) = self.parts.pop_front() else { return Ok(None) };
                let body = self.jobs.object(&self.bucket, &key).await?;
                self.open = Some(Lines { key, body, held: Vec::new() });
                continue;
            };
            let chunk = lines.body.try_next().await;
            let chunk = chunk.map_err(|_| broke(&self.jobs.store, &self.bucket, &lines.key))?;
            let whole = match &chunk {
                Some(chunk) => {
                    lines.held.extend_from_slice(chunk);
                    whole_records(&lines.held)
                }
                None => lines.held.len(),
            };
            let records: Vec<u8> = lines.held.drain(..whole).collect();
            self.ready =
                self.columns.read(&records).map_err(|why| garbled(&self.bucket, &lines.key, &why))?;
            self.open = chunk.is_some().then_some(lines);
        }
    }
}

/// A file that is being downloaded, and what of it is no whole record yet.
struct Lines {
    key: String,
    body: ByteStream,
    held: Vec<u8>,
}

/// How many bytes are records that end: a line's end within quotes is none.
fn whole_records(bytes: &[u8]) -> usize {
    let (mut quoted, mut whole) = (false, 0);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => whole = at + 1,
            _ => {}
        }
    }
    whole
}

/// Where in a record what is.
#[derive(Debug, Clone, Copy)]
struct Columns {
    key: usize,
    version: usize,
    status: usize,
    /// The error's code and the HTTP status. AWS's own examples have them in the other order than their schema says, so
    /// that which is which is told by what is a number.
    codes: [usize; 2],
    message: usize,
}

impl Columns {
    fn of(schema: &str) -> Option<Self> {
        let names: Vec<&str> = schema.split(',').map(str::trim).collect();
        let at = |name: &str| names.iter().position(|known| *known == name);
        Some(Self {
            key: at("Key")?,
            version: at("VersionId")?,
            status: at("TaskStatus")?,
            codes: [at("HTTPStatusCode")?, at("ErrorCode")?],
            message: at("ResultMessage")?,
        })
    }

    fn read(self, records: &[u8]) -> Result<VecDeque<TaskResult>, String> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(records);
        let mut tasks = VecDeque::new();
        for record in reader.records() {
            let record = record.map_err(|error| error.to_string())?;
            let field = |at: usize| record.get(at).ok_or("a line is too short");
            let key = listed(field(self.key)?).ok_or("a key is not UTF-8")?;
            let succeeded = match field(self.status)? {
                "succeeded" => true,
                "failed" => false,
                other => return Err(format!("a task is {}", tidy(other))),
            };
            let mut codes = [field(self.codes[0])?, field(self.codes[1])?];
            if codes[1].parse::<u16>().is_ok() {
                codes.reverse();
            }
            let said = codes.into_iter().filter(|code| !code.is_empty()).collect::<Vec<_>>().join(" ");
            let why = format!("{said}: {}", tidy(field(self.message)?));
            tasks.push_back(TaskResult {
                key,
                version: VersionId(field(self.version)?.to_owned()),
                failed: (!succeeded).then_some(why),
            });
        }
        Ok(tasks)
    }
}

fn broke(site: &Site, bucket: &str, key: &str) -> PortError {
    PortError {
        kind: PortErrorKind::Unreachable,
        operation: "GetObject".to_owned(),
        target: at(bucket, key),
        message: format!("the download broke off ({})", site.region),
        request_id: None,
        next: "Check this machine's network, then apply the plan again: it reads the report on.".to_owned(),
    }
}

fn garbled(bucket: &str, key: &str, why: &str) -> PortError {
    PortError {
        kind: PortErrorKind::Other,
        operation: "GetObject".to_owned(),
        target: at(bucket, key),
        message: format!("the completion report can't be read: {why}"),
        request_id: None,
        next: "Download it and look; verifying the plan says which photos are back.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_in_either_order_of_their_codes_with_their_keys_decoded() {
        let columns = Columns::of(SCHEMA).unwrap();
        let rows = "b,photos/a%2Bb%20c.jpg,v1,succeeded,200,,Successful\n\
                    b,x+y,v2,failed,AccessDenied,403,\"Access \"\"Denied\"\"\nto it\"\n\
                    b,z,v3,failed,404,NoSuchVersion,gone\n";
        let tasks: Vec<_> = columns.read(rows.as_bytes()).unwrap().into();
        let seen: Vec<_> =
            tasks.iter().map(|t| (&t.key[..], &t.version.0[..], t.failed.as_deref())).collect();
        assert_eq!(
            seen,
            [
                ("photos/a+b c.jpg", "v1", None),
                ("x y", "v2", Some("403 AccessDenied: Access \"Denied\"")),
                ("z", "v3", Some("404 NoSuchVersion: gone")),
            ]
        );
        assert!(columns.read(b"b,z,v3,perhaps,404,NoSuchVersion,gone\n").is_err());
        assert!(columns.read(b"b,z\n").is_err());
        assert!(Columns::of("Bucket, Key").is_none());
    }

    #[test]
    fn a_record_ends_where_no_quote_is_open() {
        assert_eq!(whole_records(b"a,b\nc,\"d\ne\"\nf"), 12);
        assert_eq!(whole_records(b"a,\"b\n"), 0);
    }
}
