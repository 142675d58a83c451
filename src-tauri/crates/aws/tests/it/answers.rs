//! Every answer that isn't a success becomes one clear message.

use std::time::{Duration, Instant};

use action::Environment;
use action::port::{CopyVersion, Guard, Keep, PortError, PortErrorKind, Ports, VersionId};
use aws::Options;

use crate::stub::{Stub, refusal, response, sts_refusal};

#[derive(Clone, Copy, Debug)]
enum Ask {
    Bucket,
    List,
    Copy,
    Hide,
    Current,
    Digest,
    Whoami,
}

async fn ask(ports: &Ports, what: Ask) -> PortError {
    let (photos, key) = (&ports.photos, "photos/a b.jpg");
    let version = VersionId("v1".into());
    let copy = CopyVersion {
        from: None,
        to: None,
        size: 1,
        etag: String::new(),
        keep: Keep::default(),
        key: key.into(),
        version: version.clone(),
        storage_class: "STANDARD".into(),
        unless: Guard::Absent,
    };
    match what {
        Ask::Bucket => photos.bucket("b").await.unwrap_err(),
        Ask::List => photos.list_versions("b", "photos/", None, None).await.unwrap_err(),
        Ask::Copy => photos.copy_version("b", &copy).await.unwrap_err(),
        Ask::Hide => photos.put_marker("b", key, "e1").await.unwrap_err(),
        Ask::Current => photos.current("b", key).await.unwrap_err(),
        Ask::Digest => photos.digest("b", key, &version).await.unwrap_err(),
        Ask::Whoami => ports.identity.whoami().await.unwrap_err(),
    }
}

