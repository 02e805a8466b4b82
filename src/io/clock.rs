//! The time of day.

use std::time::Instant;

use jiff::Timestamp;

/// Where the time of day comes from. Waits go by the async runtime's own clock, which a test can pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// This machine's clock.
    System,
    /// Always the same moment.
    Fixed(Timestamp),
}

impl Clock {
    /// The time now.
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => Timestamp::now(),
            Clock::Fixed(moment) => *moment,
        }
    }

    /// Monotonic time, by which waits go: that of the async runtime.
    pub fn instant(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}
