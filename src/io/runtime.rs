//! The async runtime, started only by verbs that need one.

use std::future::Future;

use crate::error::{Error, Result};

/// Runs a future to its end on this thread.
///
/// # Errors
/// What the future answers, or that no runtime can be started.
pub fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::failure("cannot start the async runtime").caused_by(error.to_string()))?;
    let answer = runtime.block_on(future);
    // A credential helper that hangs must not keep the program alive.
    runtime.shutdown_background();
    answer
}
