//! How a case judges what it knows.

use super::{Case, Refusal, RefusedBy, WEBHOOK, Wait};
use crate::core::kubernetes::json::{list_at, text_at};
use crate::core::plan::claim::{Claim, Standing, found, shown};
use crate::core::plan::outcome::{Broken, Verdict};
use crate::core::plan::step::{Denial, Expected, Ruling, Settled};
use jiff::Timestamp;
use serde_json::Value;

/// What stands before a webhook's own words.
const DENIED: &str = " denied the request: ";

/// How several claims stand together.
struct Standings {
    held: usize,
    broken: Vec<Broken>,
    unseen: Vec<String>,
}

impl Case {
    fn stand(&self, claims: &[Claim]) -> Standings {
        let mut standings = Standings { held: 0, broken: Vec::new(), unseen: Vec::new() };
        for claim in claims {
            match claim.stand(&self.memory) {
                Standing::Holds => standings.held += 1,
                Standing::Broken(broken) => standings.broken.push(broken),
                Standing::Unseen(why) => standings.unseen.push(why),
            }
        }
        standings
    }

    fn hold(&self, claims: &[Claim]) -> bool {
        claims.iter().all(|claim| claim.stand(&self.memory) == Standing::Holds)
    }

    pub(super) fn expect(&mut self, claims: &[Claim], now: Timestamp) {
        let Standings { held, broken, unseen } = self.stand(claims);
        self.held += held;
        if !broken.is_empty() {
            let reason = broken_reason(&broken);
            self.end(Verdict::Fail, reason, None, broken, now);
        } else if let Some(why) = unseen.into_iter().next() {
            self.end(Verdict::Inconclusive, why, None, Vec::new(), now);
        }
    }

    /// Looks whether a wait is over.
    pub(super) fn weigh(&mut self, wait: Wait, now: Timestamp) {
        if self.hold(&wait.claims) {
            self.held += wait.claims.len();
            let names = wait.watch.iter().map(|(_, object)| object.to_string()).collect::<Vec<_>>();
            self.remark(format!("{}: as awaited", names.join(", ")), now);
            return;
        }
        match wait.unless.iter().find(|ruling| self.hold(&ruling.claims)) {
            Some(ruling) => {
                let reason = self.reason_of(ruling);
                self.end(ruling.verdict, reason, None, Vec::new(), now);
            }
            None => self.state = super::State::Watching(wait),
        }
    }

    /// A wait has come to its time.
    pub(super) fn too_late(&mut self, wait: &Wait, now: Timestamp) {
        let Standings { broken, unseen, .. } = self.stand(&wait.claims);
        let within = wait.within.as_secs();
        if wait.late == Verdict::Pass {
            return self.remark(format!("waited {within} s"), now);
        }
        if let Some(why) = unseen.into_iter().next() {
            let reason = format!("not within {within} s: {why}");
            return self.end(Verdict::Inconclusive, reason, None, broken, now);
        }
        let reason = format!("not within {within} s: {}", broken_reason(&broken));
        self.end(wait.late, reason, None, broken, now);
    }

    /// Chooses among verdicts.
    pub(super) fn rule(&mut self, rulings: &[Ruling], now: Timestamp) {
        if let Some(ruling) = rulings.iter().find(|ruling| self.hold(&ruling.claims)) {
            self.held += ruling.claims.len();
            let reason = self.reason_of(ruling);
            match ruling.verdict {
                // Without a text there is nothing to say about it.
                Verdict::Pass if ruling.text.is_empty() => {}
                Verdict::Pass => self.remark(reason, now),
                Verdict::Fixed | Verdict::KnownFinding => {
                    // The more serious of two stands.
                    let graver =
                        self.standing.as_ref().is_none_or(|(standing, _)| *standing < ruling.verdict);
                    if graver {
                        self.standing = Some((ruling.verdict, reason));
                    }
                }
                verdict => self.end(verdict, reason, None, Vec::new(), now),
            }
            return;
        }
        let unseen = rulings.iter().flat_map(|ruling| self.stand(&ruling.claims).unseen).next();
        match (unseen, rulings.first()) {
            (None, Some(first)) => {
                let broken = self.stand(&first.claims).broken;
                self.end(Verdict::Fail, broken_reason(&broken), None, broken, now);
            }
            (unseen, _) => {
                let why = unseen.unwrap_or_else(|| "there is nothing to choose from".to_owned());
                self.end(Verdict::Inconclusive, why, None, Vec::new(), now);
            }
        }
    }

