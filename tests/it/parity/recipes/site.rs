//! The site in pieces of one model each, so that they can be walked on several threads.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use kubectl_airunway::core::recipe::{Documents, SitePath};
use serde_json::Value;

use crate::support::recipe_data;

/// One model's files, as text, by path from the root: `/Qwen/Qwen3-0.6B.json`.
pub(super) struct Model {
    /// Its recipe.
    pub(super) recipe: (String, Vec<u8>),
    /// Its renderings.
    pub(super) renderings: Vec<(String, Vec<u8>)>,
}

fn root(name: &str) -> Arc<Value> {
    Arc::new(serde_json::from_slice(&recipe_data::root(name)).expect("it is JSON"))
}

/// Index and taxonomy.
pub(super) static ROOT: LazyLock<(Arc<Value>, Arc<Value>)> =
    LazyLock::new(|| (root("models.json"), root("taxonomy.json")));

/// What every resolution starts with.
pub(super) fn common() -> Documents {
    let mut documents = Documents::new();
    documents.insert(SitePath::index(), Arc::clone(&ROOT.0));
    documents.insert(SitePath::taxonomy(), Arc::clone(&ROOT.1));
    documents
}

/// All models; unpacked once for all tests.
pub(super) fn models() -> &'static [Model] {
    static MODELS: LazyLock<Vec<Model>> = LazyLock::new(unpacked);
    &MODELS
}

fn unpacked() -> Vec<Model> {
    let mut models: BTreeMap<String, Model> = BTreeMap::new();
    for (name, content) in recipe_data::models() {
        let folder = name.trim_end_matches(".json").to_owned();
        models.insert(folder, Model { recipe: (format!("/{name}"), content), renderings: Vec::new() });
    }
    for (name, content) in recipe_data::renderings() {
        let folder: Vec<&str> = name.splitn(3, '/').collect();
        // `/strategies/{name}.json` describes a strategy and belongs to no model.
        if let Some(model) = models.get_mut(&folder.get(..2).expect("it is in a folder").join("/")) {
            model.renderings.push((format!("/{name}"), content));
        }
    }
    models.into_values().collect()
}

/// Only recipes, without their renderings; read once for all tests.
pub(super) fn recipes() -> Documents {
    static RECIPES: LazyLock<Documents> = LazyLock::new(|| {
        let mut documents = common();
        for model in models() {
            let (path, content) = &model.recipe;
            let value: Value = serde_json::from_slice(content).expect("it is JSON");
            documents.insert(SitePath::new(path), value);
        }
        documents
    });
    RECIPES.clone()
}
