//! From request and documents to a resolution.

use super::documents::{Documents, Found, SitePath};
use super::reason::Reason;
use super::refusal::{Refusal, Stop};
use super::request::Request;
use super::resolution::Resolution;

/// Carries a request out, as far as the documents reach.
///
/// # Errors
/// [`Stop::Need`] names what to fetch before calling again (a handful of rounds at most), [`Stop::Refused`] is final.
pub fn resolve(request: &Request, documents: &Documents) -> Result<Resolution, Stop> {
    let index = SitePath::index();
    if documents.get(&index) == Found::Unknown {
        return Err(Stop::Need(vec![index]));
    }
    let refusal = Refusal::new(Reason::NoCommand, format!("no command for {}", request.model));
    Err(refusal.hint("--hardware names another").instead("--hardware", request.hardware.clone()).into())
}
