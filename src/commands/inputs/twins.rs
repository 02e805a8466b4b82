//! Objects that are in the input twice: for the cluster they are one.

use super::object::SourceObject;
use crate::core::kubernetes::json::text_at;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Group, kind, namespace and name: what the cluster tells objects apart by.
type Identity = Box<str>;

/// An object of a list, by what the cluster knows it by.
pub(super) struct Named {
    /// Its index in the list.
    index: usize,
    identity: Identity,
    place: String,
}

/// The objects of the input so far, and where each was first.
#[derive(Default)]
pub(super) struct Seen {
    places: HashMap<Identity, String>,
}

/// The objects of a list that are sent under a name.
pub(super) fn named(objects: &[SourceObject]) -> Vec<Named> {
    let named = |(index, object): (usize, &SourceObject)| {
        let identity = identity(object)?;
        Some(Named { index, identity, place: object.place("metadata.name") })
    };
    objects.iter().enumerate().filter_map(named).collect()
}

impl Seen {
    /// Notes objects; answers the index of each that was seen before, and where.
    pub(super) fn note(&mut self, objects: Vec<Named>) -> Vec<(usize, String)> {
        let mut twins = Vec::new();
        for Named { index, identity, place } in objects {
            match self.places.entry(identity) {
                Entry::Occupied(first) => twins.push((index, first.get().clone())),
                Entry::Vacant(free) => {
                    free.insert(place);
                }
            }
        }
        twins
    }

    /// Notes objects, and marks those that were seen before.
    pub(super) fn mark(&mut self, objects: &mut [SourceObject]) {
        let twins = self.note(named(objects));
        mark(objects, &twins);
    }
}

/// Writes down which objects of a list were seen before.
pub(super) fn mark(objects: &mut [SourceObject], twins: &[(usize, String)]) {
    for (index, first) in twins {
        if let Some(object) = objects.get_mut(*index) {
            object.twin = Some(first.clone());
        }
    }
}

/// `None` for an object that is passed by, and for one that the server names.
fn identity(object: &SourceObject) -> Option<Identity> {
    if object.kind().is_none() || object.name().is_empty() {
        return None;
    }
    let group = text_at(&object.value, "/apiVersion").split_once('/').map_or("", |(group, _)| group);
    Some([group, object.kind_name(), object.namespace(), object.name()].join("/").into())
}
