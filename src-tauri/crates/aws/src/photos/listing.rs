//! Pages of a bucket's history, read exactly or not at all.

use action::port::{PageMarker, PortError, PortErrorKind, VersionPage};
use aws_sdk_s3::types::{EncodingType, OptionalObjectAttributes};

use super::{Photos, apart};

mod page;

use page::{Answer, PageReader};

impl Photos {
    pub(super) async fn page(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<&PageMarker>,
        limit: Option<u16>,
    ) -> Result<VersionPage, PortError> {
        let reader = PageReader::default();
        // Markers are sent as plain text; the SDK encodes them into the query like every other parameter.
        let sent = self
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
            .customize()
            .interceptor(reader.clone())
            .send();
        apart(sent).await.map_err(|e| self.site.port_error("ListObjectVersions", bucket, &e))?;
        let Answer { page, request_id } = reader.take();
        let page = match page {
            Ok(page) if page.next.is_some() && page.next.as_ref() == after => {
                Err("the listing doesn't move on: a page leads to itself")
            }
            page => page,
        };
        page.map_err(|message| PortError {
            kind: PortErrorKind::Other,
            operation: "ListObjectVersions".to_owned(),
            target: bucket.to_owned(),
            message: message.to_owned(),
            request_id,
            next:
                "A listing that can't be trusted is not used. Try again; if this repeats, show it to whoever \
                   looks after the AWS account."
                    .to_owned(),
        })
    }
}
