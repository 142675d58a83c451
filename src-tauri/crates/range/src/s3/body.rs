//! Receiving a body: all of it, checked against every digest that came with it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use hyper::header::HeaderMap;
use s3s::crypto::{self, Checksum as _};
use s3s::dto::{ChecksumAlgorithm, StreamingBlob};
use s3s::{S3Result, TrailingHeaders, s3_error};

use crate::versions::Checksum;

/// S3's algorithms that can be checked here, with the header each comes in.
pub(super) const ALGORITHMS: [(&str, &str); 5] = [
    ("CRC32", "x-amz-checksum-crc32"),
    ("CRC32C", "x-amz-checksum-crc32c"),
    ("CRC64NVME", "x-amz-checksum-crc64nvme"),
    ("SHA1", "x-amz-checksum-sha1"),
    ("SHA256", "x-amz-checksum-sha256"),
];

/// Reads a body to its end and refuses it when its length, MD5 or checksum isn't what the sender said.
///
/// The checksum returned is the one that was sent, or CRC64NVME, which S3 computes when none was.
pub(super) async fn receive(
    body: Option<StreamingBlob>,
    headers: &HeaderMap,
    trailers: Option<&TrailingHeaders>,
    length: Option<i64>,
) -> S3Result<(Bytes, Checksum)> {
    let mut bytes = BytesMut::new();
    if let Some(mut body) = body {
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| {
                s3_error!(IncompleteBody, "the body broke off or doesn't match its signature: {error}")
            })?;
            bytes.extend_from_slice(&chunk);
        }
    }
    let bytes = bytes.freeze();
    if length.is_some_and(|length| usize::try_from(length) != Ok(bytes.len())) {
        return Err(s3_error!(IncompleteBody, "the body is not as long as content-length says"));
    }
    if let Some(md5) = headers.get("content-md5")
        && STANDARD.encode(crypto::Md5::checksum(&bytes)).as_bytes() != md5.as_bytes()
    {
        return Err(s3_error!(BadDigest, "the Content-MD5 you specified did not match what was received"));
    }
    let trailers = trailers.and_then(TrailingHeaders::take).unwrap_or_default();
    for (algorithm, header) in ALGORITHMS {
        let Some(sent) = headers.get(header).or_else(|| trailers.get(header)) else { continue };
        let checksum = Checksum::of(algorithm, &bytes);
        if checksum.value.as_bytes() != sent.as_bytes() {
            return Err(s3_error!(
                BadDigest,
                "the {algorithm} you specified did not match the calculated checksum"
            ));
        }
        return Ok((bytes, checksum));
    }
    let checksum = Checksum::of("CRC64NVME", &bytes);
    Ok((bytes, checksum))
}

/// One of S3's algorithms by its name.
pub(super) fn algorithm(name: &ChecksumAlgorithm) -> S3Result<&'static str> {
    let known = ALGORITHMS.iter().find(|(known, _)| *known == name.as_str());
    known.map(|(known, _)| *known).ok_or_else(|| s3_error!(InvalidRequest, "no such checksum algorithm"))
}
