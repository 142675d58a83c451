//! A job's completion report: two CSV files and a `manifest.json` that names them.

use bytes::Bytes;
use serde_json::json;

use super::{Job, Task};
use crate::conditions::Conditions;
use crate::store::{Put, Store, StoreError, md5_hex};

/// Writes the report of all tasks that were carried out; nothing when none was.
pub(super) fn write(job: &Job, store: &Store) -> Result<(), StoreError> {
    let done: Vec<&Task> = job.tasks.iter().flatten().filter(|task| task.came.is_some()).collect();
    if done.is_empty() {
        return Ok(());
    }
    let bucket = &job.order.report_bucket;
    let slash = if job.order.report_prefix.is_empty() { "" } else { "/" };
    let folder = format!("{}{slash}job-{}", job.order.report_prefix, job.id);
    let put = |key: &str, text: String| {
        let put = Put { bytes: Bytes::from(text), ..Put::default() };
        store.put(bucket, key, put, &Conditions::default()).map(drop)
    };
    let mut results = Vec::new();
    for status in ["succeeded", "failed"] {
        let rows: String = done.iter().filter_map(|task| row(task, status)).collect();
        if rows.is_empty() {
            continue;
        }
        let md5 = md5_hex(rows.as_bytes());
        let key = format!("{folder}/results/{md5}.csv");
        results.push(json!({
            "TaskExecutionStatus": status, "Bucket": bucket, "MD5Checksum": md5, "Key": key,
        }));
        put(&key, rows)?;
    }
    let contents = json!({
        "Format": "Report_CSV_20180820",
        "ReportCreationDate": store.now().to_string(),
        "Results": results,
        "ReportSchema": "Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage",
    });
    put(&format!("{folder}/manifest.json"), contents.to_string())
}

/// The line of a task that came out as `status`.
fn row(task: &Task, status: &str) -> Option<String> {
    let came = task.came.as_ref()?;
    if (came.status == 200) != (status == "succeeded") {
        return None;
    }
    let version = task.version.as_deref().unwrap_or_default();
    let message = came.message.replace('"', "\"\"");
    // S3's own examples have the code and the status in this order, which isn't their schema's.
    Some(format!(
        "{},{},{version},{status},{},{},\"{message}\"\n",
        task.bucket, task.encoded, came.status, came.code
    ))
}
