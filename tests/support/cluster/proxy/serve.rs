//! One connection to the proxy: one request, what the script does to it, and the end.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, Response, Url};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Act, Asked, Shared, Stream};

/// Largest head and body of a request that are read.
const LIMIT: usize = 4 * 1024 * 1024;
/// Headers that concern one connection and are not passed on, or are written anew.
const OWN: [&str; 6] = ["connection", "content-length", "host", "keep-alive", "te", "transfer-encoding"];

/// A request as it was read.
struct Request {
    asked: Asked,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Serves one connection.
pub(super) async fn connection(mut stream: TcpStream, shared: Arc<Shared>) {
    let Some(request) = read(&mut stream).await else { return };
    let act = shared.decide(&request.asked);
    // A caller that has gone is no concern of the script.
    let _ = perform(stream, &shared, request, act).await;
}

async fn perform(mut stream: TcpStream, shared: &Shared, request: Request, act: Act) -> Option<()> {
    match act {
        Act::Hang => until_gone(stream).await,
        Act::Reset => reset(stream),
        Act::Answer(answer) => finish(stream, &answer.bytes()).await?,
        Act::Delay(time) => {
            tokio::time::sleep(time).await;
            pass(stream, forward(shared, request).await?, Body::Whole).await?;
        }
        Act::Pass => pass(stream, forward(shared, request).await?, Body::Whole).await?,
        Act::HangAfter => {
            forward(shared, request).await?.bytes().await.ok()?;
            until_gone(stream).await;
        }
        Act::Lose => {
            forward(shared, request).await?.bytes().await.ok()?;
            reset(stream);
        }
        Act::AnswerAfter(answer) => {
            forward(shared, request).await?.bytes().await.ok()?;
            finish(stream, &answer.bytes()).await?;
        }
        Act::Cut(count) => {
            let (head, body) = whole(forward(shared, request).await?).await?;
            let head = format!("{head}content-length: {}\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).await.ok()?;
            stream.write_all(body.get(..count).unwrap_or(&body)).await.ok()?;
        }
        Act::Truncate(count) => {
            let (head, body) = whole(forward(shared, request).await?).await?;
            let body = body.get(..count).unwrap_or(&body);
            let head = format!("{head}content-length: {}\r\n\r\n", body.len());
            finish(stream, &[head.as_bytes(), body].concat()).await?;
        }
        Act::Trickle(bytes, pause) => {
            pass(stream, forward(shared, request).await?, Body::Slow(bytes, pause)).await?;
        }
        Act::Stream(events) => {
            pass(stream, forward(shared, request).await?, Body::Events(&events)).await?;
        }
    }
    Some(())
}

/// Keeps a connection open until the caller ends it.
async fn until_gone(mut stream: TcpStream) {
    let mut rest = [0; 1024];
    while let Ok(1..) = stream.read(&mut rest).await {}
}

/// Closes a connection so that the caller sees `connection reset`.
fn reset(stream: TcpStream) {
    // Without it the caller sees an end instead, which is as much of a fault.
    let _ = stream.set_zero_linger();
}

async fn finish(mut stream: TcpStream, bytes: &[u8]) -> Option<()> {
    stream.write_all(bytes).await.ok()?;
    stream.shutdown().await.ok()
}

/// Reads a whole request.
async fn read(stream: &mut TcpStream) -> Option<Request> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let mut request = head(bytes.get(..end)?)?;
            let length = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let length = length.and_then(|(_, value)| value.parse::<usize>().ok()).unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                request.body = bytes.get(end + 4..end + 4 + length)?.to_vec();
                return Some(request);
            }
        }
        match stream.read(&mut chunk).await {
            Ok(count @ 1..) if bytes.len() < LIMIT => bytes.extend_from_slice(chunk.get(..count)?),
            _ => return None,
        }
    }
}

fn head(bytes: &[u8]) -> Option<Request> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let asked = Asked { method: first.next()?.to_owned(), target: first.next()?.to_owned() };
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
    Some(Request { asked, headers, body: Vec::new() })
}

