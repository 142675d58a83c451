//! Pages of a bucket's history, read exactly or not at all.

use action::port::{PageMarker, Photo, PortError, PortErrorKind, Version, VersionId, VersionPage};
use aws_sdk_s3::operation::RequestId;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{EncodingType, ObjectVersion, OptionalObjectAttributes};
use jiff::Timestamp;

use super::{NULL, Photos};
use crate::encoding::{bare, listed};

impl Photos {
    pub(super) async fn page(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<&PageMarker>,
        limit: Option<u16>,
    ) -> Result<VersionPage, PortError> {
        // Markers are sent as plain text; the SDK encodes them into the query like every other parameter.
        let answer = self
            .client
            .list_object_versions()
            .bucket(bucket)
            .expected_bucket_owner(&self.site.account)
            .encoding_type(EncodingType::Url)
            .optional_object_attributes(OptionalObjectAttributes::RestoreStatus)
            .prefix(prefix)
            .set_key_marker(after.map(|marker| marker.key.clone()))
            .set_version_id_marker(after.map(|m| m.version.0.clone()).filter(|version| !version.is_empty()))
            .set_max_keys(limit.map(i32::from))
            .send()
            .await
            .map_err(|e| self.site.port_error("ListObjectVersions", bucket, &e))?;
        read(&answer, after).map_err(|message| PortError {
            kind: PortErrorKind::Other,
            operation: "ListObjectVersions".to_owned(),
            target: bucket.to_owned(),
            message: message.to_owned(),
            request_id: answer.request_id().map(str::to_owned),
            next:
                "A listing that can't be trusted is not used. Try again; if this repeats, show it to whoever \
                   looks after the AWS account."
                    .to_owned(),
        })
    }
}

/// Reads one page. An entry without its key or time, or a page that doesn't lead on, spoils the whole page.
fn read(answer: &ListObjectVersionsOutput, after: Option<&PageMarker>) -> Result<VersionPage, &'static str> {
    // A server that doesn't say that it encoded didn't.
    let encoded = answer.encoding_type() == Some(&EncodingType::Url);
    let plain = |key: Option<&str>| {
        let key = key.ok_or("the listing has an entry without a key")?;
        if encoded {
            listed(key).ok_or("the listing has a key that is not UTF-8")
        } else {
            Ok(key.to_owned())
        }
    };
    let id = |version: Option<&str>| VersionId(version.unwrap_or(NULL).to_owned());
    let mut photos = Vec::with_capacity(answer.versions().len());
    for entry in answer.versions() {
        photos.push(Version {
            key: plain(entry.key())?,
            id: id(entry.version_id()),
            modified: second(entry.last_modified())?,
            latest: entry.is_latest().unwrap_or_default(),
            photo: Some(Photo {
                etag: bare(entry.e_tag().unwrap_or_default()),
                size: entry.size().and_then(|n| u64::try_from(n).ok()).unwrap_or_default(),
                storage_class: entry.storage_class().map_or("STANDARD", |class| class.as_str()).to_owned(),
                checksum: checksum(entry),
                thawed: entry.restore_status().is_some_and(|status| {
                    status.is_restore_in_progress() == Some(false) && status.restore_expiry_date().is_some()
                }),
            }),
        });
    }
    let mut markers = Vec::with_capacity(answer.delete_markers().len());
    for entry in answer.delete_markers() {
        markers.push(Version {
            key: plain(entry.key())?,
            id: id(entry.version_id()),
            modified: second(entry.last_modified())?,
            latest: entry.is_latest().unwrap_or_default(),
            photo: None,
        });
    }
    let next = match answer.is_truncated().unwrap_or_default() {
        false => None,
        true => Some(PageMarker {
            key: plain(answer.next_key_marker()).map_err(|_| "the listing breaks off without a next page")?,
            version: VersionId(answer.next_version_id_marker().unwrap_or_default().to_owned()),
        }),
    };
    if next.is_some() && next.as_ref() == after {
        return Err("the listing doesn't move on: a page leads to itself");
    }
    Ok(VersionPage { photos, markers, next })
}

/// The algorithm and type of a version's checksum, such as `CRC64NVME FULL_OBJECT`.
fn checksum(entry: &ObjectVersion) -> Option<String> {
    let algorithms = entry.checksum_algorithm().iter().map(|algorithm| algorithm.as_str());
    let words = algorithms.chain(entry.checksum_type().map(|kind| kind.as_str()));
    Some(words.collect::<Vec<_>>().join(" ")).filter(|words| !words.is_empty())
}

fn second(time: Option<&DateTime>) -> Result<Timestamp, &'static str> {
    let time = time.ok_or("the listing has an entry without a time")?;
    Timestamp::from_second(time.secs()).map_err(|_| "the listing has an impossible time")
}
