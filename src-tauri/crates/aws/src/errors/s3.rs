//! What only S3 answers.

use action::environment::US_REGIONS;
use action::port::PortErrorKind;

use super::Explained;
use crate::fault::Fault;
use crate::words::printable;

pub(super) fn explain(operation: &str, fault: &Fault) -> Option<Explained> {
    locked(fault).or_else(|| absent(operation, fault)).or_else(|| state(operation, fault))
}

pub(super) fn permission(operation: &str) -> &'static str {
    match operation {
        "GetBucketVersioning" => "s3:GetBucketVersioning",
        "GetBucketEncryption" => "s3:GetEncryptionConfiguration",
        "GetBucketLifecycleConfiguration" => "s3:GetLifecycleConfiguration",
        "ListObjectVersions" => "s3:ListBucketVersions",
        "HeadObject" => "s3:GetObject and s3:ListBucket",
        "GetObject" => "s3:GetObjectVersion (and kms:Decrypt when the bucket is encrypted with a KMS key)",
        "CopyObject" => {
            "s3:GetObjectVersion, s3:GetObjectVersionTagging, s3:PutObject and s3:PutObjectTagging (and kms:Decrypt \
             and kms:GenerateDataKey when the bucket is encrypted with a KMS key)"
        }
        "DeleteObject" => "s3:DeleteObject",
        "HeadBucket" => "s3:ListBucket",
        "PutObject" | "UploadPart" | "CreateMultipartUpload" | "CompleteMultipartUpload" => "s3:PutObject",
        _ => "a permission that the policy lacks",
    }
}

/// A bucket that is in another region than the one asked.
pub(super) fn elsewhere(region: &str, fault: &Fault) -> Option<Explained> {
    let elsewhere = matches!(
        fault.code(),
        "PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed" | "IncorrectEndpoint"
    );
    if !elsewhere && !matches!(fault.status, Some(301 | 302 | 307 | 308)) {
        return None;
    }
    let expected = || {
        let (_, rest) = fault.message.as_deref()?.split_once("expecting '")?;
        rest.split('\'').next().map(str::to_owned)
    };
    let there = fault.bucket_region.clone().or_else(expected).map(|region| printable(&region));
    let (message, next) = match there {
        Some(there) if US_REGIONS.contains(&there.as_str()) => (
            format!("the bucket is in {there}, not in {region}"),
            format!("Write `region: {there}` in the environment file, or check the bucket's name."),
        ),
        Some(there) => (
            format!("the bucket is in {there}, not in {region}"),
            "Check the bucket's name: no customer data may be outside the United States.".to_owned(),
        ),
        None => (
            format!("the bucket is not in {region}"),
            "Check `region:` and the bucket's name in the environment file.".to_owned(),
        ),
    };
    Some((PortErrorKind::Other, message, next))
}

/// A key that encrypts a photo and can't be used.
fn locked(fault: &Fault) -> Option<Explained> {
    let code = fault.code();
    (code.starts_with("KMS.") || code.starts_with("Kms")).then(|| {
        (
            PortErrorKind::Denied,
            format!("the key that encrypts the photo can't be used ({code})"),
            "Ask whoever owns the KMS key to enable it and to allow kms:Decrypt and kms:GenerateDataKey."
                .to_owned(),
        )
    })
}

fn absent(operation: &str, fault: &Fault) -> Option<Explained> {
    let (message, next) = match fault.code() {
        "NoSuchBucket" => (
            "there is no such bucket",
            "Check the bucket's name, and `region:` and `account:` in the environment file.",
        ),
        "NoSuchVersion" => (
            "that version is gone",
            "Make the plan again: a lifecycle rule or a person has removed the version since.",
        ),
        // The version asked for is a delete marker.
        "MethodNotAllowed" if operation == "GetObject" => {
            ("that version is a delete marker, so there is nothing to read", "Make the plan again.")
        }
        "NoSuchKey" | "NotFound" => {
            ("there is no such photo", "Make the plan again: the bucket has changed since.")
        }
        _ => return None,
    };
    Some((PortErrorKind::NotFound, message.to_owned(), next.to_owned()))
}

fn state(operation: &str, fault: &Fault) -> Option<Explained> {
    let code = fault.code();
    let status = fault.status.unwrap_or_default();
    let (kind, message, next) = match code {
        "PreconditionFailed" | "ConditionalRequestConflict" | "OperationAborted" => (
            PortErrorKind::Changed,
            "the photo was written to since the plan was made",
            "Nothing was covered. Make the plan again to see what is there now.",
        ),
        "" if status == 412 => (
            PortErrorKind::Changed,
            "the photo was written to since the plan was made",
            "Nothing was covered. Make the plan again to see what is there now.",
        ),
        "InvalidObjectState" | "ObjectNotInActiveTierError" => (
            PortErrorKind::Archived,
            "the version is archived and must be thawed first",
            "Ask S3 to restore the archived version (RestoreObject), wait until it is there, then try again.",
        ),
        "InvalidRequest" if operation == "CopyObject" && fault.says("larger than the maximum") => (
            PortErrorKind::Other,
            "the photo is over 5 GB, which can't be copied in one request",
            "Copy this version by hand: `aws s3api` with a multipart copy.",
        ),
        _ => return None,
    };
    Some((kind, message.to_owned(), next.to_owned()))
}