/// Sends a request on to the API server.
async fn forward(shared: &Shared, request: Request) -> Option<Response> {
    let url = Url::parse(&format!("{}{}", shared.server, request.asked.target)).ok()?;
    let method = Method::from_bytes(request.asked.method.as_bytes()).ok()?;
    let upgrades = request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("upgrade"));
    let mut builder = shared.client.request(method, url).body(request.body);
    for (name, value) in &request.headers {
        if !OWN.contains(&name.to_ascii_lowercase().as_str()) {
            builder = builder.header(name, value);
        }
    }
    let known = request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    if let Some(token) = shared.token.as_ref().filter(|_| !known) {
        builder = builder.bearer_auth(token);
    }
    if upgrades {
        builder = builder.header("connection", "upgrade");
    }
    builder.send().await.ok()
}

/// The head of an answer without what says how long it is.
fn answer_head(response: &Response) -> String {
    let mut head = format!("HTTP/1.1 {}\r\n", response.status());
    for (name, value) in response.headers() {
        if !OWN.contains(&name.as_str()) {
            head.push_str(&format!("{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes())));
        }
    }
    let connection = if response.status() == 101 { "upgrade" } else { "close" };
    head.push_str(&format!("connection: {connection}\r\n"));
    head
}

async fn whole(response: Response) -> Option<(String, Vec<u8>)> {
    let head = answer_head(&response);
    Some((head, response.bytes().await.ok()?.to_vec()))
}

/// How a body is passed on.
enum Body<'a> {
    Whole,
    Slow(usize, Duration),
    Events(&'a Stream),
}

/// Passes an answer on as it comes.
async fn pass(mut stream: TcpStream, mut response: Response, how: Body<'_>) -> Option<()> {
    let head = answer_head(&response);
    if response.status() == 101 {
        stream.write_all(format!("{head}\r\n").as_bytes()).await.ok()?;
        let mut upgraded = response.upgrade().await.ok()?;
        tokio::io::copy_bidirectional(&mut stream, &mut upgraded).await.ok()?;
        return Some(());
    }
    stream.write_all(format!("{head}transfer-encoding: chunked\r\n\r\n").as_bytes()).await.ok()?;
    let lasts = match how {
        Body::Events(events) => events.lasts(),
        Body::Whole | Body::Slow(..) => None,
    };
    // A caller that leaves ends what is read for it.
    let (mut from, mut to) = stream.split();
    let mut nothing = [0; 1];
    let passing = body(&mut to, &mut response, &how);
    tokio::select! {
        done = passing => done?,
        () = after(lasts) => {}
        _ = from.read(&mut nothing) => return None,
    }
    to.write_all(b"0\r\n\r\n").await.ok()?;
    to.shutdown().await.ok()
}

async fn after(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

async fn body(
    to: &mut tokio::net::tcp::WriteHalf<'_>,
    response: &mut Response,
    how: &Body<'_>,
) -> Option<()> {
    let mut rest = Vec::new();
    if let Body::Events(events) = how {
        chunk(to, &events.opening()).await?;
        if events.ends() {
            return Some(());
        }
    }
    while let Some(bytes) = response.chunk().await.ok()? {
        match how {
            Body::Whole => chunk(to, &bytes).await?,
            Body::Slow(count, pause) => {
                for piece in bytes.chunks(*count) {
                    tokio::time::sleep(*pause).await;
                    chunk(to, piece).await?;
                }
            }
            Body::Events(events) => {
                rest.extend_from_slice(&bytes);
                while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = rest.drain(..=end).collect();
                    chunk(to, &events.line(&line)).await?;
                }
            }
        }
    }
    Some(())
}

/// One piece of a body; an empty one would end it.
async fn chunk(to: &mut tokio::net::tcp::WriteHalf<'_>, bytes: &[u8]) -> Option<()> {
    if bytes.is_empty() {
        return Some(());
    }
    let piece = [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    to.write_all(&piece).await.ok()
}
