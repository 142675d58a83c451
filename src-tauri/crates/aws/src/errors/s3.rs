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
        "GetObjectLockConfiguration" => "s3:GetBucketObjectLockConfiguration",
        "GetBucketOwnershipControls" => "s3:GetBucketOwnershipControls",
        "GetBucketReplication" => "s3:GetReplicationConfiguration",
        "ListObjectVersions" => "s3:ListBucketVersions",
        "HeadObject" => "s3:GetObject, s3:GetObjectVersion and s3:ListBucket",
        "GetObjectTagging" => "s3:GetObjectVersionTagging",
        "GetObjectAcl" => "s3:GetObjectVersionAcl",
        "GetObjectRetention" => "s3:GetObjectRetention",
        "GetObjectLegalHold" => "s3:GetObjectLegalHold",
        "GetObject" => "s3:GetObjectVersion (and kms:Decrypt when the bucket is encrypted with a KMS key)",
        "CopyObject" | "CreateMultipartUpload" | "UploadPartCopy" | "CompleteMultipartUpload" => {
            "s3:GetObjectVersion, s3:GetObjectVersionTagging, s3:PutObject and s3:PutObjectTagging (and kms:Decrypt \
             and kms:GenerateDataKey when the bucket is encrypted with a KMS key; s3:PutObjectAcl, \
             s3:PutObjectRetention and s3:PutObjectLegalHold where these are kept)"
        }
        "DeleteObject" => "s3:DeleteObject",
        "HeadBucket" => "s3:ListBucket",
        "PutObject" | "UploadPart" => "s3:PutObject",
        "DeleteObjects" => "s3:DeleteObject and s3:DeleteObjectVersion",
        "RestoreObject" => "s3:RestoreObject",
        _ => "a permission that the policy lacks",
    }
}

/// A removal that no permission would allow: S3 calls it an access that is denied.
pub(super) fn protected(operation: &str, fault: &Fault) -> Option<Explained> {
    let removal = matches!(operation, "DeleteObjects" | "DeleteObject");
    let (message, next) = if removal && (fault.says("object lock") || fault.says("Object Lock")) {
        (
            "Object Lock protects this version from being removed",
            "It stays until its retention ends and its legal hold is lifted. Restore by copying instead, which removes \
             nothing.",
        )
    } else if removal && (fault.says("Mfa") || fault.says("MFA") || fault.says("x-amz-mfa")) {
        (
            "the bucket takes an MFA code for each removal (MFA Delete), which only the account's root user can give",
            "Nothing was removed. Restore by copying instead, which removes nothing.",
        )
    } else {
        return None;
    };
    Some((PortErrorKind::Denied, message.to_owned(), next.to_owned()))
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
            "Thaw it first (RestoreObject), wait until it can be read, then try again.",
        ),
        "InvalidRequest" if operation == "CopyObject" && fault.says("larger than the maximum") => (
            PortErrorKind::Other,
            "the photo is larger than the plan says, and can't be copied in one request",
            "Make the plan again.",
        ),
        "InvalidRequest" if fault.says("Server Side Encryption") => (
            PortErrorKind::Other,
            "the photo is encrypted with a key that only its uploader has (SSE-C)",
            "Copy this version by hand, with the key of whoever uploaded it.",
        ),
        "GlacierExpeditedRetrievalNotAvailable" => (
            PortErrorKind::NoRoom,
            "S3 has no room for expedited thawing now",
            "Ask for the standard tier instead, or try again in a few minutes.",
        ),
        "InvalidArgument" if operation == "RestoreObject" && fault.says("etrieval option") => (
            PortErrorKind::Other,
            "this storage class can't be thawed so fast",
            "Ask for the standard or the bulk tier: Deep Archive has no expedited one.",
        ),
        "NoSuchUpload" => (
            PortErrorKind::Unavailable,
            "the copy in parts was dropped before it was done",
            "Try again: it starts from the beginning.",
        ),
        _ => return None,
    };
    Some((kind, message.to_owned(), next.to_owned()))
}
