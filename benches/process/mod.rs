//! Whole processes, as a person waits for them: wall time of many runs, and the peak memory of one.

#![allow(dead_code, reason = "each bench uses a part of it")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Wall times of many runs, shortest first.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// Runs a program again and again; nothing when it is not installed, which is printed. An exit code other than
    /// `codes` is a mistake of the bench.
    pub(crate) fn of(
        title: &str,
        program: &Path,
        arguments: &[&str],
        runs: usize,
        codes: &[i32],
    ) -> Option<Times> {
        let mut times = Vec::with_capacity(runs);
        for _ in 0..runs {
            let mut command = quiet(program, arguments);
            let start = Instant::now();
            match command.status() {
                Ok(status) if status.code().is_some_and(|code| codes.contains(&code)) => {
                    times.push(start.elapsed());
                }
                Ok(status) => panic!("{title}: {status}"),
                Err(error) => {
                    println!("{title}: not measured ({error})");
                    return None;
                }
            }
        }
        times.sort();
        Some(Times(times))
    }

    pub(crate) fn best(&self) -> Duration {
        self.0[0]
    }

    pub(crate) fn median(&self) -> Duration {
        self.0[self.0.len() / 2]
    }

    /// The time that 95 of 100 runs do not exceed.
    pub(crate) fn late(&self) -> Duration {
        self.0[self.0.len() * 95 / 100]
    }
}

/// A command that sees no cluster and whose output goes nowhere.
fn quiet(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env("KUBECONFIG", "/dev/null");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The peak resident set of a run, as `/usr/bin/time` reports it.
pub(crate) fn peak(program: &Path, arguments: &[&str]) -> String {
    let mut words = vec!["-f", "%M", program.to_str().unwrap()];
    words.extend(arguments);
    let output = quiet(Path::new("/usr/bin/time"), &words).stderr(Stdio::piped()).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stderr).into_owned()).unwrap_or_default();
    match text.lines().last().and_then(|line| line.trim().parse::<f64>().ok()) {
        Some(kilobytes) => format!("{:.1} MiB", kilobytes / 1024.0),
        None => "unknown (needs /usr/bin/time)".to_owned(),
    }
}
