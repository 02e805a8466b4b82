use super::*;

/// The ids that words select, those left out in brackets.
fn ids(words: &[&str], skip: &[(&str, Option<&str>)], disruptive: bool) -> Vec<String> {
    let choice = Choice {
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        skip: skip.iter().map(|(id, reason)| ((*id).to_owned(), reason.map(str::to_owned))).collect(),
        disruptive,
    };
    let chosen = select(&choice).expect("checks");
    let shown = chosen.iter().map(|chosen| match &chosen.left_out {
        Some(_) => format!("({})", chosen.check.id),
        None => chosen.check.id.to_owned(),
    });
    shown.collect()
}

#[test]
fn a_section_has_its_checks_and_no_others() {
    assert_eq!(ids(&["1"], &[], false), ["1a", "1b", "1c"]);
    assert_eq!(ids(&["1B"], &[], false), ["1b"]);
    assert_eq!(ids(&["5", "1a"], &[], false), ["1a", "5a", "5b", "5c", "5d"]);
    assert_eq!(ids(&["14"], &[], false), ["14"]);
    assert!(ids(&["x"], &[], false).starts_with(&["X1".to_owned(), "X2".to_owned()]));
    assert_eq!(ids(&["s1"], &[], false), ["S1"]);
    assert_eq!(ids(&["s"], &[], false).len(), 5);
}

#[test]
fn a_label_stands_for_the_checks_with_that_step() {
    let with_label = ids(&["G7"], &[], true);
    assert!(!with_label.is_empty() && with_label.iter().all(|id| id.starts_with("G-")), "{with_label:?}");
}

#[test]
fn all_run_but_what_disturbs_or_is_left_out() {
    let all = ids(&[], &[("5", Some("slow")), ("1a", None)], false);
    for out in ["(1a)", "(5a)", "(5d)", "(13)", "(3B)"] {
        assert!(all.iter().any(|id| id == out), "{out} of {all:?}");
    }
    assert_eq!(ids(&["13"], &[], true), ["13"]);
    assert_eq!(ids(&["13"], &[], false), ["(13)"]);
}

#[test]
fn the_reason_for_leaving_out_is_kept() {
    let choice = Choice {
        words: vec!["5a".to_owned()],
        skip: vec![("5a".to_owned(), Some("known".to_owned()))],
        disruptive: false,
    };
    assert_eq!(select(&choice).expect("checks")[0].left_out.as_deref(), Some("known"));
}

#[test]
fn what_is_not_a_check_is_named_with_the_nearest() {
    let refused = |word: &str| {
        let choice = Choice { words: vec![word.to_owned()], ..Choice::default() };
        let error = select(&choice).expect_err("not a check");
        assert_eq!(error.message, format!("there is no check {word:?}"));
        error.hints
    };
    assert_eq!(refused("5e"), ["did you mean 5a?"]);
    assert_eq!(refused("everything"), ["kubectl airunway e2e --list shows every check"]);
    refused("");
    refused("P1");
}

#[test]
fn preconditions_come_before_those_that_need_them_and_once() {
    let chosen = select(&Choice::default()).expect("checks");
    let layers = needed(&chosen);
    let order: Vec<&str> = layers.iter().flatten().map(|check| check.id).collect();
    let unique: BTreeSet<&str> = order.iter().copied().collect();
    assert_eq!(order.len(), unique.len(), "{order:?}");
    for (depth, layer) in layers.iter().enumerate() {
        for check in layer {
            let before: Vec<&str> = layers.iter().take(depth).flatten().map(|check| check.id).collect();
            assert!(check.needs.iter().all(|id| before.contains(id)), "{} needs {:?}", check.id, check.needs);
        }
    }
    for check in
        chosen.iter().filter(|chosen| chosen.left_out.is_none()).flat_map(|chosen| chosen.check.needs)
    {
        assert!(unique.contains(check), "{check}");
    }
    // What is left out needs nothing.
    let choice = Choice { words: vec!["13".to_owned()], ..Choice::default() };
    assert!(needed(&select(&choice).expect("checks")).is_empty());
}

#[test]
fn completion_knows_ids_sections_and_labels() {
    let names = names();
    for name in ["1", "1a", "5", "13", "S1", "X1", "G7"] {
        assert!(names.iter().any(|known| known == name), "{name} of {names:?}");
    }
    for name in &names {
        let choice = Choice { words: vec![name.clone()], ..Choice::default() };
        assert!(select(&choice).is_ok(), "{name}");
    }
}
