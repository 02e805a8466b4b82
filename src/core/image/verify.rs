//! Whether a locked image is still what it was, and whether it will be there tomorrow.

use jiff::Timestamp;

use super::digest::Digest;
use super::lock::LockEntry;
use super::tags::{TagBehavior, TagKnowledge, tag_knowledge};

/// Age from which a tag that should move counts as frozen, in days.
pub const FROZEN_DAYS: i64 = 30;
/// How many of the kept siblings may be newer before an image is said to rotate out soon: the last of these.
const ROTATION_MARGIN: usize = 3;
const SECONDS_PER_DAY: i64 = 86_400;

/// What a registry said about a locked image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The tag means the locked digest.
    Same,
    /// The tag means another digest; the locked one can still be pulled.
    Moved(Digest),
    /// The tag is gone; the locked digest can still be pulled.
    Untagged,
    /// The locked digest cannot be pulled any more; the tag may mean another.
    Gone(Option<Digest>),
    /// Inconclusive: the registry did not settle it.
    Unknown(String),
}

/// The verdict on a locked image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// As locked.
    Pullable,
    /// Can be pulled, and its tag means something else.
    Moved,
    /// Cannot be pulled.
    Gone,
    /// Could not be told.
    Unknown,
}

impl State {
    /// The word in tables and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Pullable => "pullable",
            State::Moved => "moved",
            State::Gone => "gone",
            State::Unknown => "unknown",
        }
    }
}

/// Something about a locked image that its state does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Only so many newer siblings are needed until it is deleted.
    Rotates {
        /// Its place among its siblings, the newest first, from 1.
        rank: usize,
        /// How many are kept.
        kept: usize,
    },
    /// Its tag looks as if it moved, and has not for a long time.
    Frozen {
        /// Day of the build or of the last move, `YYYY-MM-DD`.
        since: String,
    },
    /// Older than the user allows.
    TooOld {
        /// Age in whole days.
        days: i64,
        /// What is allowed.
        limit: i64,
    },
}

impl Note {
    /// The word in JSON.
    pub const fn kind(&self) -> &'static str {
        match self {
            Note::Rotates { .. } => "rotates",
            Note::Frozen { .. } => "frozen",
            Note::TooOld { .. } => "tooOld",
        }
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Note::Rotates { rank, kept } => {
                write!(formatter, "build {rank} of the {kept} that are kept; deleted soon")
            }
            Note::Frozen { since } => write!(formatter, "the tag has not moved since {since}"),
            Note::TooOld { days, limit } => write!(formatter, "built {days} days ago, limit {limit}"),
        }
    }
}

/// A locked image, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Canonical reference.
    pub image: String,
    /// The locked digest.
    pub digest: Digest,
    /// The verdict.
    pub state: State,
    /// What the tag points to now, if that is something else.
    pub current: Option<Digest>,
    /// Why the registry did not settle it.
    pub reason: Option<String>,
    /// Age of the build in whole days, when the image tells its time.
    pub age_days: Option<i64>,
    /// What else is worth knowing.
    pub notes: Vec<Note>,
}

impl Verification {
    /// Whether the image is gone, moved, or older than allowed.
    pub fn is_bad(&self) -> bool {
        matches!(self.state, State::Moved | State::Gone)
            || self.notes.iter().any(|note| matches!(note, Note::TooOld { .. }))
    }
}

/// Judges an entry. `rank` is its place among the siblings that its repository deletes, from 1 for the newest;
/// `max_age` is in days.
pub fn judge(
    entry: &LockEntry,
    seen: Seen,
    rank: Option<usize>,
    now: Timestamp,
    max_age: Option<i64>,
    rules: &[TagKnowledge],
) -> Verification {
    let (state, current, reason) = match seen {
        Seen::Same => (State::Pullable, None, None),
        Seen::Moved(current) => (State::Moved, Some(current), None),
        Seen::Untagged => (State::Moved, None, Some("the tag is gone".to_owned())),
        Seen::Gone(current) => (State::Gone, current, None),
        Seen::Unknown(reason) => (State::Unknown, None, Some(reason)),
    };
    let age_days = entry.created.as_deref().and_then(|created| age_in_days(created, now));
    let behavior = tag_knowledge(&entry.image, rules).map(|rule| rule.behavior);
    let mut notes = Vec::new();
    if let (Some(rank), Some(kept)) = (rank, rotation_of(entry, rules).map(|(kept, _)| kept))
        && rank + ROTATION_MARGIN > kept
    {
        notes.push(Note::Rotates { rank, kept });
    }
    match behavior {
        Some(TagBehavior::Frozen { since, .. }) => notes.push(Note::Frozen { since: since.to_owned() }),
        Some(TagBehavior::Moves)
            if state == State::Pullable && age_days.is_some_and(|days| days > FROZEN_DAYS) =>
        {
            let since = entry.created.as_deref().unwrap_or_default();
            notes.push(Note::Frozen { since: since.get(..10).unwrap_or(since).to_owned() });
        }
        _ => {}
    }
    if let (Some(days), Some(limit)) = (age_days, max_age)
        && days > limit
    {
        notes.push(Note::TooOld { days, limit });
    }
    Verification {
        image: entry.image.canonical(),
        digest: entry.digest.clone(),
        state,
        current,
        reason,
        age_days,
        notes,
    }
}

/// How many siblings are kept and what their tags begin with, when the content behind a reference is deleted after a while.
///
/// A pin of the moving tag `nightly` holds the same content as one of the rotating tags, so it goes when that goes.
pub fn rotation_of(entry: &LockEntry, rules: &[TagKnowledge]) -> Option<(usize, &'static str)> {
    let tag = entry.image.effective_tag()?;
    let rotating = |image| match tag_knowledge(&image, rules)?.behavior {
        TagBehavior::Rotates { kept, prefix } => Some((kept, prefix)),
        _ => None,
    };
    rotating(entry.image.clone()).or_else(|| rotating(entry.image.with_tag(&format!("{tag}-")).ok()?))
}

/// Whole days since a time in RFC 3339; negative ages count as 0.
pub fn age_in_days(created: &str, now: Timestamp) -> Option<i64> {
    let created: Timestamp = created.parse().ok()?;
    Some((now.as_second() - created.as_second()).max(0) / SECONDS_PER_DAY)
}

/// The age of a build as AI Runway writes it (airunway-providers.md section 4): whole days, else hours, else minutes.
pub fn age_text(created: &str, now: Timestamp) -> Option<String> {
    let created: Timestamp = created.parse().ok()?;
    let seconds = (now.as_second() - created.as_second()).max(0);
    let (days, hours, minutes) = (seconds / SECONDS_PER_DAY, seconds / 3_600, seconds / 60);
    Some(match (days, hours) {
        (0, 0) => format!("{minutes}m"),
        (0, hours) => format!("{hours}h"),
        (days, _) => format!("{days}d"),
    })
}

#[cfg(test)]
mod tests;
