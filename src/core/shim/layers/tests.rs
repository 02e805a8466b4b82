use super::*;
use proptest::prelude::*;

fn layer(members: &[(&str, Node)]) -> LayerIndex {
    let mut index = LayerIndex::default();
    for (path, node) in members {
        index.add(path, node.clone());
    }
    index
}

fn link(target: &str) -> Node {
    Node::Link(target.to_owned())
}

/// The end of a search in layers given the lowest first, and which of them were read.
fn search(wanted: &str, layers: &[LayerIndex]) -> (Result<Step, SearchError>, Vec<usize>) {
    let mut search = Search::new(wanted, layers.len()).unwrap();
    let mut read = Vec::new();
    loop {
        match search.step() {
            Ok(Step::Read { layer, candidate }) => {
                read.push(layer);
                let index = &layers[layer];
                if let Some(path) =
                    candidate.filter(|path| index.node(path) == Some(&Node::File) && index.reaches(path))
                {
                    return (Ok(Step::Found { layer, path }), read);
                }
                search.learn(layer, index.clone());
            }
            other => return (other, read),
        }
    }
}

fn found(wanted: &str, layers: &[LayerIndex]) -> Option<(usize, String)> {
    match search(wanted, layers).0 {
        Ok(Step::Found { layer, path }) => Some((layer, path)),
        _ => None,
    }
}

#[test]
fn the_topmost_file_wins_and_nothing_below_it_is_read() {
    let base = layer(&[("provider", Node::File)]);
    let top = layer(&[("provider", Node::File)]);
    let (step, read) = search("/provider", &[base.clone(), base, top]);
    assert_eq!(step, Ok(Step::Found { layer: 2, path: "provider".into() }));
    assert_eq!(read, [2]);
}

#[test]
fn a_deleted_file_is_gone_and_what_is_below_is_not_read() {
    let base = layer(&[("usr/bin/provider", Node::File)]);
    for deletion in ["usr/bin/.wh.provider", "usr/.wh.bin", ".wh.usr", "usr/bin/.wh..wh..opq"] {
        let layers = [base.clone(), layer(&[(deletion, Node::File)]), layer(&[("etc", Node::Folder)])];
        let (step, read) = search("/usr/bin/provider", &layers);
        assert!(matches!(step, Ok(Step::Missing(_))), "{deletion}: {step:?}");
        assert!(!read.contains(&0), "{deletion}: {read:?}");
    }
    let again = layer(&[("usr/bin/.wh..wh..opq", Node::File), ("usr/bin/provider", Node::File)]);
    assert_eq!(found("/usr/bin/provider", &[base, again]), Some((1, "usr/bin/provider".into())));
}

#[test]
fn links_are_followed_inside_the_image_only() {
    let base = layer(&[("usr/lib/app/run", Node::File), ("usr/lib/app", Node::Folder)]);
    for (path, target) in [
        ("provider", "usr/lib/app/run"),
        ("provider", "/usr/lib/app/run"),
        ("provider", "../../usr/./lib//app/run"),
        ("provider", "usr/bin/../lib/app/run"),
    ] {
        let top = layer(&[(path, link(target)), ("usr/bin", Node::Folder)]);
        let layers = [base.clone(), top];
        assert_eq!(found("/provider", &layers), Some((0, "usr/lib/app/run".into())), "{target}");
    }
    let folders = layer(&[("bin", link("usr/lib")), ("usr/lib/app", Node::Folder)]);
    assert_eq!(found("/bin/app/run", &[base, folders]), Some((0, "usr/lib/app/run".into())));
}

#[test]
fn a_circle_of_links_ends() {
    let circle = layer(&[("a", link("b")), ("b", link("/a"))]);
    assert_eq!(search("/a", &[circle]).0, Err(SearchError::TooManyLinks("/a".into())));
}

#[test]
fn a_hard_link_leads_to_its_first_name_in_the_same_layer() {
    let top = layer(&[("app/run", Node::File), ("provider", Node::HardLink("./app/run".into()))]);
    assert_eq!(found("/provider", &[top]), Some((0, "app/run".into())));
    let lost = layer(&[("provider", Node::HardLink("../app/run".into()))]);
    assert_eq!(found("/provider", &[lost]), None);
}

#[test]
fn folders_devices_and_files_on_the_way_are_no_program() {
    let top = layer(&[("provider", Node::Other), ("opt/x", Node::File), ("srv", Node::File)]);
    for path in ["/provider", "/opt", "/opt/x/y", "/", "/srv/run"] {
        let below = layer(&[("srv/run", Node::File), ("opt/x/y", Node::File), ("provider", Node::File)]);
        assert_eq!(found(path, &[below, top.clone()]), None, "{path}");
    }
}

