//! A loopback HTTP server that answers by a list: for words that no real server would send.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

/// One answer.
#[derive(Clone)]
pub struct Reply {
    /// Text that the request line holds, for example `PATCH /apis/`; empty for every request.
    pub to: &'static str,
    /// Status code.
    pub status: u16,
    /// Further headers; bytes, because not all that is sent is text.
    pub headers: Vec<(&'static str, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// JSON.
    pub fn json(to: &'static str, status: u16, body: &serde_json::Value) -> Reply {
        let headers = vec![("content-type", b"application/json".to_vec())];
        Reply { to, status, headers, body: body.to_string().into_bytes() }
    }

    /// The same with one more header.
    pub fn with(mut self, name: &'static str, value: impl Into<Vec<u8>>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }
}

/// Starts a server that gives the first reply that fits a request, else 404. Its address, for example `127.0.0.1:4711`.
pub fn serve(replies: Vec<Reply>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    let address = listener.local_addr().expect("its address").to_string();
    // It ends with the test process.
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let replies = replies.clone();
            std::thread::spawn(move || answer(stream, &replies));
        }
    });
    address
}

fn answer(mut stream: TcpStream, replies: &[Reply]) {
    let Some(line) = request_line(&mut stream) else { return };
    let none =
        Reply::json("", 404, &serde_json::json!({"kind": "Status", "reason": "NotFound", "code": 404}));
    let reply = replies.iter().find(|reply| line.contains(reply.to)).unwrap_or(&none);
    let mut bytes = format!("HTTP/1.1 {} Canned\r\nconnection: close\r\n", reply.status).into_bytes();
    for (name, value) in &reply.headers {
        bytes.extend([name.as_bytes(), b": ", value.as_slice(), b"\r\n"].concat());
    }
    bytes.extend(format!("content-length: {}\r\n\r\n", reply.body.len()).into_bytes());
    bytes.extend(&reply.body);
    // A client may have gone.
    let _ = stream.write_all(&bytes);
}

/// Reads a whole request, so that closing the connection afterwards resets nothing.
fn request_line(stream: &mut TcpStream) -> Option<String> {
    let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = request.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if request.len() >= end + 4 + length.unwrap_or(0) {
                return head.lines().next().map(str::to_owned);
            }
        }
        match stream.read(&mut chunk) {
            Ok(count @ 1..) => request.extend(&chunk[..count]),
            _ => return None,
        }
    }
}
