//! The signals with which a user ends a program: Ctrl-C, and what a CI runner sends.

/// Those that come from now on. While it lives they do not end the process by themselves.
#[cfg(unix)]
pub struct Signals(Option<[tokio::signal::unix::Signal; 2]>);

impl Signals {
    /// Whether one has come already.
    pub async fn came(&mut self) -> bool {
        // To give way lets the runtime look at what has come; the first time it may be in the middle of that.
        let looked = async {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        };
        tokio::select! {
            biased;
            () = self.next() => true,
            () = looked => false,
        }
    }
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on.
    pub fn listen() -> Signals {
        use tokio::signal::unix::{SignalKind, signal};
        let of = |kind| signal(kind).ok();
        Signals(of(SignalKind::interrupt()).zip(of(SignalKind::terminate())).map(Into::into))
    }

    /// The next one.
    pub async fn next(&mut self) {
        match &mut self.0 {
            Some([interrupt, terminate]) => {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            }
            // Without handlers the signals end the process by themselves.
            None => std::future::pending().await,
        }
    }
}

/// Those that come from now on. While it lives they do not end the process by themselves.
#[cfg(not(unix))]
pub struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Listens from now on.
    pub fn listen() -> Signals {
        Signals
    }

    /// The next one.
    pub async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
