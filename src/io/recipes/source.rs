//! Where recipes come from: the site, its copies on disk, a directory, or one file.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use reqwest::Url;
use serde_json::Value;

use super::cache::{Cache, Copy};
use super::client::{Fetched, Limits, SiteClient, Validators};
use super::error::{RecipeError, RecipeErrorKind as Kind};
use super::folder::{self, Held};
use super::json;
use crate::core::recipe::site::{INDEX, Site};
use crate::io::http::ProxyChoice;

/// Where to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Place {
    /// The site, with the cache beside it.
    #[default]
    Online,
    /// The cache alone.
    Offline,
    /// A directory with the site's files, or one recipe's file.
    Copy(PathBuf),
}

/// How a [`RecipeSource`] works.
pub struct SourceOptions {
    /// The site; a copy of it answers for the same addresses.
    pub site: Site,
    /// Where to read.
    pub place: Place,
    /// Copies on disk.
    pub cache: Option<Cache>,
    /// How long things may take.
    pub limits: Limits,
    /// Proxies.
    pub proxies: ProxyChoice,
}

/// Reads the files of one site.
pub struct RecipeSource {
    site: Site,
    cache: Option<Cache>,
    way: Way,
    notes: Mutex<Vec<String>>,
    /// The site did not answer once: where there is a copy, it is not waited for again.
    down: AtomicBool,
}

enum Way {
    Online(Box<SiteClient>),
    Offline,
    Folder(PathBuf),
    File { path: PathBuf, recipe: Box<Value>, reference: String, model: String },
}

impl RecipeSource {
    /// Prepares a source; only a file given as `--recipes` is read already.
    ///
    /// # Errors
    /// A path that is not there, or a file that is not a recipe.
    pub fn open(options: SourceOptions) -> Result<RecipeSource, RecipeError> {
        let SourceOptions { site, place, cache, limits, proxies } = options;
        let way = match place {
            Place::Online => Way::Online(Box::new(SiteClient::new(site.clone(), limits, proxies))),
            Place::Offline => Way::Offline,
            Place::Copy(path) if path.is_dir() => Way::Folder(path),
            Place::Copy(path) => one_file(path)?,
        };
        Ok(RecipeSource { site, cache, way, notes: Mutex::default(), down: AtomicBool::new(false) })
    }

    /// The site whose files these are.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Whether one recipe's file stands for the whole site.
    pub fn is_one_file(&self) -> bool {
        matches!(self.way, Way::File { .. })
    }

    /// What is said when there is no index, and the way out: it is the place that was read that has none.
    pub fn no_index(&self) -> (String, &'static str) {
        const OTHER: &str =
            "name the model (recipe show MODEL), or another site with --recipes-url or --recipes";
        match &self.way {
            Way::Online(_) => (format!("no recipe index at {}", self.site), OTHER),
            Way::Offline => (
                format!(
                    "the cache holds no recipe index of {}, and --offline contacts no network",
                    self.site
                ),
                "run kubectl airunway recipe list once without --offline, or use a copy with --recipes DIR",
            ),
            Way::Folder(path) => (
                format!("no recipe index ({}) in {}", INDEX.trim_start_matches('/'), path.display()),
                "name the model (recipe show MODEL), or the directory of a whole site with --recipes",
            ),
            Way::File { path, .. } => (
                format!("{} is one recipe, not an index of recipes", path.display()),
                "name its model (recipe show MODEL), or the directory of a whole site with --recipes",
            ),
        }
    }

    /// What the user should know about what was read, since the last call.
    pub fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the file that a reference names; `None` when the site says that there is none.
    ///
    /// # Errors
    /// A reference that leaves the site, a file that cannot be read, or one that is not JSON.
    pub async fn get(&self, reference: &str) -> Result<Option<Value>, RecipeError> {
        let url = self.site.resolve(reference)?;
        match &self.way {
            Way::Online(client) => self.online(client, &url).await,
            Way::Offline => match self.cached(&url) {
                Some(copy) => parsed(&url, &copy.bytes).map(Some),
                // A site may have no index; then paths are built from ids.
                None if self.site.path_below(&url) == INDEX => Ok(None),
                None => Err(Kind::NotCached { url: url.to_string() }.into()),
            },
            Way::Folder(folder) => self.in_folder(folder, &url),
            Way::File { path, recipe, reference, model } => {
                self.in_file(&url, path, recipe, reference, model)
            }
        }
    }

    fn cached(&self, url: &Url) -> Option<Copy> {
        self.cache.as_ref().and_then(|cache| cache.get(url))
    }

