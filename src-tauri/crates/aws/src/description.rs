//! What a version says of itself besides its content (facts §1.4: a copy keeps all of it).

use std::collections::BTreeMap;

use action::port::{PortError, PortErrorKind, VersionId};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::photos::{Photos, at, hex};

/// What is compared. Two versions are described alike when this is the same, byte for byte.
#[derive(Serialize)]
struct Description<'a> {
    content_type: Option<&'a str>,
    cache_control: Option<&'a str>,
    content_disposition: Option<&'a str>,
    content_encoding: Option<&'a str>,
    content_language: Option<&'a str>,
    expires: Option<&'a str>,
    website_redirect: Option<&'a str>,
    metadata: BTreeMap<&'a str, &'a str>,
    /// `None` when the credentials may not ask.
    tags: Option<BTreeMap<String, String>>,
}

impl Photos {
    /// A digest of a version's content type and the like, metadata and tags.
    pub(crate) async fn description(
        &self,
        bucket: &str,
        key: &str,
        version: &VersionId,
    ) -> Result<String, PortError> {
        let head = self
            .head(bucket, key)
            .version_id(&version.0)
            .send()
            .await
            .map_err(|e| self.site.port_error("HeadObject", &at(bucket, key), &e))?;
        let metadata = head.metadata().into_iter().flatten();
        let description = Description {
            content_type: head.content_type(),
            cache_control: head.cache_control(),
            content_disposition: head.content_disposition(),
            content_encoding: head.content_encoding(),
            content_language: head.content_language(),
            expires: head.expires_string(),
            website_redirect: head.website_redirect_location(),
            metadata: metadata.map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            tags: match self.tags(bucket, key, version).await {
                Ok(tags) => Some(tags),
                Err(error) if error.kind == PortErrorKind::Denied => None,
                Err(error) => return Err(error),
            },
        };
        let text = serde_json::to_vec(&description).unwrap_or_default();
        Ok(hex(&Sha256::digest(text)))
    }

    /// A version's tags.
    pub(crate) async fn tags(
        &self,
        bucket: &str,
        key: &str,
        version: &VersionId,
    ) -> Result<BTreeMap<String, String>, PortError> {
        let answer = self
            .client
            .get_object_tagging()
            .bucket(bucket)
            .key(key)
            .version_id(&version.0)
            .expected_bucket_owner(&self.site.account)
            .send()
            .await
            .map_err(|e| self.site.port_error("GetObjectTagging", &at(bucket, key), &e))?;
        let tags = answer.tag_set().iter();
        Ok(tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect())
    }
}
