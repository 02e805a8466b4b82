//! A stream to a port of a pod, through the API server and the kubelet: what `kubectl port-forward` does, without a local
//! port.
//!
//! One WebSocket for each stream, in the protocol of the kubelet: a message is a channel number and bytes; channel 0 holds
//! the data, channel 1 what went wrong, and the first message on each is the port (k8s.io/cri-streaming
//! pkg/streaming/portforward/websocket.go). The kube crate speaks it too, but keeps the sending of the request to itself,
//! and with it credentials, limits and the server's words.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::{Sink as _, Stream as _};
use hyper::body::{Buf as _, Bytes};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use super::connection::{Cluster, about};
use super::error::ClusterError;
use super::read::reading;
use super::transport::Call;
use super::transport::handshake::Handshake;
use crate::core::kubernetes::resource::POD;

/// The subprotocol with binary channels.
const PROTOCOL: &str = "v4.channel.k8s.io";
/// Largest message that is read, in bytes; kubelets send a buffer of 32 KiB at most.
const MESSAGE_LIMIT: usize = 1024 * 1024;
/// Most bytes that are sent in one message.
const PIECE: usize = 32 * 1024;
/// Bytes of the port number with which each channel begins.
const PORT_BYTES: usize = 2;

/// A connection to a port of a pod. Reading fails with an error that wraps a [`ClusterError`].
pub struct PodStream {
    socket: WebSocketStream<TokioIo<Upgraded>>,
    /// What was received and is not read yet.
    rest: Bytes,
    /// Whether the port number has been told, on the data and on the error channel.
    begun: [bool; 2],
    place: Place,
}

/// Which port of which pod.
#[derive(Debug, Clone)]
struct Place {
    pod: String,
    port: u16,
}

impl Cluster {
    /// Opens a connection to a port of a pod.
    ///
    /// That nobody listens on the port shows when the stream is read: the kubelet connects after the stream is open.
    ///
    /// # Errors
    /// A pod that is not there or does not run, missing rights, no connection.
    pub async fn forward(&self, namespace: &str, pod: &str, port: u16) -> Result<PodStream, ClusterError> {
        let path = format!("{}/portforward?ports={port}", POD.path(Some(namespace), Some(pod)));
        let call = Call {
            // The words for it where the server has none of its own.
            about: about("create", &POD, Some(namespace)),
            upgrade: Some(Handshake::new(PROTOCOL)),
            ..reading("get", &POD, Some(namespace), path, "*/*")
        };
        let upgraded = self.transport.upgrade(&call).await?;
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_LIMIT))
            .max_frame_size(Some(MESSAGE_LIMIT));
        let socket =
            WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, Some(limits)).await;
        let place = Place { pod: pod.to_owned(), port };
        Ok(PodStream { socket, rest: Bytes::new(), begun: [false; 2], place })
    }
}

impl PodStream {
    /// Takes one message; `Some` of bytes that are data.
    fn take(&mut self, message: Message) -> io::Result<Option<Bytes>> {
        let Message::Binary(mut bytes) = message else { return Ok(None) };
        let channel = match bytes.first() {
            Some(channel @ (0 | 1)) => usize::from(*channel),
            _ => return Err(self.place.error("a message of an unknown channel")),
        };
        bytes.advance(1);
        if let Some(begun) = self.begun.get_mut(channel).filter(|begun| !**begun) {
            *begun = true;
            if bytes.len() != PORT_BYTES {
                return Err(self.place.error("the first message is not a port"));
            }
            return Ok(None);
        }
        if channel == 1 && !bytes.is_empty() {
            return Err(self.place.error(String::from_utf8_lossy(&bytes).trim()));
        }
        Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }
}

impl Place {
    fn error(&self, message: &str) -> io::Error {
        let Place { pod, port } = self.clone();
        io::Error::other(ClusterError::Forward { pod, port, message: message.to_owned() })
    }

    fn broken(&self, error: &SocketError) -> io::Error {
        self.error(&error.to_string())
    }
}

impl AsyncRead for PodStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if !this.rest.is_empty() {
                let count = this.rest.len().min(buffer.remaining());
                buffer.put_slice(&this.rest.split_to(count));
                return Poll::Ready(Ok(()));
            }
            match ready!(Pin::new(&mut this.socket).poll_next(context)) {
                Some(Ok(Message::Close(_))) | None => return Poll::Ready(Ok(())),
                Some(Ok(message)) => {
                    if let Some(bytes) = this.take(message)? {
                        this.rest = bytes;
                    }
                }
                Some(Err(error)) => return Poll::Ready(Err(this.place.broken(&error))),
            }
        }
    }
}

impl AsyncWrite for PodStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let piece = bytes.get(..bytes.len().min(PIECE)).unwrap_or(bytes);
        ready!(Pin::new(&mut this.socket).poll_ready(context)).map_err(|error| this.place.broken(&error))?;
        let mut message = Vec::with_capacity(1 + piece.len());
        message.push(0);
        message.extend_from_slice(piece);
        let sent = Pin::new(&mut this.socket).start_send(Message::binary(message));
        Poll::Ready(sent.map(|()| piece.len()).map_err(|error| this.place.broken(&error)))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        Pin::new(&mut this.socket).poll_flush(context).map_err(|error| this.place.broken(&error))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match ready!(Pin::new(&mut this.socket).poll_close(context)) {
            // The other side was faster.
            Ok(()) | Err(SocketError::ConnectionClosed | SocketError::AlreadyClosed) => Poll::Ready(Ok(())),
            Err(error) => Poll::Ready(Err(this.place.broken(&error))),
        }
    }
}

impl std::fmt::Debug for PodStream {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PodStream").field("place", &self.place).finish_non_exhaustive()
    }
}
