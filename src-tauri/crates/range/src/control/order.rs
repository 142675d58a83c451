//! What a request for a job says.

use action::environment::PRACTICE_ACCOUNT;
use quick_xml::escape::unescape;

use super::undone;
use crate::rds::errors::{Answer, Refused};

/// The largest token, description and prefix.
const LIMITS: [(&str, usize); 3] = [("ClientRequestToken", 64), ("Description", 256), ("Prefix", 512)];

/// A job that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The same for the same job.
    pub token: String,
    /// What it is for.
    pub description: String,
    /// Whether it waits until it is confirmed.
    pub confirmation_required: bool,
    /// How urgent it is.
    pub priority: i32,
    /// The role that it is done as.
    pub role: String,
    /// Where the manifest is.
    pub manifest: Place,
    /// The manifest's ETag.
    pub etag: String,
    /// Whether the manifest names versions.
    pub versions: bool,
    /// The bucket of the report.
    pub report_bucket: String,
    /// The beginning of the report's keys.
    pub report_prefix: String,
    /// The bucket that it copies into.
    pub target: String,
    /// The storage class of the copies; `STANDARD` when `None`.
    pub storage_class: Option<String>,
}

/// A bucket and a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
}

/// What is in an element, as XML.
fn inside<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(inside, _)| inside)
}

fn text(xml: &str, name: &str) -> Option<String> {
    unescape(inside(xml, name)?).ok().map(|text| text.into_owned())
}

fn bad(why: impl Into<String>) -> Refused {
    Refused::new(400, "InvalidRequest", why.into())
}

fn needed(xml: &str, name: &str) -> Answer<String> {
    text(xml, name).filter(|text| !text.is_empty()).ok_or_else(|| bad(format!("{name} is missing")))
}

fn bucket(arn: &str) -> Answer<&str> {
    let bucket = arn.strip_prefix("arn:aws:s3:::").filter(|bucket| !bucket.is_empty());
    bucket.ok_or_else(|| bad(format!("{arn} is not the ARN of a bucket or an object")))
}

impl Order {
    pub(super) fn parse(xml: &str) -> Answer<Self> {
        for (name, longest) in LIMITS {
            if text(xml, name).is_some_and(|text| text.len() > longest) {
                return Err(bad(format!("{name} is longer than {longest}")));
            }
        }
        let part = |name: &str| inside(xml, name).ok_or_else(|| bad(format!("{name} is missing")));
        let (operation, manifest, report) = (part("Operation")?, part("Manifest")?, part("Report")?);
        let copy = inside(operation, "S3PutObjectCopy")
            .ok_or_else(|| undone("jobs of S3 Batch Operations but S3PutObjectCopy"))?;
        for other in
            ["NewObjectMetadata", "NewObjectTagging", "TargetKeyPrefix", "SSEAwsKmsKeyId", "ObjectLockMode"]
        {
            if inside(copy, other).is_some() {
                return Err(undone(&format!("jobs with {other}")));
            }
        }
        let format = needed(manifest, "Format")?;
        if format != "S3BatchOperations_CSV_20180820" {
            return Err(undone(&format!("manifests of format {format}")));
        }
        let fields: Vec<&str> =
            inside(manifest, "Fields").into_iter().flat_map(|f| f.split("<member>")).collect();
        let fields: Vec<&str> = fields.iter().filter_map(|f| f.strip_suffix("</member>")).collect();
        let versions = match fields[..] {
            ["Bucket", "Key"] => false,
            ["Bucket", "Key", "VersionId"] => true,
            _ => return Err(bad("the fields of a manifest are Bucket, Key and, for versions, VersionId")),
        };
        let object = needed(manifest, "ObjectArn")?;
        let Some((manifest_bucket, key)) = bucket(&object)?.split_once('/') else {
            return Err(bad(format!("{object} is not the ARN of an object")));
        };
        if needed(report, "Format")? != "Report_CSV_20180820" || needed(report, "ReportScope")? != "AllTasks"
        {
            return Err(undone("reports but those of all tasks, as Report_CSV_20180820"));
        }
        let role = needed(xml, "RoleArn")?;
        let own = format!("arn:aws:iam::{PRACTICE_ACCOUNT}:role/");
        if role.strip_prefix(&own).is_none_or(str::is_empty) {
            return Err(bad(format!("{role} is not a role of this account")));
        }
        Ok(Self {
            token: needed(xml, "ClientRequestToken")?,
            description: text(xml, "Description").unwrap_or_default(),
            confirmation_required: text(xml, "ConfirmationRequired").as_deref() == Some("true"),
            priority: needed(xml, "Priority")?.parse().map_err(|_| bad("Priority is not a number"))?,
            role,
            etag: needed(manifest, "ETag")?.trim_matches('"').to_owned(),
            manifest: Place { bucket: manifest_bucket.to_owned(), key: key.to_owned() },
            versions,
            report_bucket: bucket(&needed(report, "Bucket")?)?.to_owned(),
            report_prefix: text(report, "Prefix").unwrap_or_default(),
            target: bucket(&needed(copy, "TargetResource")?)?.to_owned(),
            storage_class: text(copy, "StorageClass"),
        })
    }
}
