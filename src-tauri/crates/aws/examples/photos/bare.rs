//! What there is to compare with: a client that does nothing but what it must, and a server that others wrote.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use action::Environment;
use action::environment::{PRACTICE_ACCESS_KEY_ID, PRACTICE_SECRET_ACCESS_KEY};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::cost;

/// Requests under way together where the count is not what is measured.
const TOGETHER: usize = 16;
/// One photo in ten that is deleted, times this.
const DELETED: usize = 3;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// The bucket that everything here is about, and a client for it.
struct Bucket {
    client: Client,
    name: String,
    prefix: String,
}

impl Bucket {
    fn at(endpoint: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let environment = Environment::practice(endpoint);
        let photos = environment.photos.ok_or("the practice environment has photos")?;
        let keys =
            Credentials::new(PRACTICE_ACCESS_KEY_ID, PRACTICE_SECRET_ACCESS_KEY, None, None, "practice");
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(environment.region))
            .credentials_provider(keys)
            .endpoint_url(endpoint)
            .force_path_style(true);
        Ok(Self { client: Client::from_conf(config.build()), name: photos.bucket, prefix: photos.prefix })
    }

    fn key(&self, n: usize) -> String {
        format!("{}org-1/{n:08}.jpg", self.prefix)
    }
}

/// Does something for each number below `count`, so many together.
async fn each<F>(count: usize, together: usize, act: impl Fn(usize) -> F) -> Outcome
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let mut under_way = JoinSet::new();
    for n in 0..count {
        if under_way.len() >= together
            && let Some(done) = under_way.join_next().await
        {
            done??;
        }
        under_way.spawn(act(n));
    }
    while let Some(done) = under_way.join_next().await {
        done??;
    }
    Ok(())
}

/// Fills a server's bucket with photos, all overwritten later and three of ten deleted, and prints a moment between.
pub(crate) async fn seed(args: &[String]) -> Outcome {
    let [endpoint, keys, bytes] = args else { return Err("seed ENDPOINT KEYS BYTES".into()) };
    let (keys, bytes): (usize, usize) = (keys.parse()?, bytes.parse()?);
    let bucket = Bucket::at(endpoint)?;
    bucket.client.create_bucket().bucket(&bucket.name).send().await?;
    let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    bucket.client.put_bucket_versioning().bucket(&bucket.name).versioning_configuration(on).send().await?;
    let put = |n: usize, kind: u8| {
        let mut photo = vec![kind; bytes];
        photo.splice(..8.min(bytes), n.to_be_bytes());
        let put = bucket.client.put_object().bucket(&bucket.name).key(bucket.key(n));
        let put = put.content_type("image/jpeg").body(photo.into());
        async move { Ok(put.send().await.map(drop)?) }
    };
    each(keys, TOGETHER, |n| put(n, b'g')).await?;
    // S3 tells whole seconds: the moment is one that nothing was written in.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let at = Timestamp::from_second(Timestamp::now().as_second())?;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    each(keys, TOGETHER, |n| put(n, b'b')).await?;
    let deleted = keys / 10 * DELETED;
    each(deleted, TOGETHER, |n| {
        let delete = bucket.client.delete_object().bucket(&bucket.name).key(bucket.key(n));
        async move { Ok(delete.send().await.map(drop)?) }
    })
    .await?;
    println!("{}", json!({ "at": at }));
    Ok(())
}

/// A key's versions as they were listed, newest first: id, ETag (none is a marker) and whether it is the current one.
type Histories = BTreeMap<String, Vec<(String, Option<String>)>>;

/// Lists every version, one page after the other. Gives the number of pages too.
async fn listed(bucket: &Bucket, keep: bool) -> Result<(Histories, u64), Box<dyn Error + Send + Sync>> {
    let (mut histories, mut pages) = (Histories::new(), 0);
    let (mut key, mut version) = (None, None);
    loop {
        let list = bucket.client.list_object_versions().bucket(&bucket.name).prefix(&bucket.prefix);
        let page = list.set_key_marker(key).set_version_id_marker(version).send().await?;
        pages += 1;
        if keep {
            for entry in page.versions() {
                let (Some(key), Some(id)) = (entry.key(), entry.version_id()) else { continue };
                let history = histories.entry(key.to_owned()).or_default();
                let etag = entry.e_tag().map(str::to_owned);
                let place = if entry.is_latest() == Some(true) { 0 } else { history.len() };
                history.insert(place, (id.to_owned(), etag));
            }
            for entry in page.delete_markers().iter().filter(|entry| entry.is_latest() == Some(true)) {
                let (Some(key), Some(id)) = (entry.key(), entry.version_id()) else { continue };
                histories.entry(key.to_owned()).or_default().insert(0, (id.to_owned(), None));
            }
        }
        (key, version) =
            (page.next_key_marker().map(str::to_owned), page.next_version_id_marker().map(str::to_owned));
        if page.is_truncated() != Some(true) {
            return Ok((histories, pages));
        }
    }
}