#[test]
fn what_a_file_replaces_does_not_show_through_a_folder_above_it() {
    let layers = [
        layer(&[("a/b", Node::File)]),
        layer(&[("a", Node::File)]),
        layer(&[("a", Node::Folder), ("a/c", Node::File)]),
    ];
    assert_eq!(found("/a/b", &layers), None);
    assert_eq!(found("/a/c", &layers), Some((2, "a/c".into())));
}

#[test]
fn names_of_members_are_cleaned() {
    assert_eq!(clean("./usr//bin/./x/"), Some("usr/bin/x".into()));
    assert_eq!(clean("/provider"), Some("provider".into()));
    assert_eq!(clean("a/../../etc"), None);
}

/// Something that a layer does, as two ways of reading layers have to understand it.
#[derive(Debug, Clone)]
enum Act {
    File(String),
    Folder(String),
    Delete(String),
    Opaque(String),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let path = prop::collection::vec(prop::sample::select(vec!["a", "b", "c"]), 1..4);
    let act = (path, 0..6_u8).prop_map(|(parts, kind)| {
        let path = parts.join("/");
        match kind {
            0..=2 => Act::File(path),
            3 => Act::Folder(path),
            4 => Act::Delete(path),
            _ => Act::Opaque(path),
        }
    });
    prop::collection::vec(act, 0..6)
}

/// The acts of one layer without those that contradict another one: something that is a file and a directory.
fn consistent(acts: Vec<Act>) -> Vec<Act> {
    let mut kept: Vec<Act> = Vec::new();
    for act in acts {
        let clashes = kept.iter().any(|other| needs_folder(&act, other) || needs_folder(other, &act));
        if !clashes {
            kept.push(act);
        }
    }
    kept
}

/// Whether one act needs a directory where the other puts a file, or puts the same file.
fn needs_folder(act: &Act, other: &Act) -> bool {
    let Act::File(file) = other else { return false };
    match act {
        Act::File(path) => path == file || below(path, file),
        Act::Folder(path) | Act::Opaque(path) => path == file || below(path, file),
        // What is deleted below may be a file here.
        Act::Delete(path) => below(path, file),
    }
}

fn below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// All files after applying layer upon layer, with the layer that each is of: what a runtime does.
fn applied(layers: &[Vec<Act>]) -> BTreeMap<String, Option<usize>> {
    let mut tree: BTreeMap<String, Option<usize>> = BTreeMap::new();
    let below =
        |path: &str, folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    for (number, acts) in layers.iter().enumerate() {
        for act in acts {
            match act {
                Act::Delete(path) => tree.retain(|each, _| each != path && !below(each, path)),
                Act::Opaque(path) => tree.retain(|each, _| !below(each, path)),
                _ => {}
            }
        }
        for act in acts {
            let (path, file) = match act {
                Act::File(path) => (path.clone(), true),
                Act::Folder(path) | Act::Opaque(path) => (path.clone(), false),
                Act::Delete(path) => match path.rsplit_once('/') {
                    Some((folder, _)) => (folder.to_owned(), false),
                    None => continue,
                },
            };
            let mut folders: Vec<String> = above(&path).map(str::to_owned).collect();
            if file {
                tree.retain(|each, _| !below(each, &path));
                tree.insert(path, Some(number));
            } else {
                folders.push(path);
            }
            for folder in folders {
                tree.insert(folder, None);
            }
        }
    }
    tree
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn the_search_finds_what_applying_the_layers_leaves(layers in prop::collection::vec(acts(), 1..5)) {
        let layers: Vec<Vec<Act>> = layers.into_iter().map(consistent).collect();
        let indexes: Vec<LayerIndex> = layers.iter().map(|acts| {
            let mut index = LayerIndex::default();
            for act in acts {
                match act {
                    Act::File(path) => index.add(path, Node::File),
                    Act::Folder(path) => index.add(path, Node::Folder),
                    Act::Delete(path) => {
                        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
                        index.add(&join(folder, &format!(".wh.{name}")), Node::File);
                    }
                    Act::Opaque(path) => index.add(&join(path, ".wh..wh..opq"), Node::File),
                }
            }
            index
        }).collect();
        let tree = applied(&layers);
        for first in ["a", "b", "c"] {
            for rest in ["", "/a", "/b", "/a/b", "/b/b", "/c/a"] {
                let path = format!("{first}{rest}");
                let expected = tree.get(&path).copied().flatten().map(|layer| (layer, path.clone()));
                prop_assert_eq!(found(&format!("/{}", path), &indexes), expected, "{} in {:?}", path, layers);
            }
        }
    }
}
