//! The files of a recipe site, each read once: the rounds between what resolution needs and what was fetched.

use std::cell::RefCell;
use std::sync::Arc;

use futures::future::join_all;
use serde_json::Value;

use super::error::{RecipeError, RecipeErrorKind};
use super::source::{RecipeSource, SourceOptions};
use crate::core::nearest::alike;
use crate::core::recipe::document::{Index, Recipe};
use crate::core::recipe::site::ReferenceError;
use crate::core::recipe::{
    Documents, Found, ModelId, Reason, Refusal, Request, Resolution, SitePath, Stop, resolve,
};
use crate::error::{Error, Result};

/// Most rounds of fetching for one resolution; a recipe needs about five files.
const MAX_ROUNDS: usize = 12;
/// Most ids that are named for one that has no recipe.
const MOST_ALIKE: usize = 5;

/// The recipe site, and the files that were read from it.
pub struct Library {
    source: RecipeSource,
    documents: RefCell<Documents>,
    notes: RefCell<Vec<String>>,
}

impl Library {
    /// Prepares a source; nothing is read yet.
    ///
    /// # Errors
    /// A copy that cannot be read.
    pub fn open(options: SourceOptions) -> Result<Library> {
        let source = RecipeSource::open(options)?;
        Ok(Library { source, documents: RefCell::default(), notes: RefCell::default() })
    }

    /// The base, as provenance names it.
    pub fn base(&self) -> String {
        self.source.site().to_string()
    }

    /// The address of a file, for people.
    pub fn address(&self, path: &SitePath) -> String {
        let path = path.as_str();
        self.source.site().resolve(path).map_or_else(|_| path.to_owned(), |url| url.to_string())
    }

    /// What the user should know about what was read, once.
    pub fn take_notes(&self) -> Vec<String> {
        self.source.take_notes().into_iter().chain(self.notes.take()).collect()
    }

    /// Carries a request out, fetching what it needs.
    ///
    /// # Errors
    /// A file that cannot be read. A refusal of the request is not an error here.
    pub async fn resolve(&self, request: &Request) -> Result<std::result::Result<Resolution, Refusal>> {
        for _ in 0..MAX_ROUNDS {
            // Not in the match itself: the loan has to end before the documents are added.
            let outcome = resolve(request, &self.documents.borrow());
            match outcome {
                Ok(resolution) => return Ok(Ok(resolution)),
                Err(Stop::Refused(refusal)) => return Ok(Err(self.with_way_out(*refusal))),
                Err(Stop::Need(paths)) => self.fetch(&paths, &request.model).await?,
            }
        }
        Err(Error::failure(format!("the recipe of {} refers from file to file without end", request.model)))
    }

    fn with_way_out(&self, mut refusal: Refusal) -> Refusal {
        if refusal.reason == Reason::MissingDocument && self.source.is_one_file() {
            let way_out =
                "one file has only the recommended command; set --recipes to the directory of a whole site";
            refusal.hint = Some(way_out.to_owned());
        }
        refusal
    }

    /// The index; `None` when the site has none.
    ///
    /// # Errors
    /// An index that cannot be read, or is not a recipe index.
    pub async fn index(&self) -> Result<Option<Index>> {
        self.index_for(None).await
    }

    async fn index_for(&self, model: Option<&ModelId>) -> Result<Option<Index>> {
        let Some(document) = self.document(&SitePath::index(), model).await? else { return Ok(None) };
        Index::of(&document).map(Some).map_err(|error| Error::failure(error.to_string()))
    }

    /// Why there is no index, for who cannot do without.
    pub fn without_index(&self) -> Error {
        let (what, way_out) = self.source.no_index();
        Error::failure(what).hint(way_out)
    }

    /// The recipe of a model and where it is.
    ///
    /// # Errors
    /// A recipe that cannot be read, or a model that the site does not have.
    pub async fn recipe(&self, model: &ModelId) -> Result<(SitePath, Arc<Value>)> {
        let path = match self.index_for(Some(model)).await? {
            None => model.guessed_path(),
            Some(index) => match index.find(model.as_str()) {
                Some(row) => row.json.clone(),
                None => return Err(unknown(model, Some(&index))),
            },
        };
        let document = self.document(&path, Some(model)).await?.ok_or_else(|| unknown(model, None))?;
        Recipe::of(&document)
            .map_err(|error| Error::failure(format!("the recipe of {model} cannot be read: {error}")))?;
        Ok((path, document))
    }

    /// One file; read once in a run.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub async fn document(&self, path: &SitePath, model: Option<&ModelId>) -> Result<Option<Arc<Value>>> {
        if self.documents.borrow().get(path) == Found::Unknown {
            let found = self.read(path, model).await?;
            self.insert(path, found);
        }
        Ok(match self.documents.borrow().get(path) {
            Found::Document(document) => Some(Arc::clone(document)),
            Found::Missing | Found::Unknown => None,
        })
    }

    async fn fetch(&self, paths: &[SitePath], model: &ModelId) -> Result<()> {
        let fetched = join_all(paths.iter().map(|path| self.read(path, Some(model)))).await;
        for (path, found) in paths.iter().zip(fetched) {
            self.insert(path, found?);
        }
        Ok(())
    }

    fn insert(&self, path: &SitePath, found: Option<Value>) {
        let mut documents = self.documents.borrow_mut();
        match found {
            Some(document) => documents.insert(path.clone(), document),
            None => documents.insert_missing(path.clone()),
        }
    }

    async fn read(&self, path: &SitePath, model: Option<&ModelId>) -> Result<Option<Value>> {
        // Paths of our own lie below the base, wherever that is; what a file names is taken by the rules of URLs.
        let own = [Some(SitePath::index()), Some(SitePath::taxonomy()), model.map(ModelId::guessed_path)];
        let reference = path.as_str();
        let reference = if own.iter().flatten().any(|own| own == path) {
            reference.trim_start_matches('/')
        } else {
            reference
        };
        match self.source.get(reference).await {
            // With a model at hand its path can be made from its id, where the site answers and keeps the index to
            // itself.
            Err(error)
                if *path == SitePath::index()
                    && model.is_some()
                    && matches!(*error.kind, RecipeErrorKind::Status { .. }) =>
            {
                let note = format!("{error}; the recipe's path is made from the model id");
                self.notes.borrow_mut().push(note);
                Ok(None)
            }
            answer => answer.map_err(explained),
        }
    }
}

/// A file of a site that is published below a path names others from the root, which is not below the base.
fn explained(error: RecipeError) -> Error {
    let below_a_path = matches!(*error.kind, RecipeErrorKind::Reference(ReferenceError::Path { .. }));
    let error = Error::from(error);
    if below_a_path {
        return error.hint("serve the copy at the root of a host, or use its directory with --recipes DIR");
    }
    error
}

/// A model without a recipe: the ids most like it, never a search that finds nothing either.
fn unknown(model: &ModelId, index: Option<&Index>) -> Error {
    let error = Error::usage(format!("the recipe site has no recipe for {model}"));
    let Some(index) = index else { return error };
    let near = alike(model.as_str(), index.rows().iter().map(|row| row.hf_id.as_str()), MOST_ALIKE);
    if near.is_empty() {
        return error.hint("list the models that have one: kubectl airunway recipe list");
    }
    error.hint(format!("recipes with a similar name: {}", near.join(", ")))
}
