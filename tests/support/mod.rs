//! What the integration tests and the playground share.
