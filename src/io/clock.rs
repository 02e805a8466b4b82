//! The time of day.

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
}