#[tokio::test]
async fn refusals_say_what_to_do() {
    use PortErrorKind::{
        Archived, Changed, Credentials, Denied, NotFound, Other, Throttled, Unavailable, Unreachable,
    };
    let table: Vec<(Ask, String, PortErrorKind, &str)> = vec![
        (
            Ask::Bucket,
            refusal(400, "ExpiredToken", "The provided token has expired."),
            Credentials,
            "GetBucketVersioning on b failed: the credentials have expired (request REQ1). ",
        ),
        (
            Ask::List,
            refusal(403, "InvalidAccessKeyId", "The AWS Access Key Id …"),
            Credentials,
            "the access key is not known",
        ),
        (
            Ask::List,
            refusal(403, "SignatureDoesNotMatch", "The request signature …"),
            Credentials,
            "the secret key does not belong to the access key",
        ),
        (
            Ask::List,
            refusal(400, "InvalidToken", "The provided token is malformed"),
            Credentials,
            "the session token is not valid",
        ),
        (
            Ask::List,
            refusal(403, "AccessDenied", "Access Denied"),
            Denied,
            "ListObjectVersions on b failed: the credentials may not do this: it takes s3:ListBucketVersions (request \
             REQ1). Ask an administrator to allow it, and check that the bucket belongs to account 000000000000.",
        ),
        (
            Ask::Copy,
            refusal(
                403,
                "AccessDenied",
                "User: arn:aws:iam::1:user/u is not authorized to perform: \
             s3:PutObjectTagging on resource: x with an explicit deny in an identity-based policy",
            ),
            Denied,
            "CopyObject on b/photos/a b.jpg failed: a policy forbids s3:PutObjectTagging (request",
        ),
        (Ask::Copy, refusal(403, "AccessDenied", "Access Denied"), Denied, "s3:PutObject"),
        (
            Ask::Hide,
            refusal(403, "AccessDenied", "Access Denied"),
            Denied,
            "it takes s3:DeleteObject (request",
        ),
        (Ask::Digest, refusal(403, "AccessDenied", "Access Denied"), Denied, "s3:GetObjectVersion"),
        (Ask::Current, response(403, "", ""), Denied, "s3:GetObjectVersion and s3:ListBucket"),
        (Ask::Current, response(400, "", ""), Credentials, "expired credentials are the usual one"),
        (
            Ask::Bucket,
            refusal(404, "NoSuchBucket", "The specified bucket does not exist"),
            NotFound,
            "there is no such bucket",
        ),
        (
            Ask::Digest,
            refusal(404, "NoSuchVersion", "The specified version does not exist."),
            NotFound,
            "that version is gone",
        ),
        (Ask::Digest, refusal(405, "MethodNotAllowed", "Not allowed"), NotFound, "is a delete marker"),
        (
            Ask::List,
            response(
                301,
                "x-amz-bucket-region: us-west-2\r\n",
                "<Error><Code>PermanentRedirect</Code>\
             <Message>The bucket …</Message></Error>",
            ),
            Other,
            "the bucket is in us-west-2, not in us-east-1 (request REQ1). Write `region: us-west-2`",
        ),
        (
            Ask::Current,
            response(301, "x-amz-bucket-region: eu-west-1\r\n", ""),
            Other,
            "the bucket is in eu-west-1, not in us-east-1 (request REQ1). Check the bucket's name: no customer data",
        ),
        (
            Ask::List,
            refusal(
                400,
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed; the region \
             'us-east-1' is wrong; expecting 'us-west-1'",
            ),
            Other,
            "the bucket is in us-west-1, not in us-east-1",
        ),
        (
            Ask::List,
            refusal(403, "RequestTimeTooSkewed", "The difference …"),
            Other,
            "this machine's clock is wrong",
        ),
        (
            Ask::List,
            refusal(503, "SlowDown", "Please reduce your request rate."),
            Throttled,
            "requests come faster than the service takes them",
        ),
        (
            Ask::List,
            refusal(500, "InternalError", "We encountered an internal error."),
            Unavailable,
            "the service failed",
        ),
        (Ask::Current, response(503, "", ""), Throttled, "requests come faster than the service takes them"),
        (Ask::Current, response(502, "", ""), Unavailable, "the service failed"),
        (
            Ask::Copy,
            response(
                200,
                "content-type: application/xml\r\n",
                "<Error><Code>InternalError</Code><Message>m\
             </Message></Error>",
            ),
            Unavailable,
            "the service failed",
        ),
        (
            Ask::Copy,
            refusal(412, "PreconditionFailed", "At least one …"),
            Changed,
            "the photo was written to since",
        ),
        (
            Ask::Copy,
            refusal(409, "ConditionalRequestConflict", "…"),
            Changed,
            "the photo was written to since",
        ),
        (Ask::Hide, refusal(412, "PreconditionFailed", "…"), Changed, "Nothing was covered."),
        (Ask::Hide, refusal(404, "NoSuchKey", "…"), Changed, "the photo was deleted since the plan"),
        (Ask::Copy, refusal(403, "InvalidObjectState", "…"), Archived, "is archived and must be thawed"),
        (Ask::Digest, refusal(403, "InvalidObjectState", "…"), Archived, "is archived and must be thawed"),
        (Ask::Digest, refusal(400, "KMS.DisabledException", "…"), Denied, "the key that encrypts the photo"),
        (
            Ask::Copy,
            refusal(
                400,
                "InvalidRequest",
                "The specified copy source is larger than the maximum allowable \
             size for a copy source: 5368709120",
            ),
            Other,
            "larger than the plan says",
        ),
        (
            Ask::List,
            response(200, "content-type: text/html\r\n", "<html>Sign in to the hotel"),
            Unreachable,
            "what answered at http://127.0.0.1:",
        ),
        (
            Ask::List,
            response(511, "content-type: text/html\r\n", "<html>Sign in to the hotel</html>"),
            Unreachable,
            "is not S3 (status 511)",
        ),
        (
            Ask::List,
            refusal(418, "Teapot", "Short and stout.\nSecond line"),
            Other,
            "Teapot: Short and stout (",
        ),
        (
            Ask::Whoami,
            sts_refusal("InvalidClientTokenId", "The security token included in the request is invalid."),
            Credentials,
            "GetCallerIdentity on 000000000000 failed: the access key is not known (request R2)",
        ),
        (
            Ask::Whoami,
            sts_refusal("ExpiredToken", "…"),
            Credentials,
            "the credentials have expired (request R2)",
        ),
        (
            Ask::Whoami,
            sts_refusal("SignatureDoesNotMatch", "…"),
            Credentials,
            "the secret key does not belong",
        ),
        (
            Ask::Whoami,
            sts_refusal("SignatureDoesNotMatch", "Signature expired: 1 is now earlier than 2"),
            Other,
            "this machine's clock is wrong",
        ),
    ];
    for (what, answer, kind, words) in table {
        let told = answer.clone();
        let stub = Stub::start(move |_, _| told.clone()).await;
        let error = ask(&stub.ports(1).await, what).await;
        let text = error.to_string();
        assert_eq!(error.kind, kind, "{what:?} {answer}\n{text}");
        assert!(text.contains(words), "{what:?}\n{text}\ndoes not contain\n{words}");
        assert!(text.ends_with('.') && !text.contains(". .") && text.lines().count() == 1, "{text}");
        for secret in ["a-session-token", action::environment::PRACTICE_SECRET_ACCESS_KEY] {
            assert!(!format!("{text}{error:?}").contains(secret), "{text}");
        }
    }
}

#[tokio::test]
async fn a_wrong_clock_is_measured() {
    let stub = Stub::start(|_, _| {
        refusal(403, "RequestTimeTooSkewed", "…")
            .replace("connection:", "date: Tue, 24 Nov 2020 01:54:45 GMT\r\nconnection:")
    })
    .await;
    let error = ask(&stub.ports(1).await, Ask::List).await;
    assert!(error.message.contains("days fast"), "{error}");
}

