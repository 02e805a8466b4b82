//! Where every verb starts: the objects of the command line, their images chosen and then pinned.
//!
//! One order holds for all verbs: author, default, pin, judge, then print or apply. What was judged is what is sent, so no
//! verb advises what it is about to do itself.

use super::images::{self, ImageSettings, Pins};
use super::inputs::{InputSettings, Inputs, Namespace, SourceObject};
use super::verdict;
use crate::core::kind::release::Release;
use crate::core::verdict::{Change, Rules};
use crate::error::Result;
use crate::io::World;
use crate::io::cluster::Cluster;
use crate::ui::Ui;

/// How the images of objects are chosen.
#[derive(Debug, Clone, Copy)]
pub struct ImageChoice<'a> {
    pub settings: &'a ImageSettings,
    /// The release whose defaults hold.
    pub release: &'static Release,
}

/// The objects of a command line, those of other kinds included, with an image where the user chose none.
///
/// # Errors
/// As [`Inputs::load`].
pub fn load(
    input: InputSettings,
    choice: ImageChoice<'_>,
    namespace: &Namespace,
    ui: &mut Ui,
) -> Result<Vec<SourceObject>> {
    let mut objects = Inputs::load(input, namespace, ui)?.objects;
    choose_images(&mut objects, choice, ui);
    Ok(objects)
}

/// Names an image where the user chose none.
pub fn choose_images(objects: &mut [SourceObject], choice: ImageChoice<'_>, ui: &mut Ui) {
    let notes = objects
        .iter_mut()
        .filter_map(|object| images::choose_default(object, choice.settings, choice.release))
        .collect();
    verdict::grouped(notes).iter().for_each(|note| ui.say(note));
}

/// Pins what the rules accept as a new object. An object that is refused costs no request to a registry and keeps its tag.
///
/// # Errors
/// As [`images::pin_all`].
pub async fn pin_accepted(
    objects: &mut [SourceObject],
    rules: &Rules,
    choice: ImageChoice<'_>,
    world: &World,
    ui: &mut Ui,
) -> Result<()> {
    let accepted = |object: &&mut SourceObject| {
        object.kind().is_some() && !rules.review(&object.subject(), Change::Create).refused()
    };
    let accepted: Vec<&mut SourceObject> = objects.iter_mut().filter(accepted).collect();
    pin(accepted, choice, None, world, ui).await.map(drop)
}

/// Pins objects that may go on.
///
/// # Errors
/// As [`images::pin_all`].
pub async fn pin(
    mut objects: Vec<&mut SourceObject>,
    choice: ImageChoice<'_>,
    cluster: Option<&Cluster>,
    world: &World,
    ui: &mut Ui,
) -> Result<Pins> {
    images::pin_all(&mut objects, choice.settings, cluster, world, ui).await
}
