//! A terminal in which the program runs: what it shows on stderr can be waited for, and keys can be pressed.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// How long something is waited for that should be there at once.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program with a terminal for its stdin and stderr; its stdout is read apart.
pub struct Terminal {
    keyboard: File,
    child: Child,
    screen: Arc<(Mutex<String>, Condvar)>,
    reader: std::thread::JoinHandle<()>,
}

impl Terminal {
    /// Starts a command.
    pub fn start(command: Command) -> Terminal {
        Terminal::launch(command, false)
    }

    /// Starts a command whose stdout is the terminal, too.
    pub fn start_whole(command: Command) -> Terminal {
        Terminal::launch(command, true)
    }

    fn launch(mut command: Command, whole: bool) -> Terminal {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&master).expect("granted");
        unlockpt(&master).expect("unlocked");
        let name = ptsname(&master, Vec::new()).expect("a name").into_string().expect("a path");
        let other = || File::options().read(true).write(true).open(&name).expect("its other end");
        let child = command
            .env("TERM", "xterm")
            .stdin(other())
            .stderr(other())
            .stdout(if whole { other().into() } else { Stdio::piped() })
            .spawn()
            .expect("the program starts");
        // The command holds the other end, too; with it here the end of the program would not be seen.
        drop(command);
        let keyboard = File::from(master);
        let mut output = keyboard.try_clone().expect("a second handle");
        let screen = Arc::new((Mutex::new(String::new()), Condvar::new()));
        let shown = Arc::clone(&screen);
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Linux answers with an error when the program has ended.
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                shown.0.lock().expect("the screen").push_str(&String::from_utf8_lossy(&bytes[..count]));
                shown.1.notify_all();
            }
        });
        Terminal { keyboard, child, screen, reader }
    }

    /// Waits until the screen has shown a text.
    pub fn wait_for(&self, text: &str) {
        let screen = self.screen.0.lock().expect("the screen");
        let missing = |screen: &mut String| !screen.contains(text);
        let (screen, waited) =
            self.screen.1.wait_timeout_while(screen, PATIENCE, missing).expect("the screen");
        assert!(!waited.timed_out(), "{text:?} is not shown: {screen}");
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("pressed");
    }

    /// Waits for the end: exit code, stdout, and all that the screen has shown.
    pub fn finish(self) -> (Option<i32>, String, String) {
        let output = self.child.wait_with_output().expect("the program ends");
        self.reader.join().expect("the screen is read to its end");
        let screen = self.screen.0.lock().expect("the screen").clone();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned(), screen)
    }
}
