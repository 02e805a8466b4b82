//! The opening of a WebSocket.

use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use http::{HeaderMap, HeaderName};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// What a client says to open a WebSocket (RFC 6455), and what it has to be answered.
pub(crate) struct Handshake {
    protocol: &'static str,
    key: String,
}

impl Handshake {
    /// A new one, for a subprotocol.
    pub(crate) fn new(protocol: &'static str) -> Handshake {
        Handshake { protocol, key: generate_key() }
    }

    pub(super) fn headers(&self) -> [(HeaderName, &str); 5] {
        [
            (CONNECTION, "Upgrade"),
            (UPGRADE, "websocket"),
            (SEC_WEBSOCKET_VERSION, "13"),
            (SEC_WEBSOCKET_KEY, &self.key),
            (SEC_WEBSOCKET_PROTOCOL, self.protocol),
        ]
    }

    /// Whether an answer is that of a server that has read the request and speaks the subprotocol.
    pub(super) fn is_answered_by(&self, headers: &HeaderMap) -> bool {
        let says = |name: HeaderName, value: &str| headers.get(name).is_some_and(|own| own == value);
        says(SEC_WEBSOCKET_ACCEPT, &derive_accept_key(self.key.as_bytes()))
            && says(SEC_WEBSOCKET_PROTOCOL, self.protocol)
    }
}