#[tokio::test]
async fn every_request_to_s3_names_the_owner() {
    let stub = Stub::start(|_, _| refusal(403, "AccessDenied", "Access Denied")).await;
    let ports = stub.ports(1).await;
    for what in [Ask::Bucket, Ask::List, Ask::Copy, Ask::Hide, Ask::Current, Ask::Digest] {
        ask(&ports, what).await;
    }
    let heads = stub.heads();
    assert_eq!(heads.len(), 6);
    for head in &heads {
        assert!(head.contains("x-amz-expected-bucket-owner: 000000000000"), "{head}");
    }
    let copy = heads.iter().find(|head| head.starts_with("PUT")).unwrap();
    for line in [
        "x-amz-source-expected-bucket-owner: 000000000000",
        "x-amz-copy-source: b/photos/a%20b.jpg?versionId=v1",
        "if-none-match: *",
        "x-amz-metadata-directive: COPY",
        "x-amz-tagging-directive: COPY",
        "x-amz-storage-class: STANDARD",
    ] {
        assert!(copy.contains(line), "{line}\n{copy}");
    }
    let hide = heads.iter().find(|head| head.starts_with("DELETE")).unwrap();
    assert!(hide.contains("if-match: \"e1\"") && !hide.contains("versionId"), "{hide}");
}

#[tokio::test]
async fn throttling_is_tried_again() {
    let stub = Stub::start(|number, _| match number {
        0 => refusal(503, "SlowDown", "Please reduce your request rate."),
        _ => response(200, "content-type: application/xml\r\n", "<ListVersionsResult></ListVersionsResult>"),
    })
    .await;
    let page = stub.ports(2).await.photos.list_versions("b", "", None, None).await.unwrap();
    assert!(page.photos.is_empty() && page.next.is_none());
    assert_eq!(stub.heads().len(), 2);
}

#[tokio::test]
async fn a_service_that_is_not_there_is_told_from_one_that_is_silent() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let options = Options { attempts: 1, ..Options::default() };
    let ports = aws::connect(&Environment::practice(&url), &options).await.unwrap();
    let error = ask(&ports, Ask::Bucket).await;
    assert_eq!(error.kind, PortErrorKind::Unreachable);
    assert_eq!(
        error.to_string(),
        format!(
            "GetBucketVersioning on b failed: the practice range is not running at {url}. Start it with `cargo xtask \
             practice` or `lifeboat range`, then try again."
        )
    );

    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let second = Duration::from_secs(1);
    let options = Options { attempts: 3, attempt: second, limit: 2 * second, copy_limit: second, ..options };
    let ports = aws::connect(&Environment::practice(&url), &options).await.unwrap();
    for what in [Ask::List, Ask::Copy, Ask::Whoami] {
        let began = Instant::now();
        let error = ask(&ports, what).await;
        assert_eq!(error.kind, PortErrorKind::Unreachable);
        assert!(error.message.ends_with("did not answer in time"), "{error}");
        assert!(began.elapsed() < 3 * second, "{what:?} took {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn names_and_tls_that_fail_are_told_apart() {
    let plain = Stub::start(|_, _| response(200, "", "")).await;
    for (url, words) in [
        ("https://no-such-host.invalid".to_owned(), "the name in https://no-such-host.invalid was not found"),
        (plain.url.replace("http://", "https://"), "no secure connection (TLS) to https://127.0.0.1"),
    ] {
        let mut environment = Environment::practice(&plain.url);
        environment.credentials = action::environment::Credentials::Profile("p".into());
        environment.database = None;
        environment.endpoints.s3 = Some(url);
        let error = crate::sources::bucket_with_profile(environment).await;
        assert!(error.contains(words), "{error}");
        assert!(error.contains("\"unreachable\""), "{error}");
    }
}

/// The journal is dated by this machine's clock, which may be wrong.
#[tokio::test]
async fn the_clock_is_held_against_the_date_of_an_answer() {
    let body = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::000000000000:user/sam</Arn>\
                <Account>000000000000</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    let hour = jiff::SignedDuration::from_hours(1);
    let now = jiff::Timestamp::now();
    let said = |at: jiff::Timestamp| at.strftime("date: %a, %d %b %Y %H:%M:%S GMT\r\n").to_string();
    for (date, expected) in [
        (said(now), Some(0)),
        (said(now - hour), Some(3600)),
        (said(now + hour), Some(-3600)),
        ("date: yesterday\r\n".to_owned(), None),
        (String::new(), None),
    ] {
        let answer = response(200, &format!("content-type: text/xml\r\n{date}"), body);
        let stub = Stub::start(move |_, _| answer.clone()).await;
        let caller = stub.ports(1).await.identity.whoami().await.unwrap();
        let close = caller.ahead.zip(expected).map(|(ahead, expected)| (ahead - expected).abs() <= 5);
        assert!(close.unwrap_or(caller.ahead == expected), "{date}: {caller:?}");
    }
}
