//! Work on many things at once, with the answers in order.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Calls `work` with 0 up to `count` on some threads; answers come in that order, whatever the number of threads.
pub fn map<T: Send>(count: usize, threads: usize, work: &(dyn Fn(usize) -> T + Sync)) -> Vec<T> {
    let threads = threads.min(count);
    if threads < 2 {
        return (0..count).map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let take = || -> Vec<(usize, T)> {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return done;
            }
            done.push((index, work(index)));
        }
    };
    let mut answers: Vec<(usize, T)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(take)).collect();
        let mut answers = take();
        for other in others {
            // A panic in a thread is a bug, and is passed on as one.
            answers.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        answers
    });
    answers.sort_unstable_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_order() {
        let expected: Vec<usize> = (0..100).map(|index| index * 2).collect();
        for threads in [0, 1, 2, 7, 200] {
            assert_eq!(map(100, threads, &|index| index * 2), expected);
        }
        assert!(map(0, 4, &|index| index).is_empty());
    }
}
