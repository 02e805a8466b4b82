//! A server on loopback that answers as told, byte by byte if need be.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What the server does with a request.
#[derive(Clone)]
pub(super) enum Reply {
    /// Status code and JSON.
    Json(u16, Value),
    /// Status code, further header lines, body.
    Text(u16, &'static str, String),
    /// These bytes, then the connection is closed.
    Raw(Vec<u8>),
    /// The lines of a watch, then its end.
    Lines(Vec<Value>),
    /// The lines of a watch, then nothing more.
    OpenLines(Vec<Value>),
    /// Never an answer.
    Silence,
    /// The connection is closed.
    Hangup,
}

/// A request that came in.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// Method, path and query.
    pub(super) line: String,
    /// All header lines, lowercase names.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The server; it ends with the runtime of the test.
pub(super) struct Server {
    /// `127.0.0.1:port`.
    pub(super) address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Answers with `replies` in turn, and with the last one ever after.
    pub(super) async fn start(replies: Vec<Reply>) -> Server {
        Server::run(replies, None, false).await
    }

    /// The same behind TLS.
    pub(super) async fn start_tls(replies: Vec<Reply>, tls: Arc<rustls::ServerConfig>) -> Server {
        Server::run(replies, Some(TlsAcceptor::from(tls)), false).await
    }

    /// The same behind a proxy that takes any `CONNECT` and answers in place of the target, with TLS or without.
    pub(super) async fn start_proxy(replies: Vec<Reply>, tls: Option<Arc<rustls::ServerConfig>>) -> Server {
        Server::run(replies, tls.map(TlsAcceptor::from), true).await
    }

    async fn run(replies: Vec<Reply>, tls: Option<TlsAcceptor>, proxy: bool) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let script = Script { replies: Arc::new(Mutex::new(replies.into())), seen: Arc::clone(&seen) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, tls) = (script.clone(), tls.clone());
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    if proxy {
                        let Some(request) = read(&mut stream).await else { return };
                        script.note(request);
                        if stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.is_err() {
                            return;
                        }
                    }
                    match tls {
                        None => script.serve(stream).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                script.serve(BufReader::new(stream)).await;
                            }
                        }
                    }
                });
            }
        });
        Server { address, seen }
    }

    pub(super) fn http(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn https(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The requests so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no panic while locked").clone()
    }

    /// Their first lines.
    pub(super) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }
}

#[derive(Clone)]
struct Script {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Script {
    fn note(&self, seen: Seen) {
        self.seen.lock().expect("no panic while locked").push(seen);
    }

    fn reply(&self) -> Reply {
        let mut replies = self.replies.lock().expect("no panic while locked");
        if replies.len() > 1 {
            replies.pop_front().expect("one of several")
        } else {
            replies.front().cloned().expect("a reply")
        }
    }

    async fn serve(&self, mut stream: BufReader<impl AsyncRead + AsyncWrite + Unpin>) {
        while let Some(request) = read(&mut stream).await {
            self.note(request);
            let (bytes, goes_on) = match self.reply() {
                Reply::Json(code, value) => {
                    (whole(code, "content-type: application/json\r\n", &value.to_string()), true)
                }
                Reply::Text(code, headers, body) => (whole(code, headers, &body), true),
                Reply::Raw(bytes) => (bytes, false),
                Reply::Hangup => return,
                Reply::Silence => (Vec::new(), true),
                Reply::Lines(lines) => (chunked(&lines, true), true),
                Reply::OpenLines(lines) => (chunked(&lines, false), true),
            };
            if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() || !goes_on {
                return;
            }
        }
    }
}

fn whole(code: u16, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {code} X\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len()).into_bytes()
}

fn chunked(lines: &[Value], ends: bool) -> Vec<u8> {
    let mut bytes =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for line in lines {
        let line = format!("{line}\n");
        bytes.extend(format!("{:x}\r\n{line}\r\n", line.len()).into_bytes());
    }
    if ends {
        bytes.extend(b"0\r\n\r\n");
    }
    bytes
}

async fn read(stream: &mut BufReader<impl AsyncRead + Unpin>) -> Option<Seen> {
    let first = line(stream).await?;
    let mut headers = Vec::new();
    loop {
        let header = line(stream).await?;
        let Some((name, value)) = header.split_once(':') else { break };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let seen = Seen { line: first.trim_end_matches(" HTTP/1.1").to_owned(), headers, body: String::new() };
    let length = seen.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Seen { body: String::from_utf8_lossy(&body).into_owned(), ..seen })
}

async fn line(stream: &mut BufReader<impl AsyncRead + Unpin>) -> Option<String> {
    let mut line = String::new();
    let count = stream.read_line(&mut line).await.ok()?;
    (count > 0).then(|| line.trim_end().to_owned())
}