    async fn online(&self, client: &SiteClient, url: &Url) -> Result<Option<Value>, RecipeError> {
        let copy = self.cached(url);
        if let (true, Some(copy)) = (self.down.load(Ordering::Relaxed), &copy) {
            return parsed(url, &copy.bytes).map(Some);
        }
        let known = copy.as_ref().map(|copy| copy.validators.clone()).unwrap_or_default();
        match (client.fetch(url, &known).await, copy) {
            (Ok(Fetched::Body { bytes, validators }), _) => {
                let value = parsed(url, &bytes)?;
                self.keep(url, &bytes, &validators);
                Ok(Some(value))
            }
            (Ok(Fetched::NotModified), Some(copy)) => {
                if let Some(cache) = &self.cache {
                    cache.confirm(url);
                }
                parsed(url, &copy.bytes).map(Some)
            }
            (Ok(Fetched::NotModified), None) => {
                Err(Kind::Status { url: url.to_string(), status: "304 Not Modified".to_owned() }.into())
            }
            (Ok(Fetched::Missing { .. }), _) => Ok(None),
            (Err(error), Some(copy)) if error.is_outage() => {
                if !self.down.swap(true, Ordering::Relaxed) {
                    self.note(format!("{error}; using cached copies, this one from {}", age(&copy)));
                }
                parsed(url, &copy.bytes).map(Some)
            }
            (Err(error), _) => Err(error),
        }
    }

    fn keep(&self, url: &Url, bytes: &[u8], validators: &Validators) {
        if let Some(cache) = &self.cache {
            cache.put(url, bytes, validators);
        }
    }

    fn in_folder(&self, folder: &Path, url: &Url) -> Result<Option<Value>, RecipeError> {
        match folder::read(folder, self.site.path_below(url))? {
            Held::Bytes(bytes) => parsed(url, &bytes).map(Some),
            Held::Nothing { similar: None } => Ok(None),
            Held::Nothing { similar: Some(similar) } => {
                let wanted = self.site.path_below(url);
                self.note(format!(
                    "{wanted} does not exist, but {} does: paths of the site are case-sensitive",
                    similar.display()
                ));
                Ok(None)
            }
        }
    }

    fn in_file(
        &self,
        url: &Url,
        path: &Path,
        recipe: &Value,
        own: &str,
        model: &str,
    ) -> Result<Option<Value>, RecipeError> {
        let asked = self.site.path_below(url);
        if asked.eq_ignore_ascii_case(own) {
            return Ok(Some(recipe.clone()));
        }
        if let Some(command) = self.recommended_at(url, recipe) {
            return Ok(Some(command.clone()));
        }
        match asked.strip_suffix(".json") {
            // Two parts are a model's own file; deeper ones are files that one file alone does not bring along.
            Some(wanted) if wanted.split('/').count() == 2 && !wanted.starts_with("strategies/") => {
                let wanted = percent_encoding::percent_decode_str(wanted).decode_utf8_lossy().into_owned();
                Err(Kind::OtherModel { path: path.to_owned(), found: model.to_owned(), wanted }.into())
            }
            _ => Ok(None),
        }
    }

    /// The recommended command, where it is asked for under the address of its own hardware: the recipe holds it, too.
    fn recommended_at<'a>(&self, url: &Url, recipe: &'a Value) -> Option<&'a Value> {
        let command = recipe.get("recommended_command")?;
        let own = command.get("hardware")?.as_str()?;
        let reference = command.get("by_hardware")?.get(own)?.as_str()?;
        (self.site.resolve(reference).ok()? == *url).then_some(command)
    }

    fn note(&self, text: String) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains(&text) {
            notes.push(text);
        }
    }
}

/// When the site last called a copy current, in words.
fn age(copy: &Copy) -> String {
    let Some(age) = copy.confirmed.and_then(|time| time.elapsed().ok()) else {
        return "an unknown time".to_owned();
    };
    match age.as_secs() {
        0..120 => "a moment ago".to_owned(),
        seconds @ 120..7_200 => format!("{} minutes ago", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} hours ago", seconds / 3_600),
        seconds => format!("{} days ago", seconds / 86_400),
    }
}

fn parsed(url: &Url, bytes: &[u8]) -> Result<Value, RecipeError> {
    json::parse(bytes).map_err(|reason| Kind::NotJson { url: url.to_string(), reason }.into())
}

fn one_file(path: PathBuf) -> Result<Way, RecipeError> {
    let bytes = folder::bounded(&path)?;
    let recipe =
        json::parse(&bytes).map_err(|reason| folder::failed(&path, &format!("not valid JSON: {reason}")))?;
    let model = recipe.get("hf_id").and_then(Value::as_str).unwrap_or_default().to_owned();
    match model.split_once('/') {
        Some((organization, name)) if !organization.is_empty() && !name.is_empty() && !name.contains('/') => {
            let reference = Site::model_reference(organization, name);
            Ok(Way::File { path, recipe: Box::new(recipe), reference, model })
        }
        _ => Err(folder::failed(&path, "it is not a recipe: it has no model id in hf_id")),
    }
}
