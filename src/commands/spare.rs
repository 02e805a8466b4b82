//! Values that are left where they are, because the process ends soon.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Values that one run may leave unfreed: those of a thousand objects or two.
const LIMIT: usize = 40_000;

/// Freeing a few hundred thousand small values one by one takes a fifth of the time of judging them. A run over a
/// handful of files may leave that to the operating system; a long one has to free what it no longer needs.
#[derive(Debug, Default)]
pub struct Spare {
    left: AtomicUsize,
}

impl Spare {
    /// Lets go of something that holds about so many values.
    pub fn let_go<T>(&self, values: usize, thing: T) {
        if self.left.fetch_add(values, Ordering::Relaxed).saturating_add(values) <= LIMIT {
            std::mem::forget(thing);
        }
    }
}
