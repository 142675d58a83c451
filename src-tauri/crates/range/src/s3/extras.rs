//! Encryption, access lists and locks, as requests ask for them and answers tell them.

use s3s::dto::*;
use s3s::{S3Result, s3_error};

use super::wire::{from_timestamp, owner, timestamp, version_id};
use crate::marks::{Encryption, Marks, Retention};
use crate::store::{Store, StoreError};
use action::environment::PRACTICE_ACCOUNT;

/// The extras of any input that makes an object.
macro_rules! extras {
    ($store:expr, $input:expr) => {{
        if $input.sse_customer_algorithm.is_some() || $input.ssekms_encryption_context.is_some() {
            return Err(s3s::s3_error!(
                NotImplemented,
                "the practice range has neither keys of customers nor encryption contexts"
            ));
        }
        $crate::marks::Extras {
            encryption: $crate::s3::extras::encryption(
                $input.server_side_encryption.as_ref(),
                $input.ssekms_key_id.as_deref(),
                $input.bucket_key_enabled,
            )?,
            redirect: $input.website_redirect_location.clone(),
            marks: $crate::marks::Marks {
                grants: $crate::s3::extras::grants(
                    $input.acl.as_ref(),
                    [
                        (Permission::FULL_CONTROL, $input.grant_full_control.as_deref()),
                        (Permission::READ, $input.grant_read.as_deref()),
                        (Permission::READ_ACP, $input.grant_read_acp.as_deref()),
                        (Permission::WRITE_ACP, $input.grant_write_acp.as_deref()),
                    ],
                )?,
                retention: $crate::s3::extras::retention(
                    $store,
                    $input.object_lock_mode.as_ref().map(|mode| mode.as_str()),
                    $input.object_lock_retain_until_date.as_ref(),
                )?,
                held: $input.object_lock_legal_hold_status.as_ref().map(|status| status.as_str())
                    == Some(ObjectLockLegalHoldStatus::ON),
                thaw: None,
            },
        }
    }};
}
pub(super) use extras;

/// Tells how an object is encrypted, in any output that has the three fields.
macro_rules! set_encryption {
    ($output:expr, $encryption:expr) => {
        match $encryption {
            $crate::marks::Encryption::S3 => {
                $output.server_side_encryption =
                    Some(ServerSideEncryption::from_static(ServerSideEncryption::AES256));
            }
            $crate::marks::Encryption::Kms { key, bucket_key } => {
                $output.server_side_encryption =
                    Some(ServerSideEncryption::from_static(ServerSideEncryption::AWS_KMS));
                $output.ssekms_key_id = Some(key.clone());
                $output.bucket_key_enabled = Some(*bucket_key).filter(|on| *on);
            }
        }
    };
}
pub(super) use set_encryption;

pub(super) fn encryption(
    asked: Option<&ServerSideEncryption>,
    key: Option<&str>,
    bucket_key: Option<bool>,
) -> S3Result<Option<Encryption>> {
    match asked.map(ServerSideEncryption::as_str) {
        None if key.is_some() => Err(s3_error!(InvalidArgument, "a KMS key goes with aws:kms")),
        None => Ok(None),
        Some(ServerSideEncryption::AES256) => Ok(Some(Encryption::S3)),
        Some(ServerSideEncryption::AWS_KMS) => {
            // Without one, the key that AWS keeps for S3.
            let key = key.unwrap_or("00000000-0000-4000-8000-0000000000a5");
            let key = match key.starts_with("arn:") {
                true => key.to_owned(),
                false => format!("arn:aws:kms:{}:{PRACTICE_ACCOUNT}:key/{key}", super::REGION),
            };
            Ok(Some(Encryption::Kms { key, bucket_key: bucket_key.unwrap_or_default() }))
        }
        Some(_) => Err(s3_error!(NotImplemented, "the practice range encrypts with AES256 and aws:kms")),
    }
}

