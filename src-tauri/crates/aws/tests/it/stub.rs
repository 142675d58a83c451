//! A server that answers what it is told to, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use action::Environment;
use action::port::Ports;
use aws::Options;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The server; it lives as long as the test's runtime.
pub(crate) struct Stub {
    pub(crate) url: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    /// `answer` is given the request's number, from 0, and its head with whatever body follows it; it returns a whole
    /// response, or nothing: then the connection is closed without one.
    pub(crate) async fn start(answer: impl Fn(usize, &str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (heads.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (seen, answer) = (seen.clone(), answer.clone());
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    let mut byte = [0];
                    // A TLS greeting (0x16) has no such end: it is answered at once, in plain text.
                    while !head.ends_with(b"\r\n\r\n")
                        && head.first() != Some(&0x16)
                        && stream.read(&mut byte).await.is_ok_and(|n| n == 1)
                    {
                        head.push(byte[0]);
                    }
                    let mut head = String::from_utf8_lossy(&head).into_owned();
                    let length =
                        head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                    let mut body = vec![0; length.unwrap_or(0)];
                    stream.read_exact(&mut body).await.ok();
                    head += &String::from_utf8_lossy(&body);
                    let number = {
                        let mut seen = seen.lock().unwrap();
                        seen.push(head.clone());
                        seen.len() - 1
                    };
                    let response = answer(number, &head);
                    stream.write_all(response.as_bytes()).await.ok();
                    stream.shutdown().await.ok();
                });
            }
        });
        Self { url, heads }
    }

    /// Every request so far, in order.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// Ports on this server, with as many attempts at a request.
    pub(crate) async fn ports(&self, attempts: u32) -> Ports {
        aws::connect(&Environment::practice(&self.url), &Options { attempts, ..Options::default() })
            .await
            .unwrap()
    }
}

/// A whole response.
pub(crate) fn response(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} Some Words\r\nx-amz-request-id: REQ1\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// S3's way of refusing.
pub(crate) fn refusal(status: u16, code: &str, message: &str) -> String {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{message}</Message>\
         <Token-0>a-session-token</Token-0><RequestId>REQ1</RequestId></Error>"
    );
    response(status, "content-type: application/xml\r\n", &body)
}

/// The way of refusing of STS and RDS.
pub(crate) fn sts_refusal(code: &str, message: &str) -> String {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>R2</RequestId></ErrorResponse>"
    );
    response(403, "content-type: text/xml\r\n", &body)
        .replace("x-amz-request-id: REQ1", "x-amzn-requestid: R2")
}
