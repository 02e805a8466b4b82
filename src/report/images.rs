//! Images: `kind: PinReport` and `kind: LockReport` of `cli.airunway.ai/v1`, and the table of `pin --verify`.

use crate::core::image::{Digest, MediaType, Platform, Verification};
use crate::core::kind::model_deployment::image_class::SourceClass;
use crate::error::Result;
use crate::report::json::pretty;
use crate::report::table::table;
use serde::Serialize;
use std::collections::BTreeMap;

/// One image and its pin.
#[derive(Debug, Clone)]
pub struct PinItem {
    /// As typed.
    pub image: String,
    /// With tag and digest.
    pub pinned: String,
    /// Tag, `latest` where none was typed.
    pub tag: Option<String>,
    /// Digest.
    pub digest: Digest,
    /// What AI Runway thinks of it.
    pub class: SourceClass,
    /// Time of the build, RFC 3339.
    pub created: Option<String>,
    /// Commit of the source.
    pub revision: Option<String>,
    /// Age of the build in whole days.
    pub age_days: Option<i64>,
    /// Age of the build as AI Runway writes it, for example `3d`.
    pub age: Option<String>,
    /// Platforms that it is built for, where they are known.
    pub built_for: Vec<Platform>,
    /// Whether the lock file answered.
    pub from_lock: bool,
    /// What the registry answered, if it was asked.
    pub answered: Option<Answered>,
}

/// A registry's answer about one image.
#[derive(Debug, Clone)]
pub struct Answered {
    /// Kind of the manifest.
    pub media_type: MediaType,
    /// Its size in bytes.
    pub size: u64,
    /// Digest for each platform of an index.
    pub platforms: BTreeMap<Platform, Digest>,
    /// Digest for the platform asked for.
    pub platform_digest: Option<Digest>,
    /// Host that answered.
    pub host: String,
    /// Which credentials were used.
    pub credentials: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<T> {
    api_version: &'static str,
    kind: &'static str,
    items: Vec<T>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PinLine<'a> {
    image: &'a str,
    pinned: &'a str,
    tag: Option<&'a str>,
    digest: &'a str,
    media_type: Option<&'static str>,
    size: Option<u64>,
    platforms: BTreeMap<String, &'a str>,
    platform_digest: Option<&'a str>,
    class: &'static str,
    created: Option<&'a str>,
    revision: Option<&'a str>,
    age: Option<&'a str>,
    age_days: Option<i64>,
    source: &'static str,
    registry: Option<&'a str>,
    credentials: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LockLine<'a> {
    image: &'a str,
    digest: &'a str,
    state: &'static str,
    current_digest: Option<&'a str>,
    reason: Option<&'a str>,
    age_days: Option<i64>,
    notes: Vec<NoteLine>,
}

#[derive(Serialize)]
struct NoteLine {
    kind: &'static str,
    message: String,
}

/// `pin -o json`.
///
/// # Errors
/// Never in practice; JSON of these values can always be written.
pub fn pin_report(items: &[PinItem]) -> Result<String> {
    let line = |item| -> PinLine<'_> { pin_line(item) };
    pretty(&Report {
        api_version: "cli.airunway.ai/v1",
        kind: "PinReport",
        items: items.iter().map(line).collect(),
    })
}

fn pin_line(item: &PinItem) -> PinLine<'_> {
    let answered = item.answered.as_ref();
    let listed = answered.into_iter().flat_map(|answered| &answered.platforms);
    PinLine {
        image: &item.image,
        pinned: &item.pinned,
        tag: item.tag.as_deref(),
        digest: item.digest.as_str(),
        media_type: answered.map(|answered| answered.media_type.as_str()),
        size: answered.map(|answered| answered.size),
        platforms: listed.map(|(platform, digest)| (platform.to_string(), digest.as_str())).collect(),
        platform_digest: answered.and_then(|answered| answered.platform_digest.as_ref()).map(Digest::as_str),
        class: item.class.as_str(),
        created: item.created.as_deref(),
        revision: item.revision.as_deref(),
        age: item.age.as_deref(),
        age_days: item.age_days,
        source: match (item.from_lock, answered) {
            (true, _) => "lock",
            (false, Some(_)) => "registry",
            (false, None) => "reference",
        },
        registry: answered.map(|answered| answered.host.as_str()),
        credentials: answered.map(|answered| answered.credentials.as_str()),
    }
}

/// `pin --verify -o json`.
///
/// # Errors
/// Never in practice; JSON of these values can always be written.
pub fn lock_report(verifications: &[Verification]) -> Result<String> {
    let items = verifications.iter().map(|verification| LockLine {
        image: &verification.image,
        digest: verification.digest.as_str(),
        state: verification.state.as_str(),
        current_digest: verification.current.as_ref().map(Digest::as_str),
        reason: verification.reason.as_deref(),
        age_days: verification.age_days,
        notes: verification
            .notes
            .iter()
            .map(|note| NoteLine { kind: note.kind(), message: note.to_string() })
            .collect(),
    });
    pretty(&Report { api_version: "cli.airunway.ai/v1", kind: "LockReport", items: items.collect() })
}

/// `pin --verify`: a row for each entry.
pub fn lock_table(verifications: &[Verification]) -> String {
    let row = |verification: &Verification| {
        let age = verification.age_days.map_or_else(|| "-".to_owned(), |days| format!("{days}d"));
        let current = verification.current.as_ref().map(|current| format!("the tag now points to {current}"));
        let notes: Vec<String> = current
            .into_iter()
            .chain(verification.reason.clone())
            .chain(verification.notes.iter().map(ToString::to_string))
            .collect();
        [verification.image.clone(), verification.state.as_str().to_owned(), age, notes.join("; ")]
    };
    let rows: Vec<_> = verifications.iter().map(row).collect();
    table(&["IMAGE", "STATE", "AGE", "NOTES"], &rows).into_string()
}