pub(super) fn retention(
    store: &Store,
    mode: Option<&str>,
    until: Option<&Timestamp>,
) -> S3Result<Option<Retention>> {
    let (mode, until) = match (mode, until) {
        (None, None) => return Ok(None),
        (Some(mode), Some(until)) => (mode, from_timestamp(until)?),
        _ => return Err(s3_error!(InvalidArgument, "a retention has a mode and a date")),
    };
    if until <= store.now() {
        return Err(s3_error!(InvalidArgument, "The retain until date must be in the future!"));
    }
    Ok(Some(Retention { governance: mode == ObjectLockMode::GOVERNANCE, until }))
}

fn everyone(which: &str) -> Grantee {
    Grantee {
        type_: Type::from_static(Type::GROUP),
        uri: Some(format!("http://acs.amazonaws.com/groups/global/{which}")),
        display_name: None,
        email_address: None,
        id: None,
    }
}

fn someone(id: &str) -> Grantee {
    Grantee {
        type_: Type::from_static(Type::CANONICAL_USER),
        id: Some(id.to_owned()),
        display_name: None,
        email_address: None,
        uri: None,
    }
}

fn grant(grantee: Grantee, permission: &'static str) -> Grant {
    Grant { grantee: Some(grantee), permission: Some(Permission::from_static(permission)) }
}

