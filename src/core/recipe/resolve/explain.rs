//! Where every member of the object came from.

use crate::core::kind::model_deployment::object::engine;
use crate::core::recipe::choice::locate::Located;
use crate::core::recipe::choice::request::Request;
use crate::core::recipe::command::argv::Place;
use crate::core::recipe::command::launch::Launch;
use crate::core::recipe::resolution::{Mode, Origin, OriginKind, Resolution};
use crate::core::recipe::site::documents::SitePath;

/// Collects origins while a rendering becomes a resolution.
pub(in crate::core::recipe) struct Explain<'a> {
    request: &'a Request,
    recipe: &'a SitePath,
    document: &'a SitePath,
    pointer: &'static str,
    entry: Option<String>,
    origins: Vec<Origin>,
}

impl<'a> Explain<'a> {
    /// Nothing explained yet.
    pub(in crate::core::recipe) fn new(request: &'a Request, located: &'a Located<'_>) -> Self {
        let entry = located.entry.map(|entry| format!("/variants/{}", escaped(entry.key)));
        Self {
            request,
            recipe: &located.recipe_path,
            document: &located.path,
            pointer: located.pointer,
            entry,
            origins: Vec::new(),
        }
    }

    fn add(&mut self, field: impl Into<String>, value: impl ToString, from: OriginKind) {
        self.origins.push(Origin { field: field.into(), value: value.to_string(), from });
    }

    /// A member of the rendering.
    fn rendering(&self, member: &str) -> OriginKind {
        OriginKind::Recipe { path: self.document.clone(), pointer: format!("{}/{member}", self.pointer) }
    }

    /// A member of the recipe.
    fn of_recipe(&self, pointer: &str) -> OriginKind {
        OriginKind::Recipe { path: self.recipe.clone(), pointer: pointer.to_owned() }
    }

    /// What every kind of rendering has. Members of the rendering's choice count as the flag's when a flag made it.
    pub(in crate::core::recipe) fn common(&mut self, it: &Resolution) {
        let command = if it.mode == Mode::Disaggregated { "prefill/argv/2" } else { "argv/2" };
        self.add("spec.model.id", &it.model, self.rendering(command));
        self.add("spec.engine.type", engine::VLLM, OriginKind::Default("recipes are for vLLM".to_owned()));
        let provider = match &self.request.provider {
            Some(_) => OriginKind::Flag("--provider".to_owned()),
            None => OriginKind::Default("the provider that runs such a command unchanged".to_owned()),
        };
        self.add("spec.provider.name", &it.provider, provider);
        self.add("spec.engine.image", &it.image, self.rendering("docker_image"));
        if let Some(kind) = it.accelerator.as_ref().filter(|kind| *kind != "nvidia.com/gpu") {
            self.derived("spec.resources.gpu.type", kind, "hardware", "by maker and generation");
        }
        for (member, value, flag, asked) in [
            ("strategy", &it.strategy, "--strategy", &self.request.strategy),
            ("hardware", &it.hardware, "--hardware", &self.request.hardware),
            ("variant", &it.variant, "--variant", &self.request.variant),
        ] {
            let from = match asked {
                Some(_) => OriginKind::Flag(flag.to_owned()),
                None => self.rendering(member),
            };
            self.add(annotation(member), value, from);
        }
        self.add(annotation("id"), &it.recipe, self.of_recipe("/hf_id"));
        if let (Some(precision), Some(entry)) = (&it.precision, self.entry.clone()) {
            self.add(annotation("precision"), precision, self.of_recipe(&format!("{entry}/precision")));
        }
        if let Some(revision) = &it.revision {
            self.add(annotation("revision"), revision, self.of_recipe("/meta/date_updated"));
        }
        for choice in &it.features {
            self.add(annotation("features"), choice, OriginKind::Flag("--feature".to_owned()));
        }
    }

    /// A value computed from a member of the rendering.
    pub(in crate::core::recipe) fn derived(
        &mut self,
        field: &str,
        value: impl ToString,
        member: &str,
        how: &str,
    ) {
        let pointer = format!("{}/{member}", self.pointer);
        let from = OriginKind::Derived { path: self.document.clone(), pointer, how: how.to_owned() };
        self.add(field, value, from);
    }

    /// Variables.
    pub(in crate::core::recipe) fn env(&mut self, env: &[(String, String)], member: &str) {
        for (name, value) in env {
            let from = self.rendering(&format!("{member}/{}", escaped(name)));
            self.add(format!("spec.env[{name}]"), value, from);
        }
    }

    /// Flags of the command at `member`.
    pub(in crate::core::recipe) fn launch(&mut self, launch: &Launch, member: &str) {
        for placed in &launch.placed {
            let from = match placed.argument.as_ref().map(|argument| &argument.place) {
                Some(Place::Command(at)) => self.rendering(&format!("{member}/{at}")),
                Some(Place::Feature(pointer, at)) => self.of_recipe(&format!("{pointer}/{at}")),
                None => {
                    OriginKind::Default("vLLM's default, set so that the shim derives no other".to_owned())
                }
            };
            self.add(placed.field.clone(), &placed.value, from);
        }
    }

    /// All that was collected.
    pub(in crate::core::recipe) fn finish(self) -> Vec<Origin> {
        self.origins
    }
}

fn annotation(member: &str) -> String {
    format!("metadata.annotations[airunway.ai/recipe.{member}]")
}

/// A member's name in a JSON pointer.
pub(in crate::core::recipe) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
