//! The credentials that an environment names, and no others.

use std::fmt;

use action::environment::{Credentials, Environment, PRACTICE_ACCESS_KEY_ID, PRACTICE_SECRET_ACCESS_KEY};
use aws_config::profile::{Profile, ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_sdk_s3::config::{BehaviorVersion, Region, SharedCredentialsProvider};
use aws_types::os_shim_internal::{Env, Fs};
use serde::{Deserialize, Serialize};

use crate::connect::ConnectError;
use crate::keychain;

/// A pair of AWS keys, and the session token that temporary ones need.
///
/// Its `Debug` shows the access key id, which is no secret, and nothing else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    /// The access key id, `AKIA…` or, for temporary keys, `ASIA…`.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// The session token of temporary keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

impl AccessKey {
    fn provider(self, name: &'static str) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(aws_credential_types::Credentials::new(
            self.access_key_id,
            self.secret_access_key,
            self.session_token,
            None,
            name,
        ))
    }
}

/// Where the credentials came from, for advice about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Profile {
        name: String,
        sso: bool,
    },
    Variables,
    /// The environment whose keys they are.
    Keychain(String),
    Practice,
}

impl Source {
    /// What to do about credentials that are expired or refused: a sentence.
    pub(crate) fn renew(&self) -> String {
        match self {
            Self::Profile { name, sso: true } => {
                format!("Run `aws sso login --profile {name}`, then try again.")
            }
            Self::Profile { name, sso: false } => {
                format!(
                    "Renew the keys of profile {name} with `aws configure --profile {name}`, then try again."
                )
            }
            Self::Variables => "Set fresh AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary keys, \
                                AWS_SESSION_TOKEN, then start again."
                .to_owned(),
            Self::Keychain(environment) => {
                format!("Store fresh keys with `lifeboat keychain set --env {environment}`, then try again.")
            }
            Self::Practice => {
                "Something other than the practice range answers on its port; stop that, start the \
                               range with `lifeboat range`, then try again."
                    .to_owned()
            }
        }
    }
}

/// Finds the credentials that `environment` names. Reads files, variables or the keychain; sends nothing.
pub(crate) async fn choose(
    environment: &Environment,
) -> Result<(Source, SharedCredentialsProvider), ConnectError> {
    match &environment.credentials {
        Credentials::Profile(name) => profile(name, &environment.region).await,
        Credentials::Environment(_) => {
            let key = from_variables(|name| std::env::var(name).ok())?;
            Ok((Source::Variables, key.provider("variables")))
        }
        Credentials::Keychain(entry) => {
            let key = keychain::load(entry).await?;
            Ok((Source::Keychain(environment.name.clone()), key.provider("keychain")))
        }
        Credentials::Practice(_) => {
            let key = AccessKey {
                access_key_id: PRACTICE_ACCESS_KEY_ID.to_owned(),
                secret_access_key: PRACTICE_SECRET_ACCESS_KEY.to_owned(),
                session_token: None,
            };
            Ok((Source::Practice, key.provider("practice")))
        }
    }
}

/// The keys in the `AWS_*` variables. A temporary key (`ASIA…`) without its token is reported here, because AWS
/// would only say that the key is invalid.
fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<AccessKey, ConnectError> {
    const ID: &str = "AWS_ACCESS_KEY_ID";
    const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
    const TOKEN: &str = "AWS_SESSION_TOKEN";
    let read = |name| variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let (id, secret, token) = (read(ID), read(SECRET), read(TOKEN));
    let temporary = id.as_deref().is_some_and(|id| id.starts_with("ASIA"));
    match (id, secret) {
        (Some(access_key_id), Some(secret_access_key)) if token.is_some() || !temporary => {
            Ok(AccessKey { access_key_id, secret_access_key, session_token: token })
        }
        (id, secret) => {
            let found =
                [(ID, id.is_some()), (SECRET, secret.is_some()), (TOKEN, token.is_some() || !temporary)];
            let missing = found.into_iter().filter(|(_, there)| !there).map(|(name, _)| name).collect();
            Err(ConnectError::Variables { missing })
        }
    }
}

async fn profile(name: &str, region: &str) -> Result<(Source, SharedCredentialsProvider), ConnectError> {
    let set = aws_config::profile::load(
        &Fs::real(),
        &Env::real(),
        &Default::default(),
        Some(name.to_owned().into()),
    )
    .await
    .map_err(|e| ConnectError::ProfileFile { why: innermost(&e) })?;
    let source = Source::Profile { name: name.to_owned(), sso: inspect(&set, name)? };
    let config = ProviderConfig::without_region()
        .with_region(Some(Region::new(region.to_owned())))
        .with_behavior_version(Some(BehaviorVersion::v2026_01_12()));
    let provider = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name).build();
    Ok((source, SharedCredentialsProvider::new(provider)))
}

/// Follows a profile to where its credentials come from, and tells whether that is a sign-in by SSO.
fn inspect(set: &ProfileSet, name: &str) -> Result<bool, ConnectError> {
    let mut at = name;
    let mut seen: Vec<&str> = Vec::new();
    loop {
        let Some(profile) = set.get_profile(at) else {
            let mut known: Vec<String> = set.profiles().map(str::to_owned).collect();
            known.sort();
            return Err(ConnectError::NoProfile { profile: at.to_owned(), known });
        };
        if profile.get("role_arn").is_some() && profile.get("mfa_serial").is_some() {
            return Err(ConnectError::Mfa { profile: at.to_owned() });
        }
        seen.push(at);
        match profile.get("source_profile") {
            Some(next) if !seen.contains(&next) => at = next,
            _ => return Ok(is_sso(profile)),
        }
    }
}

fn is_sso(profile: &Profile) -> bool {
    profile.get("sso_session").is_some() || profile.get("sso_start_url").is_some()
}

/// The last error of a chain: what the others are about.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut at = error;
    while let Some(next) = at.source() {
        at = next;
    }
    at.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_are_missing_are_named() {
        for (set, missing) in [
            (vec![], "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; set them, then start again"),
            (
                vec![("AWS_ACCESS_KEY_ID", "AKIA1")],
                "AWS_SECRET_ACCESS_KEY is not set; set it, then start again",
            ),
            (
                vec![("AWS_ACCESS_KEY_ID", "  "), ("AWS_SECRET_ACCESS_KEY", "hush")],
                "AWS_ACCESS_KEY_ID is not set; set it, then start again",
            ),
            (
                vec![("AWS_ACCESS_KEY_ID", "ASIA1"), ("AWS_SECRET_ACCESS_KEY", "hush")],
                "AWS_SESSION_TOKEN is not set; set it, then start again",
            ),
        ] {
            let find = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            let error = from_variables(find).unwrap_err();
            assert_eq!(error.to_string(), missing);
            assert!(!format!("{error:?}").contains("hush"));
        }
        let key = from_variables(|name| (name != "AWS_SESSION_TOKEN").then(|| " x ".to_owned())).unwrap();
        assert_eq!((key.secret_access_key.as_str(), key.session_token), ("x", None));
    }

    #[test]
    fn debug_shows_no_secret() {
        let key = AccessKey {
            access_key_id: "AKIA1".into(),
            secret_access_key: "hush".into(),
            session_token: Some("hushhush".into()),
        };
        assert_eq!(format!("{key:?}"), "AccessKey { access_key_id: \"AKIA1\", .. }");
        assert!(!format!("{:?}", key.provider("test")).contains("hush"));
    }
}
