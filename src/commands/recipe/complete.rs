//! Names for shell completion: from the cache or the copy that the words name, never from the network.

use super::library::{self, BASE_VARIABLE, RecipeSourceArgs};
use crate::commands::globals::GlobalArgs;
use crate::core::recipe::catalogue::hardware_ids;
use crate::core::recipe::document::{Recipe, Rendering, Taxonomy};
use crate::core::recipe::{ModelId, SitePath};
use crate::io::World;
use crate::io::recipes::Library;
use crate::io::runtime::block_on;
use serde_json::Value;
use std::sync::Arc;

/// What the words on the command line say so far.
#[derive(Debug, Clone)]
pub struct Typed {
    /// Where the cache is.
    pub world: World,
    /// The first word that is a model id.
    pub model: Option<ModelId>,
    /// `--hardware`.
    pub hardware: Option<String>,
    /// `--recipes-url`, else the variable.
    pub recipes_url: Option<String>,
    /// `--recipes`.
    pub recipes: Option<String>,
}

impl Typed {
    /// Ids of all models.
    pub fn models(&self) -> Vec<String> {
        self.with_library(async |library| {
            let index = library.index().await.ok()??;
            Some(index.rows().iter().map(|row| row.hf_id.clone()).collect())
        })
    }

    /// Hardware of the typed model, else all hardware of the site.
    pub fn hardware(&self) -> Vec<String> {
        let of_model = self.of_recipe(hardware_ids);
        if !of_model.is_empty() {
            return of_model;
        }
        self.with_library(async |library| {
            let document = library.document(&SitePath::taxonomy(), None).await.ok()??;
            Some(Taxonomy::of(&document).hardware().map(|(id, _)| id.to_owned()).collect())
        })
    }

    /// Strategies of the typed model on the typed hardware, else on the recommended one.
    pub fn strategies(&self) -> Vec<String> {
        let Some(document) = self.recipe() else { return Vec::new() };
        let Some(recommended) = Recipe::of(&document).ok().and_then(Recipe::recommended) else {
            return Vec::new();
        };
        let wanted = self.hardware.as_deref();
        let path = recommended.by_hardware().find(|(id, _)| Some(*id) == wanted).map(|(_, path)| path);
        let on_it = path.filter(|_| recommended.hardware() != wanted).and_then(|path| self.document(&path));
        let rendering = on_it.as_deref().and_then(|document| Rendering::of(document).ok());
        names(rendering.unwrap_or(recommended))
    }

    /// Variants of the typed model.
    pub fn variants(&self) -> Vec<String> {
        self.of_recipe(|recipe| recipe.variants().map(|variant| variant.key.to_owned()).collect())
    }

    /// Precisions of the typed model's variants.
    pub fn precisions(&self) -> Vec<String> {
        let mut found = self.of_recipe(|recipe| {
            recipe.variants().filter_map(|it| Some(it.precision()?.to_owned())).collect()
        });
        found.sort();
        found.dedup();
        found
    }

    /// Features of the typed model, as `--feature` takes them: to add, in a mode, to remove.
    pub fn features(&self) -> Vec<String> {
        self.of_recipe(|recipe| {
            let mut found = Vec::new();
            for feature in recipe.features() {
                found.push(feature.name.to_owned());
                let modes = feature.modes();
                let modes = modes.iter().filter_map(|mode| mode.name);
                found.extend(modes.map(|mode| format!("{}={mode}", feature.name)));
                let hardware = self.hardware.as_deref().unwrap_or_default();
                if !recipe.is_opt_in(feature.name, hardware) {
                    found.push(format!("no-{}", feature.name));
                }
            }
            found
        })
    }

    fn of_recipe(&self, read: impl FnOnce(Recipe<'_>) -> Vec<String>) -> Vec<String> {
        let document = self.recipe();
        document.as_deref().and_then(|document| Recipe::of(document).ok()).map(read).unwrap_or_default()
    }

    fn recipe(&self) -> Option<Arc<Value>> {
        let model = self.model.clone()?;
        let library = self.library()?;
        block_on(async { library.recipe(&model).await }).ok().map(|(_, document)| document)
    }

    fn document(&self, path: &SitePath) -> Option<Arc<Value>> {
        let library = self.library()?;
        block_on(async { library.document(path, None).await }).ok().flatten()
    }

    fn with_library(&self, read: impl AsyncFnOnce(&Library) -> Option<Vec<String>>) -> Vec<String> {
        let Some(library) = self.library() else { return Vec::new() };
        block_on(async { Ok(read(&library).await) }).ok().flatten().unwrap_or_default()
    }

    fn library(&self) -> Option<Library> {
        // A runtime cannot be started on a thread of another one.
        if tokio::runtime::Handle::try_current().is_ok() {
            return None;
        }
        let from_environment = || self.world.environment.text(BASE_VARIABLE).map(str::to_owned);
        let args = RecipeSourceArgs {
            recipes_url: self.recipes_url.clone().or_else(from_environment),
            recipes: self.recipes.clone().map(Into::into),
            offline: true,
        };
        library::open(&args, &GlobalArgs::default(), &self.world).ok()
    }
}

fn names(rendering: Rendering<'_>) -> Vec<String> {
    let others = rendering.alternatives().map(|(name, _)| name);
    rendering.strategy().into_iter().chain(others).map(str::to_owned).collect()
}
