//! Who asks: the client of a connection, and the credentials that its requests carry.

pub(super) mod error;
pub(super) mod plugin;
pub(super) mod session;