/// Lists every version, and prints how long that took.
pub(crate) async fn list(args: &[String]) -> Outcome {
    let [endpoint] = args else { return Err("list ENDPOINT".into()) };
    let bucket = Bucket::at(endpoint)?;
    let began = Instant::now();
    let (_, pages) = listed(&bucket, false).await?;
    report(began, json!({ "pages": pages }));
    Ok(())
}

/// Prints how many photos are not the oldest version of their key.
pub(crate) async fn lost(args: &[String]) -> Outcome {
    let [endpoint] = args else { return Err("lost ENDPOINT".into()) };
    let (histories, _) = listed(&Bucket::at(endpoint)?, true).await?;
    let back = |history: &&Vec<(String, Option<String>)>| {
        let etags = history.first().zip(history.last()).map(|(is, was)| (&is.1, &was.1));
        etags.is_some_and(|(is, was)| is.is_some() && is == was)
    };
    println!("{}", json!({ "lost": histories.values().filter(|history| !back(history)).count() }));
    Ok(())
}

/// Copies the oldest version of every key onto it, unsigned and over connections that are kept, and prints how long
/// that took.
pub(crate) async fn copy(args: &[String]) -> Outcome {
    let [endpoint, together] = args else { return Err("copy ENDPOINT CONNECTIONS".into()) };
    let together: usize = together.parse()?;
    let bucket = Bucket::at(endpoint)?;
    let address = endpoint.strip_prefix("http://").ok_or("the endpoint is http://")?.to_owned();
    let (histories, _) = listed(&bucket, true).await?;
    let copies = histories.into_iter().filter_map(|(key, history)| Some((key, history.last()?.0.clone())));
    let copies: Arc<Vec<_>> = Arc::new(copies.collect());
    let next = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    let began = Instant::now();
    for _ in 0..together {
        let (address, name) = (address.clone(), bucket.name.clone());
        let (copies, next) = (Arc::clone(&copies), Arc::clone(&next));
        clients.spawn(async move {
            let mut connection = connect(&address).await?;
            while let Some((key, version)) = copies.get(next.fetch_add(1, Ordering::Relaxed)) {
                let path = utf8_percent_encode(key, NON_ALPHANUMERIC).to_string().replace("%2F", "/");
                let request = Request::put(format!("/{name}/{path}"))
                    .header("host", &address)
                    .header("x-amz-copy-source", format!("/{name}/{path}?versionId={version}"))
                    .body(Empty::new())?;
                connection.ready().await?;
                let answer = connection.send_request(request).await?;
                let status = answer.status();
                answer.into_body().collect().await?;
                if status != StatusCode::OK {
                    return Err(format!("copying {key}: {status}").into());
                }
            }
            Outcome::Ok(())
        });
    }
    while let Some(done) = clients.join_next().await {
        done??;
    }
    report(began, json!({ "copies": copies.len() }));
    Ok(())
}

async fn connect(
    address: &str,
) -> Result<SendRequest<Empty<hyper::body::Bytes>>, Box<dyn Error + Send + Sync>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

fn report(began: Instant, mut what: serde_json::Value) {
    what["seconds"] = began.elapsed().as_secs_f64().into();
    what["cpu"] = cost::cpu(None).into();
    what["peak_bytes"] = cost::peak(None).into();
    println!("{what}");
}

/// Copies the oldest version of every key onto it through the AWS SDK alone, so many together and each tried until it
/// is done, and prints how long that took.
pub(crate) async fn sdk(args: &[String]) -> Outcome {
    let [endpoint, together] = args else { return Err("sdk ENDPOINT TOGETHER".into()) };
    let bucket = Bucket::at(endpoint)?;
    let (histories, _) = listed(&bucket, true).await?;
    let copies = histories.into_iter().filter_map(|(key, history)| Some((key, history.last()?.0.clone())));
    let copies: Vec<_> = copies.collect();
    let (began, before) = (Instant::now(), cost::cpu(None).unwrap_or_default());
    each(copies.len(), together.parse()?, |n| {
        let (key, version) = &copies[n];
        let source = format!("{}/{key}?versionId={version}", bucket.name);
        let copy = bucket.client.copy_object().bucket(&bucket.name).key(key).copy_source(source);
        async move { Ok(copy.send().await.map(drop)?) }
    })
    .await?;
    let cpu = cost::cpu(None).unwrap_or_default() - before;
    report(began, json!({ "copies": copies.len(), "cpu_ms_each": cpu * 1e3 / copies.len().max(1) as f64 }));
    Ok(())
}
