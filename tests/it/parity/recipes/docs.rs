//! The page about recipes names the reasons for a refusal: all of them, and no others.

use std::collections::BTreeSet;

use kubectl_airunway::core::recipe::Reason;

#[test]
fn the_page_names_every_reason_and_no_other() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/recipes.md");
    let page = std::fs::read_to_string(path).expect("the page is there");
    let (_, table) = page.split_once("| reason |").expect("it has the table");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let first = rows.filter_map(|row| row.split('|').nth(1));
    let named: BTreeSet<&str> =
        first.flat_map(|cell| cell.split('`')).filter(|it| !it.trim().is_empty()).collect();
    assert_eq!(named, Reason::ALL.iter().map(|reason| reason.id()).collect());
}
