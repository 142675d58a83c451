//! What a copy costs this side in CPU time: `copies [COUNT] [IN_FLIGHT]`, against a server that answers without looking.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use action::Environment;
use action::port::{CopyVersion, Guard, Keep, VersionId};

const ANSWER: &str = "HTTP/1.1 200 OK\r\nx-amz-request-id: 0123456789ABCDEF\r\nx-amz-version-id: 3HL4kqtJvjVBH40Nrjfkd\r\n\
                      x-amz-server-side-encryption: AES256\r\ncontent-type: application/xml\r\ncontent-length: 207\r\n\r\n";
const BODY: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><CopyObjectResult><ETag>&quot;9e107d9d372bb6826bd81d3542a419d6&quot;</ETag>\
                    <LastModified>2026-11-25T00:00:00.000Z</LastModified></CopyObjectResult>";

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|arg| arg == "serve") {
        return serve();
    }
    let number = |n: usize, or: usize| args.get(n).and_then(|arg| arg.parse().ok()).unwrap_or(or);
    let (count, in_flight) = (number(0, 20_000), number(1, 64));
    let myself = std::env::current_exe().unwrap();
    let mut child = Command::new(myself).arg("serve").stdout(Stdio::piped()).spawn().unwrap();
    let mut url = [0; 5];
    child.stdout.as_mut().unwrap().read_exact(&mut url).unwrap();
    let url = format!("http://127.0.0.1:{}", String::from_utf8_lossy(&url));
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let ports = aws::connect(&Environment::practice(&url), &aws::Options::default()).await.unwrap();
        let ports = Arc::new(ports);
        for round in 0..4 {
            let (began, before) = (Instant::now(), cpu());
            let tasks = (0..in_flight).map(|worker| {
                let ports = Arc::clone(&ports);
                tokio::spawn(async move {
                    for n in 0..count / in_flight {
                        let copy = CopyVersion {
                            from: None,
                            key: format!("photos/badge-{worker:04}-{n:07}.jpg"),
                            to: None,
                            version: VersionId("3HL4kqtJvjVBH40Nrjfkd".into()),
                            storage_class: "STANDARD".into(),
                            size: 50_000,
                            etag: "9e107d9d372bb6826bd81d3542a419d6".into(),
                            unless: Guard::Is("abc".into()),
                            keep: Keep::default(),
                        };
                        ports.photos.copy_version("bucket-of-photos", &copy).await.unwrap();
                    }
                })
            });
            for task in Vec::from_iter(tasks) {
                task.await.unwrap();
            }
            let (took, spent) = (began.elapsed().as_secs_f64(), cpu() - before);
            let done = (count / in_flight * in_flight) as f64;
            println!("round {round}: {:.0}/s, {:.1} µs of CPU a copy", done / took, spent * 1e6 / done);
        }
    });
    child.kill().unwrap();
}

/// Seconds of CPU that this process has used.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    print!("{:05}", listener.local_addr().unwrap().port());
    std::io::stdout().flush().unwrap();
    let answer = format!("{}{BODY}", ANSWER.replace("207", &BODY.len().to_string()));
    for stream in listener.incoming() {
        let (mut stream, answer) = (stream.unwrap(), answer.clone());
        stream.set_nodelay(true).unwrap();
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            let mut held = 0;
            while let Ok(n @ 1..) = stream.read(&mut buffer[held..]) {
                held += n;
                if buffer[..held].ends_with(b"\r\n\r\n") {
                    held = 0;
                    if stream.write_all(answer.as_bytes()).is_err() {
                        return;
                    }
                }
            }
        });
    }
}