/// An access list from a canned name or from headers such as `id="1", uri="http://…"`.
pub(super) fn grants(
    canned: Option<&ObjectCannedACL>,
    headers: [(&'static str, Option<&str>); 4],
) -> S3Result<Vec<Grant>> {
    let own = || grant(someone(PRACTICE_ACCOUNT), Permission::FULL_CONTROL);
    let canned = match canned.map(ObjectCannedACL::as_str) {
        // The bucket's owner is the only one here.
        None | Some(ObjectCannedACL::PRIVATE | ObjectCannedACL::BUCKET_OWNER_FULL_CONTROL) => Vec::new(),
        Some(ObjectCannedACL::PUBLIC_READ) => vec![own(), grant(everyone("AllUsers"), Permission::READ)],
        Some(ObjectCannedACL::AUTHENTICATED_READ) => {
            vec![own(), grant(everyone("AuthenticatedUsers"), Permission::READ)]
        }
        Some(_) => return Err(s3_error!(NotImplemented, "the practice range doesn't have this canned list")),
    };
    let mut list = Vec::new();
    for (permission, header) in headers {
        for who in header.into_iter().flat_map(|header| header.split(',')) {
            let wrong = || s3_error!(InvalidArgument, "a grantee is id=\"…\" or uri=\"…\"");
            let (kind, value) = who.trim().split_once('=').ok_or_else(wrong)?;
            let value = value.trim_matches('"');
            let grantee = match kind {
                "id" => someone(value),
                "uri" => Grantee { uri: Some(value.to_owned()), ..everyone("") },
                "emailAddress" => return Err(s3_error!(NotImplemented, "grantees are ids and groups here")),
                _ => return Err(wrong()),
            };
            list.push(grant(grantee, permission));
        }
    }
    if !list.is_empty() && !canned.is_empty() {
        return Err(s3_error!(InvalidRequest, "canned lists and header grants don't go together"));
    }
    Ok(if list.is_empty() { canned } else { list })
}

pub(super) fn acl(store: &Store, input: GetObjectAclInput) -> S3Result<GetObjectAclOutput> {
    let version = store.get(&input.bucket, &input.key, version_id(input.version_id).as_ref())?;
    version.object()?;
    let listed = version.marks.as_ref().map(|marks| marks.grants.clone()).unwrap_or_default();
    let private = || vec![grant(someone(PRACTICE_ACCOUNT), Permission::FULL_CONTROL)];
    Ok(GetObjectAclOutput {
        grants: Some(if listed.is_empty() { private() } else { listed }),
        owner: Some(owner()),
        ..GetObjectAclOutput::default()
    })
}

pub(super) fn set_acl(store: &Store, input: PutObjectAclInput) -> S3Result<PutObjectAclOutput> {
    let headers = [
        (Permission::FULL_CONTROL, input.grant_full_control.as_deref()),
        (Permission::READ, input.grant_read.as_deref()),
        (Permission::READ_ACP, input.grant_read_acp.as_deref()),
        (Permission::WRITE_ACP, input.grant_write_acp.as_deref()),
    ];
    let list = match input.access_control_policy {
        Some(policy) => policy.grants.unwrap_or_default(),
        None => grants(input.acl.as_ref(), headers)?,
    };
    let version = version_id(input.version_id);
    store.mark(&input.bucket, &input.key, version.as_ref(), |marks| {
        marks.grants = list;
        Ok(())
    })?;
    Ok(PutObjectAclOutput::default())
}

fn marks(store: &Store, bucket: &str, key: &str, version: Option<String>) -> S3Result<Marks> {
    let version = store.get(bucket, key, version_id(version).as_ref())?;
    version.object()?;
    if store.lock().bucket(bucket)?.settings.lock.is_none() {
        return Err(StoreError::NoLock.into());
    }
    Ok(version.marks.map(|marks| *marks).unwrap_or_default())
}

fn no_lock() -> s3s::S3Error {
    s3_error!(NoSuchObjectLockConfiguration, "The specified object does not have a ObjectLock configuration")
}

pub(super) fn retained(store: &Store, input: GetObjectRetentionInput) -> S3Result<GetObjectRetentionOutput> {
    let held = marks(store, &input.bucket, &input.key, input.version_id)?.retention.ok_or_else(no_lock)?;
    Ok(GetObjectRetentionOutput {
        retention: Some(ObjectLockRetention {
            mode: Some(ObjectLockRetentionMode::from_static(mode(held))),
            retain_until_date: Some(timestamp(held.until)),
        }),
    })
}

pub(super) fn mode(retention: Retention) -> &'static str {
    if retention.governance { ObjectLockMode::GOVERNANCE } else { ObjectLockMode::COMPLIANCE }
}

/// A retention may be prolonged by anyone, and shortened only under governance and with the header.
pub(super) fn retain(store: &Store, input: PutObjectRetentionInput) -> S3Result<PutObjectRetentionOutput> {
    let asked = input.retention.unwrap_or_default();
    let new =
        retention(store, asked.mode.as_ref().map(|mode| mode.as_str()), asked.retain_until_date.as_ref())?;
    let bypass = input.bypass_governance_retention == Some(true);
    let now = store.now();
    store.mark(&input.bucket, &input.key, version_id(input.version_id).as_ref(), |marks| {
        if let Some(old) = marks.retention.filter(|old| now < old.until) {
            let weaker = new.is_none_or(|new| new.until < old.until || new.governance && !old.governance);
            if weaker && !(old.governance && bypass) {
                return Err(StoreError::Locked);
            }
        }
        marks.retention = new;
        Ok(())
    })?;
    Ok(PutObjectRetentionOutput::default())
}

pub(super) fn held(store: &Store, input: GetObjectLegalHoldInput) -> S3Result<GetObjectLegalHoldOutput> {
    if !marks(store, &input.bucket, &input.key, input.version_id)?.held {
        return Err(no_lock());
    }
    let status = Some(ObjectLockLegalHoldStatus::from_static(ObjectLockLegalHoldStatus::ON));
    Ok(GetObjectLegalHoldOutput { legal_hold: Some(ObjectLockLegalHold { status }) })
}

pub(super) fn hold(store: &Store, input: PutObjectLegalHoldInput) -> S3Result<PutObjectLegalHoldOutput> {
    let status = input.legal_hold.and_then(|hold| hold.status);
    let on = status.as_ref().map(ObjectLockLegalHoldStatus::as_str) == Some(ObjectLockLegalHoldStatus::ON);
    store.mark(&input.bucket, &input.key, version_id(input.version_id).as_ref(), |marks| {
        marks.held = on;
        Ok(())
    })?;
    Ok(PutObjectLegalHoldOutput::default())
}
