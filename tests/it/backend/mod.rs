//! The web backend of the test plan: started, asked, watched and ended, and the checks that rest on it; the suites, over a
//! world of their own.

mod green;
mod program;
mod recorded;
mod suites;
mod world;

#[cfg(unix)]
mod checks;
#[cfg(unix)]
mod start;
