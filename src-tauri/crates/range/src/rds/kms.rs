//! KMS's `DescribeKey`: whether a key can be used.

use action::environment::PRACTICE_ACCOUNT;
use serde::Deserialize;
use serde_json::json;

use super::Account;
use super::errors::{Answer, Refused};
use super::model::KeyStatus;

#[derive(Deserialize)]
struct DescribeKey {
    #[serde(rename = "KeyId")]
    key: String,
}

pub(super) fn describe_key(account: &Account, region: &str, body: &[u8]) -> Answer<String> {
    let asked: DescribeKey = serde_json::from_slice(body).map_err(|error| {
        Refused::new(400, "ValidationException", format!("the request has no KeyId: {error}"))
    })?;
    let arn = |name: &str| format!("arn:aws:kms:{region}:{PRACTICE_ACCOUNT}:{name}");
    let missing = || {
        let message = match &asked.key {
            arn if arn.starts_with("arn:") => format!("Key '{arn}' does not exist"),
            alias if alias.starts_with("alias/") => format!("Alias {} is not found.", arn(alias)),
            id => format!("Key '{}' does not exist", arn(&format!("key/{id}"))),
        };
        Refused::new(400, "NotFoundException", message)
    };
    let key = account.regions.get(region).and_then(|region| region.key(&asked.key)).ok_or_else(missing)?;
    let (state, deletion) = match key.status {
        KeyStatus::Enabled => ("Enabled", None),
        KeyStatus::Disabled => ("Disabled", None),
        KeyStatus::PendingDeletion(at) => ("PendingDeletion", Some(at)),
    };
    let mut metadata = json!({
        "AWSAccountId": key.arn.split(':').nth(4),
        "KeyId": key.id(),
        "Arn": key.arn,
        "CreationDate": key.created.as_second(),
        "Enabled": state == "Enabled",
        "Description": "",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": state,
        "Origin": "AWS_KMS",
        "KeyManager": if key.managed_by_aws { "AWS" } else { "CUSTOMER" },
        "KeySpec": "SYMMETRIC_DEFAULT",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": false,
    });
    if let Some(at) = deletion {
        metadata["DeletionDate"] = json!(at.as_second());
    }
    Ok(json!({ "KeyMetadata": metadata }).to_string())
}

/// An error as KMS writes it, with KMS's words for a bad signature.
pub(super) fn error(refused: &Refused) -> String {
    let code = match refused.code.as_str() {
        "InvalidClientTokenId" => "UnrecognizedClientException",
        "SignatureDoesNotMatch" => "InvalidSignatureException",
        "MissingAuthenticationToken" => "MissingAuthenticationTokenException",
        other => other,
    };
    json!({ "__type": code, "message": refused.message }).to_string()
}