    fn reason_of(&self, ruling: &Ruling) -> String {
        let value = ruling.claims.first().and_then(|claim| {
            let whole = self.memory.get(claim.place.key)?;
            found(whole, &claim.place.path).ok().filter(|value| !value.is_null())
        });
        match value {
            Some(value @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => {
                format!("{}: {}", ruling.text, shown(&value))
            }
            _ => ruling.text.to_owned(),
        }
    }

    /// Whether what would make an object is done.
    pub(super) fn is_settled(&self, settled: &Settled) -> Result<(), String> {
        let seen = |key| self.memory.get(key).ok_or_else(|| format!("{key} was not seen"));
        match settled {
            Settled::Denied(key) => match text_at(seen(key)?, "/refused/by") {
                WEBHOOK => Ok(()),
                _ => Err("the request was not denied by the webhook".to_owned()),
            },
            Settled::Pass(key) => {
                let object = seen(key)?;
                let resolved = list_at(object, "/status/conditions")
                    .iter()
                    .any(|condition| text_at(condition, "/type") == "ImageResolved");
                if text_at(object, "/status/phase") == "Failed" || resolved {
                    return Ok(());
                }
                Err("the shim has not finished a pass over the object".to_owned())
            }
        }
    }

    /// An act was refused.
    pub(super) fn refused(&mut self, refusal: &Refusal, expected: &Expected, words: &str, now: Timestamp) {
        let by_webhook = refusal.by == RefusedBy::Webhook(WEBHOOK.to_owned());
        match expected {
            Expected::Any => {}
            Expected::Accepted if by_webhook => {
                let reason = format!("{words}: {}", refusal.message);
                self.end(Verdict::Fail, reason, None, Vec::new(), now);
            }
            Expected::Denied(denial) if by_webhook => {
                let said = refusal.message.split_once(DENIED).map_or(&*refusal.message, |(_, said)| said);
                match denial.misses(said) {
                    None => self.held += 1,
                    Some(broken) => {
                        let reason = format!("{words}: denied in other words: {said}");
                        self.end(Verdict::Fail, reason, None, vec![broken], now);
                    }
                }
            }
            Expected::Accepted | Expected::Denied(_) => {
                let reason = format!("{words}: {}", refusal.message);
                self.end(Verdict::Inconclusive, reason, refusal.by.hint(), Vec::new(), now);
            }
        }
    }
}

fn broken_reason(broken: &[Broken]) -> String {
    let Some(first) = broken.first() else { return "nothing was seen".to_owned() };
    let found = first.found.lines().next().unwrap_or_default();
    let more = if broken.len() > 1 { format!(", and {} more", broken.len() - 1) } else { String::new() };
    format!("expected: {}; found: {found}{more}", first.claim)
}

impl RefusedBy {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            RefusedBy::WebhookUnreachable(_) => {
                "check that the controller that serves the webhook is running"
            }
            RefusedBy::Rights => "docs/e2e-job.yaml has the rights that a run needs",
            RefusedBy::Existing => "choose another namespace with --namespace, or delete that object",
            RefusedBy::Webhook(_) => "another admission webhook or policy is in the way",
            RefusedBy::Schema | RefusedBy::Other => return None,
        };
        Some(hint.to_owned())
    }
}

impl Denial {
    /// What the words lack; `None` when they are right.
    fn misses(&self, said: &str) -> Option<Broken> {
        let right = match self {
            Denial::Exactly(wanted) => {
                let mut wanted = wanted.clone();
                wanted.sort();
                errors_of(said) == wanted
            }
            Denial::Mentions(parts) => parts.iter().all(|part| said.contains(part)),
        };
        let expected = match self {
            Denial::Exactly(wanted) => wanted.join("\n"),
            Denial::Mentions(parts) => format!("a text with {}", parts.join(" and ")),
        };
        let claim = "the words of the denial".to_owned();
        (!right).then(|| Broken { claim, expected, found: said.to_owned() })
    }
}

/// The single errors of a denial, sorted: those of sibling keys come in random order (Go map order).
fn errors_of(said: &str) -> Vec<String> {
    let inner = said.strip_prefix('[').and_then(|said| said.strip_suffix(']'));
    let Some(inner) = inner else { return vec![said.to_owned()] };
    let mut errors: Vec<String> = Vec::new();
    let mut rest = inner;
    let cut = |text: &str| [", spec.", ", metadata."].iter().filter_map(|start| text.find(start)).min();
    while let Some(place) = cut(rest) {
        let (error, after) = rest.split_at(place);
        errors.push(error.to_owned());
        rest = after.get(2..).unwrap_or_default();
    }
    errors.push(rest.to_owned());
    errors.sort();
    errors
}
