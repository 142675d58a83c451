//! S3's two ways of encoding keys: percent-encoding in `x-amz-copy-source`, form-encoding in listings.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

/// All but RFC 3986's unreserved characters and the slash.
const COPY_SOURCE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The value of `x-amz-copy-source` for one version. The SDK sends it as it is given (awslabs/aws-sdk-rust#1357).
pub(crate) fn copy_source(bucket: &str, key: &str, version: &str) -> String {
    let encode = |text| utf8_percent_encode(text, COPY_SOURCE);
    format!("{}/{}?versionId={}", encode(bucket), encode(key), encode(version))
}

/// Decodes a key of a listing made with `encoding-type=url`, where a space is `+` and a plus is `%2B`.
/// `None` when it isn't UTF-8, which no S3 key is.
pub(crate) fn listed(encoded: &str) -> Option<String> {
    let spaced = encoded.replace('+', " ");
    percent_decode(spaced.as_bytes()).decode_utf8().ok().map(|key| key.into_owned())
}

/// An entity tag without its quotes.
pub(crate) fn bare(etag: &str) -> String {
    etag.trim_start_matches("W/").trim_matches('"').to_owned()
}

/// An entity tag as `If-Match` wants it.
pub(crate) fn quoted(etag: &str) -> String {
    format!("\"{}\"", etag.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copy_sources_survive_every_kind_of_key() {
        for (key, version, expected) in [
            ("photos/1.jpg", "v1", "b/photos/1.jpg?versionId=v1"),
            ("a+b c.jpg", "null", "b/a%2Bb%20c.jpg?versionId=null"),
            ("100%/ü?x=1&y#z", "v", "b/100%25/%C3%BC%3Fx%3D1%26y%23z?versionId=v"),
            ("line\nbreak\u{1}", "v", "b/line%0Abreak%01?versionId=v"),
            ("写真/👩.jpg", "a+/=", "b/%E5%86%99%E7%9C%9F/%F0%9F%91%A9.jpg?versionId=a%2B/%3D"),
            ("//../.", "v", "b///../.?versionId=v"),
        ] {
            assert_eq!(copy_source("b", key, version), expected);
        }
    }

    #[test]
    fn listed_keys_are_form_encoded() {
        for (encoded, key) in [
            ("photos/1.jpg", "photos/1.jpg"),
            ("a%2Bb+c.jpg", "a+b c.jpg"),
            ("a%2Bb%20c.jpg", "a+b c.jpg"),
            ("100%25/%C3%BC", "100%/ü"),
            ("%01%0D%0A", "\u{1}\r\n"),
            ("50%", "50%"),
        ] {
            assert_eq!(listed(encoded).as_deref(), Some(key));
        }
        assert_eq!(listed("%FF"), None);
    }

    #[test]
    fn etags_lose_and_gain_quotes() {
        assert_eq!(bare("\"abc-2\""), "abc-2");
        assert_eq!(quoted("abc-2"), "\"abc-2\"");
        assert_eq!(quoted("\"abc\""), "\"abc\"");
    }
}
