//! The process group of a backend: through a shell or a script runner the server is a child, which outlives a signal to the
//! first process alone.

/// The group of a process that was started in one of its own; its number is that of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group(#[allow(dead_code, reason = "unused where there are no groups")] pub(super) u32);

#[cfg(unix)]
mod unix {
    use super::Group;
    use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

    impl Group {
        fn pid(self) -> Option<Pid> {
            Pid::from_raw(i32::try_from(self.0).ok()?)
        }

        /// Asks every process of it to end. An error means that there is none.
        pub(in super::super) fn terminate(self) {
            self.signal(Signal::TERM);
        }

        /// Ends every process of it.
        pub(in super::super) fn kill(self) {
            self.signal(Signal::KILL);
        }

        fn signal(self, signal: Signal) {
            if let Some(pid) = self.pid() {
                // A group without processes is what is wanted.
                let _ = kill_process_group(pid, signal);
            }
        }

        /// Whether a process of it still runs; one that is over but not waited for does not.
        pub(in super::super) fn lives(self) -> bool {
            if let Some(members) = super::super::memory::members(self) {
                return !members.is_empty();
            }
            self.pid().is_some_and(|pid| test_kill_process_group(pid).is_ok())
        }
    }
}

#[cfg(not(unix))]
impl Group {
    pub(super) fn terminate(self) {}

    pub(super) fn kill(self) {}

    pub(super) fn lives(self) -> bool {
        false
    }
}
