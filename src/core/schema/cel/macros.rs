//! Methods whose arguments are expressions and not values (`cel-go/parser/macro.go`, `ext/comprehensions.go`).

use super::ast::{Bind, Expr, Fold, FoldKind};
use super::parser::{Node, above};

/// Whether a method with that many arguments is a macro.
pub(super) fn is_macro(name: &str, arguments: usize) -> bool {
    match name {
        "all" | "exists" | "exists_one" | "map" => matches!(arguments, 2 | 3),
        "existsOne" => arguments == 3,
        "filter" | "optMap" | "optFlatMap" | "sortBy" => arguments == 2,
        "transformList" | "transformMap" | "transformMapEntry" => matches!(arguments, 3 | 4),
        _ => false,
    }
}

/// The expression behind a macro for which [`is_macro`] holds.
///
/// # Errors
/// What is wrong with its arguments.
pub(super) fn expand(name: &str, target: Node, arguments: Vec<Node>) -> Result<Node, String> {
    let depth = arguments.iter().map(|node| node.depth).max().unwrap_or(0).max(target.depth);
    let mut arguments: Vec<Expr> = arguments.into_iter().map(|node| node.expr).collect();
    let missing = || format!("{name}() without an expression");
    let body = arguments.pop().ok_or_else(missing)?;
    let variable = |expr: Expr| match expr {
        Expr::Name(name) => Ok(name),
        _ => Err(format!("{name}() with a variable that is not a simple name")),
    };
    let mut rest = arguments.into_iter();
    let first = variable(rest.next().ok_or_else(missing)?)?;
    let remaining: Vec<Expr> = rest.collect();
    if matches!(name, "optMap" | "optFlatMap") {
        let bind = Bind { target: target.expr, name: first, body, is_flat: name == "optFlatMap" };
        return above(Expr::Bind(Box::new(bind)), [depth]);
    }
    let (kind, has_second) = match name {
        "all" => (FoldKind::All, remaining.len() == 1),
        "exists" => (FoldKind::Exists, remaining.len() == 1),
        "exists_one" | "existsOne" => (FoldKind::ExistsOne, remaining.len() == 1),
        "map" => (FoldKind::Map, false),
        "filter" => (FoldKind::Filter, false),
        "transformList" => (FoldKind::Map, true),
        "transformMap" => (FoldKind::TransformMap, true),
        "transformMapEntry" => (FoldKind::TransformMapEntry, true),
        _ => (FoldKind::SortBy, false),
    };
    let mut remaining = remaining.into_iter();
    let second = if has_second { Some(variable(remaining.next().ok_or_else(missing)?)?) } else { None };
    if second.as_ref() == Some(&first) {
        return Err(format!("{name}() with one name for both variables"));
    }
    let fold = Fold { kind, range: target.expr, first, second, filter: remaining.next(), body };
    above(Expr::Fold(Box::new(fold)), [depth])
}
