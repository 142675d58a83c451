//! A range, a client for it, and short words for what every test does.

use std::sync::Arc;

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use jiff::Timestamp;
use range::{Range, RangeOptions};

pub(crate) const BUCKET: &str = "veonics-photos";

/// An empty range and a client with its key.
pub(crate) fn empty() -> (Range, aws_sdk_s3::Client) {
    let range = Range::start(RangeOptions::default()).unwrap();
    let client = client(&range);
    (range, client)
}

/// The same, with a clock that stands still.
pub(crate) fn frozen(at: &str) -> (Range, aws_sdk_s3::Client) {
    let at: Timestamp = at.parse().unwrap();
    let range =
        Range::start(RangeOptions { clock: Arc::new(move || at), ..RangeOptions::default() }).unwrap();
    let client = client(&range);
    (range, client)
}

pub(crate) fn client(range: &Range) -> aws_sdk_s3::Client {
    let ready = range.ready();
    client_with(range, &ready.access_key_id, &ready.secret_access_key, "us-east-1")
}

pub(crate) fn client_with(range: &Range, id: &str, secret: &str, region: &str) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .retry_config(aws_sdk_s3::config::retry::RetryConfig::disabled())
        .region(Region::new(region.to_owned()))
        .credentials_provider(Credentials::new(id, secret, None, None, "test"))
        .endpoint_url(range.endpoint())
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

/// Puts a text under a key of the bucket and returns its version id.
pub(crate) async fn put(client: &aws_sdk_s3::Client, key: &str, text: &str) -> Option<String> {
    let body = ByteStream::from(text.as_bytes().to_vec());
    client.put_object().bucket(BUCKET).key(key).body(body).send().await.unwrap().version_id
}

/// Gets a key's text, of one version or the current one.
pub(crate) async fn get(client: &aws_sdk_s3::Client, key: &str, version: Option<&str>) -> String {
    let got = client.get_object().bucket(BUCKET).key(key).set_version_id(version.map(str::to_owned));
    let body = got.send().await.unwrap().body.collect().await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

pub(crate) async fn delete(client: &aws_sdk_s3::Client, key: &str) -> String {
    client.delete_object().bucket(BUCKET).key(key).send().await.unwrap().version_id.unwrap()
}

pub(crate) async fn versioning(client: &aws_sdk_s3::Client, bucket: &str, status: BucketVersioningStatus) {
    let configuration = VersioningConfiguration::builder().status(status).build();
    let request = client.put_bucket_versioning().bucket(bucket).versioning_configuration(configuration);
    request.send().await.unwrap();
}

/// The status and code of a refusal.
pub(crate) fn refusal<T, E>(result: Result<T, SdkError<E>>) -> (u16, String)
where
    T: std::fmt::Debug,
    E: ProvideErrorMetadata + std::fmt::Debug,
{
    let error = result.unwrap_err();
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    (status, error.code().unwrap_or_default().to_owned())
}

/// A header of a refusal.
pub(crate) fn header<T: std::fmt::Debug, E: std::fmt::Debug>(
    result: &Result<T, SdkError<E>>,
    name: &str,
) -> Option<String> {
    result.as_ref().unwrap_err().raw_response()?.headers().get(name).map(str::to_owned)
}

/// What S3 calls the copy source of one version: every byte but the unreserved encoded, and the slashes kept.
pub(crate) fn source(bucket: &str, key: &str, version: Option<&str>) -> String {
    let mut source = format!("{bucket}/");
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                source.push(char::from(byte));
            }
            _ => source.push_str(&format!("%{byte:02X}")),
        }
    }
    if let Some(version) = version {
        source.push_str(&format!("?versionId={version}"));
    }
    source
}
