//! How much memory the process has that listens on a port; it need not be the first one of its group.

#[cfg(target_os = "linux")]
pub(super) use linux::{is_foreign, members, resident};
#[cfg(not(target_os = "linux"))]
pub(super) use other::{is_foreign, members, resident};

#[cfg(target_os = "linux")]
mod linux {
    use super::super::group::Group;
    use std::collections::BTreeSet;
    use std::fs;
    use std::io::Read as _;
    use std::path::{Path, PathBuf};

    /// Most bytes that are read of a file of `/proc`: a table of 50,000 sockets.
    const FILE_LIMIT: u64 = 8 << 20;
    /// The state of a socket that listens.
    const LISTENS: &str = "0A";

    /// Resident memory of the process of the group that listens on the port, in bytes.
    pub(in super::super) fn resident(port: u16, group: Option<Group>) -> Result<u64, String> {
        let group = group.ok_or("the backend was not started here")?;
        let sockets = sockets_of(port);
        let members = members(group).ok_or("/proc cannot be read")?;
        let listener = members.iter().find(|process| holds(process, &sockets) == Some(true));
        let listener = listener.ok_or_else(|| format!("no process of the backend listens on port {port}"))?;
        let status = text(&listener.join("status")).ok_or("its status cannot be read")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        kib.map(|kib| kib * 1024).ok_or_else(|| "its status does not say its memory".to_owned())
    }

    /// Whether the port is listened on by a process outside the group, for certain.
    pub(in super::super) fn is_foreign(port: u16, group: Option<Group>) -> bool {
        let sockets = sockets_of(port);
        let members = group.and_then(members).unwrap_or_default();
        if sockets.is_empty() || members.iter().any(|process| holds(process, &sockets) != Some(false)) {
            return false;
        }
        processes().is_some_and(|mut all| all.any(|process| holds(&process, &sockets) == Some(true)))
    }

    /// The processes of a group that run, by their directories below `/proc`; `None` where it cannot be read.
    pub(in super::super) fn members(group: Group) -> Option<Vec<PathBuf>> {
        Some(processes()?.filter(|process| runs_in(process, group) == Some(true)).collect())
    }

    fn processes() -> Option<impl Iterator<Item = PathBuf>> {
        let entries = fs::read_dir("/proc").ok()?;
        let number = |name: &std::ffi::OsStr| name.to_str()?.parse::<u32>().ok();
        Some(
            entries
                .flatten()
                .filter(move |entry| number(&entry.file_name()).is_some())
                .map(|entry| entry.path()),
        )
    }

    /// `pid (name) state parent group ...`; the name may hold anything.
    fn runs_in(process: &Path, group: Group) -> Option<bool> {
        let text = text(&process.join("stat"))?;
        let (_, rest) = text.rsplit_once(')')?;
        let mut words = rest.split_whitespace();
        let state = words.next()?;
        let of: u32 = words.nth(1)?.parse().ok()?;
        Some(of == group.0 && !matches!(state, "Z" | "X"))
    }

    /// Inodes of the sockets that listen on a port.
    fn sockets_of(port: u16) -> BTreeSet<String> {
        let tables =
            ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| text(Path::new(path)).unwrap_or_default());
        let ending = format!(":{port:04X}");
        let lines = tables.iter().flat_map(|table| table.lines());
        lines
            .filter_map(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                let listens = words.get(1)?.ends_with(&ending) && *words.get(3)? == LISTENS;
                listens.then(|| format!("socket:[{}]", words.get(9).unwrap_or(&"")))
            })
            .collect()
    }

    /// Whether a process has one of the sockets; `None` where nobody may look.
    fn holds(process: &Path, sockets: &BTreeSet<String>) -> Option<bool> {
        let files = fs::read_dir(process.join("fd")).ok()?;
        let mut targets = files.flatten().filter_map(|file| fs::read_link(file.path()).ok());
        Some(targets.any(|target| target.to_str().is_some_and(|target| sockets.contains(target))))
    }

    fn text(path: &Path) -> Option<String> {
        let mut text = String::new();
        fs::File::open(path).ok()?.take(FILE_LIMIT).read_to_string(&mut text).ok()?;
        Some(text)
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use super::super::group::Group;
    use std::path::PathBuf;
    use std::process::Command;

    /// Resident memory of the largest process of the group, in bytes: which of them listens is not to be seen here.
    pub(in super::super) fn resident(_port: u16, group: Option<Group>) -> Result<u64, String> {
        let group = group.ok_or("the backend was not started here")?;
        let output = Command::new("ps").args(["-axo", "pgid=,rss="]).output();
        let output = output.map_err(|error| format!("cannot start ps: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let sizes = text.lines().filter_map(|line| {
            let (of, kib) = line.trim().split_once(char::is_whitespace)?;
            (of.parse() == Ok(group.0)).then(|| kib.trim().parse::<u64>().ok()).flatten()
        });
        sizes.max().map(|kib| kib * 1024).ok_or_else(|| "ps does not show the backend".to_owned())
    }

    /// Nobody can tell.
    pub(in super::super) fn is_foreign(_port: u16, _group: Option<Group>) -> bool {
        false
    }

    /// Nobody can tell.
    pub(in super::super) fn members(_group: Group) -> Option<Vec<PathBuf>> {
        None
    }
}
