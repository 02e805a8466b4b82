//! A way to the API server that a test can slow down, cut off, or close.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Bytes that are passed on at a time.
const CHUNK: usize = 16 * 1024;

/// What the way is like at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Everything passes at once.
    Open,
    /// Every piece of an answer is held for this long.
    Slow(Duration),
    /// Connections are accepted and nothing is ever answered.
    Silent,
    /// Connections are cut, those that are open and every new one.
    Cut,
}

/// A TCP proxy in front of the API server; it ends with the runtime.
pub struct FrontDoor {
    kubeconfig: PathBuf,
    way: Arc<watch::Sender<Way>>,
    /// Connections that have come in so far.
    callers: watch::Receiver<usize>,
}

impl FrontDoor {
    /// Opens a door in front of the server of a kubeconfig and writes a copy of it
    /// that leads through the door.
    ///
    /// # Errors
    ///
    /// A text for a person.
    pub async fn open(server: &str, original: &Path, kubeconfig: PathBuf) -> Result<Self, String> {
        let text = |error: std::io::Error| error.to_string();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(text)?;
        let address = listener.local_addr().map_err(text)?;
        let config = std::fs::read_to_string(original).map_err(text)?;
        std::fs::write(&kubeconfig, config.replace(server, &format!("https://{address}"))).map_err(text)?;
        let way = Arc::new(watch::Sender::new(Way::Open));
        let target = server.trim_start_matches("https://").to_owned();
        let ways = way.clone();
        let (counter, callers) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                counter.send_modify(|count| *count += 1);
                tokio::spawn(connect(client, target.clone(), ways.subscribe()));
            }
        });
        Ok(Self { kubeconfig, way, callers })
    }

    /// The kubeconfig that leads through the door.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Waits until somebody has called.
    pub async fn until_called(&self) {
        // The counter lives as long as the listener, which ends with the runtime.
        let _ = self.callers.clone().wait_for(|count| *count > 0).await;
    }

    /// Changes the way, for open connections too.
    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

async fn connect(client: TcpStream, target: String, mut way: watch::Receiver<Way>) {
    if *way.borrow() == Way::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(&target).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let answers = way.clone();
    tokio::select! {
        () = pass(from_client, to_server, None) => {}
        () = pass(from_server, to_client, Some(answers)) => {}
        _ = way.wait_for(|way| *way == Way::Cut) => {}
    }
}

/// Passes bytes on, as the way is at that moment.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, way: Option<watch::Receiver<Way>>) {
    let mut buffer = vec![0; CHUNK];
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else { return };
        if let Some(mut way) = way.clone() {
            let now = *way.borrow();
            match now {
                Way::Slow(time) => tokio::time::sleep(time).await,
                Way::Silent if way.wait_for(|way| *way != Way::Silent).await.is_err() => return,
                _ => {}
            }
        }
        let Some(bytes) = buffer.get(..read) else { return };
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}
