//! The end of a run that met a bug: one line, where to report it, exit code 70.
//!
//! The hook ends the process itself. So the code is the same whether a panic unwinds or aborts, in whatever thread it
//! happens, and no other thread goes on with half of its work done.

use super::style::{Role, paint};
use crate::core::text::line;
use crate::exit::Exit;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, Write as _};
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};

/// Longest part of a panic's own message that is shown, in characters.
const MAX_MESSAGE: usize = 300;
/// Takes away the line that the cursor is in, and shows the cursor.
const CLEAR: &str = "\r\u{1b}[2K\u{1b}[?25h";

/// Whether something on the terminal is being redrawn, or a question hides the cursor.
static DRAWING: AtomicBool = AtomicBool::new(false);

/// Whether words are painted.
static PAINTS: AtomicBool = AtomicBool::new(false);

pub(super) fn paints(color: bool) {
    PAINTS.store(color, Ordering::Relaxed);
}

pub(super) fn drawing(on: bool) {
    DRAWING.store(on, Ordering::Relaxed);
}

/// Where bugs are reported, as a hint.
pub(super) fn hint() -> String {
    format!(
        "this is a bug in kubectl-airunway {}; report it with the command and the lines above at {}/issues",
        env!("CARGO_PKG_VERSION"),
        env!("CARGO_PKG_REPOSITORY")
    )
}

/// Lets every panic of the process end it with [`Exit::Bug`].
pub fn catch_panics() {
    std::panic::set_hook(Box::new(end));
}

#[expect(clippy::exit, reason = "the one place where the process ends in the middle")]
fn end(panic: &PanicHookInfo<'_>) {
    static MET: AtomicBool = AtomicBool::new(false);
    if MET.swap(true, Ordering::SeqCst) {
        // Another thread says its bug, and then ends the process.
        loop {
            std::thread::park();
        }
    }
    let mut text = said(panic);
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        text.push_str(&format!("\n{backtrace}"));
    }
    // Not through a `Ui`, whose locks this thread may hold. Nothing sensible is left to do when stderr is gone.
    let _ = io::stderr().write_all(text.as_bytes());
    std::process::exit(i32::from(Exit::Bug.code()))
}

fn said(panic: &PanicHookInfo<'_>) -> String {
    let payload = panic.payload();
    // `panic!` of a text alone carries that, with arguments what they were made into.
    let message =
        payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    let message: String = message.unwrap_or("no message").chars().take(MAX_MESSAGE).collect();
    let place = panic.location().map(|place| format!(" ({place})")).unwrap_or_default();
    let color = PAINTS.load(Ordering::Relaxed);
    let clear = if DRAWING.load(Ordering::Relaxed) { CLEAR } else { "" };
    format!(
        "{clear}{} {}\n\n{} {}\n",
        paint(color, Role::Error, "error:"),
        line(&format!("{message}{place}")),
        paint(color, Role::Hint, "hint:"),
        hint()
    )
}
