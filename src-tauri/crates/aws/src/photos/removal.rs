//! Delete markers, and the removal of versions for good.

use std::collections::HashMap;

use action::port::{Guard, PortError, PortErrorKind, Receipt, Refused, Removed, VersionId};
use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::operation::RequestId;
use aws_sdk_s3::types::{Delete, Error, ObjectIdentifier};

use super::{NULL, Photos, at};
use crate::encoding::quoted;
use crate::fault::Fault;

impl Photos {
    /// Puts a delete marker on a key (`DeleteObject` without a version, so that nothing is removed while the
    /// bucket is versioned), if its current version still has the entity tag.
    pub(super) async fn hide(&self, bucket: &str, key: &str, etag: &str) -> Result<Receipt, PortError> {
        let request = self
            .once
            .delete_object()
            .bucket(bucket)
            .key(key)
            .expected_bucket_owner(&self.site.account)
            .if_match(quoted(etag));
        let guard = Guard::Is(etag.to_owned());
        let answer = Self::patiently(self.limit, request.send()).await;
        let answer = answer.map_err(|fault| self.refused("DeleteObject", (bucket, key), fault, &guard))?;
        Ok(Receipt {
            version: answer.version_id().map(|id| VersionId(id.to_owned())),
            etag: None,
            request_id: answer.request_id().map(str::to_owned),
        })
    }

    /// Removes versions for good: in one request (`DeleteObjects`), but for keys that its XML can't hold, which take one
    /// each (`DeleteObject`).
    pub(super) async fn remove(
        &self,
        bucket: &str,
        entries: &[(String, VersionId)],
    ) -> Result<Removed, PortError> {
        let (together, alone): (Vec<usize>, _) = (0..entries.len()).partition(|n| in_xml(&entries[*n].0));
        let mut removed = Removed::default();
        if !together.is_empty() {
            removed = self.remove_together(bucket, entries, &together).await?;
        }
        for place in alone {
            let (key, version) = &entries[place];
            let request = self
                .once
                .delete_object()
                .bucket(bucket)
                .key(key)
                .version_id(&version.0)
                .expected_bucket_owner(&self.site.account);
            match Self::patiently(self.limit, request.send()).await {
                Ok(answer) => removed.request_id = answer.request_id().map(str::to_owned),
                Err(fault) => {
                    let error = self.site.explain("DeleteObject", &at(bucket, key), fault);
                    removed.refused.push(Refused { place, error });
                }
            }
        }
        Ok(removed)
    }

    async fn remove_together(
        &self,
        bucket: &str,
        entries: &[(String, VersionId)],
        places: &[usize],
    ) -> Result<Removed, PortError> {
        let wrong = |error: BuildError| PortError {
            kind: PortErrorKind::Other,
            operation: "DeleteObjects".to_owned(),
            target: bucket.to_owned(),
            message: error.to_string(),
            request_id: None,
            next: "Report this: the request could not be made.".to_owned(),
        };
        let object = |place: &usize| {
            let (key, version) = &entries[*place];
            ObjectIdentifier::builder().key(key).version_id(&version.0).build()
        };
        let objects = places.iter().map(object).collect::<Result<Vec<_>, _>>().map_err(wrong)?;
        let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build().map_err(wrong)?;
        let request = self
            .once
            .delete_objects()
            .bucket(bucket)
            .expected_bucket_owner(&self.site.account)
            .delete(delete);
        let answer = Self::patiently(self.limit, request.send()).await;
        let answer = answer.map_err(|fault| self.site.explain("DeleteObjects", bucket, fault))?;
        let request_id = answer.request_id().map(str::to_owned);
        let mut refused = Vec::with_capacity(answer.errors().len());
        if !answer.errors().is_empty() {
            let at_place = places.iter().map(|place| {
                let (key, version) = &entries[*place];
                ((key.as_str(), version.0.as_str()), *place)
            });
            let at_place: HashMap<_, _> = at_place.collect();
            for error in answer.errors() {
                let key = error.key().unwrap_or_default();
                let named = (key, error.version_id().filter(|id| !id.is_empty()).unwrap_or(NULL));
                let error = self.site.explain("DeleteObjects", &at(bucket, key), told(error, &request_id));
                // What is refused and can't be found again would count as removed.
                let place = *at_place.get(&named).ok_or_else(|| PortError {
                    kind: PortErrorKind::Other,
                    message: format!("it refuses what was not asked for: {}", error.message),
                    next: "Make the plan again to see what is still there.".to_owned(),
                    ..error.clone()
                })?;
                refused.push(Refused { place, error });
            }
        }
        Ok(Removed { request_id, refused })
    }
}

fn told(error: &Error, request_id: &Option<String>) -> Fault {
    Fault {
        code: error.code().map(str::to_owned),
        message: error.message().map(str::to_owned),
        request_id: request_id.clone(),
        ..Fault::default()
    }
}

/// Whether XML 1.0 can say a key: most control characters it can't, and a carriage return it changes.
fn in_xml(key: &str) -> bool {
    !key.chars().any(|c| matches!(c, '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'))
}
