//! An expression, parsed and with its macros expanded.

use super::functions::Function;
use super::kind::Kind;
use super::regex::Cached;

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(Box<str>),
    Bytes(Box<[u8]>),
}

/// An expression.
#[derive(Debug, Clone)]
pub(super) enum Expr {
    Literal(Literal),
    Name(Box<str>),
    /// The name of a type.
    Kind(Kind),
    List(Vec<Item>, IsConstant),
    Map(Vec<Entry>, IsConstant),
    Select(Box<Select>),
    Index(Box<Index>),
    Call(Box<Call>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    /// Condition, then, else.
    Conditional(Box<[Expr; 3]>),
    Fold(Box<Fold>),
    Bind(Box<Bind>),
}

/// Whether the server computes a value when it compiles the rule, so that it costs nothing later.
pub(super) type IsConstant = bool;

/// An item of a list literal; `?item` leaves out an optional without a value.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) value: Expr,
    pub(super) is_optional: bool,
}

/// An entry of a map literal.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: Expr,
    pub(super) value: Expr,
    pub(super) is_optional: bool,
}

/// `operand.field`, `operand.?field`, `has(operand.field)`.
#[derive(Debug, Clone)]
pub(super) struct Select {
    pub(super) operand: Expr,
    pub(super) field: Box<str>,
    pub(super) mode: Mode,
}

/// What a selection wants of its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Required,
    Optional,
    Presence,
}

/// `operand[key]`, `operand[?key]`.
#[derive(Debug, Clone)]
pub(super) struct Index {
    pub(super) operand: Expr,
    pub(super) key: Expr,
    pub(super) is_optional: bool,
}

/// A call of a function or operator; the receiver is the first argument.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) function: &'static Function,
    pub(super) arguments: Vec<Expr>,
    pub(super) is_constant: IsConstant,
    /// For functions with a regular expression that is a constant.
    pub(super) regex: Option<Cached>,
}

/// What a loop makes of its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FoldKind {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
    TransformMap,
    TransformMapEntry,
    SortBy,
}

/// A loop over a list or map. With two variables they are index and item, or key and value.
#[derive(Debug, Clone)]
pub(super) struct Fold {
    pub(super) kind: FoldKind,
    pub(super) range: Expr,
    pub(super) first: Box<str>,
    pub(super) second: Option<Box<str>>,
    /// Items for which this is false are left out.
    pub(super) filter: Option<Expr>,
    pub(super) body: Expr,
}

/// `target.optMap(name, body)` and `optFlatMap`.
#[derive(Debug, Clone)]
pub(super) struct Bind {
    pub(super) target: Expr,
    pub(super) name: Box<str>,
    pub(super) body: Expr,
    /// Whether the body answers an optional by itself.
    pub(super) is_flat: bool,
}

impl Expr {
    /// Whether the server computes this when it compiles the rule.
    pub(super) fn is_constant(&self) -> bool {
        match self {
            Expr::Literal(_) | Expr::Kind(_) => true,
            Expr::List(_, is_constant) | Expr::Map(_, is_constant) => *is_constant,
            Expr::Call(call) => call.is_constant,
            _ => false,
        }
    }

    /// `a.b.c` of names only.
    pub(super) fn qualified_name(&self) -> Option<String> {
        match self {
            Expr::Name(name) => Some(name.to_string()),
            Expr::Select(select) if select.mode == Mode::Required => {
                Some(format!("{}.{}", select.operand.qualified_name()?, select.field))
            }
            _ => None,
        }
    }

    /// Calls `visit` on every name that no loop in this expression binds.
    pub(super) fn free_names<'a>(&'a self, bound: &mut Vec<&'a str>, visit: &mut dyn FnMut(&'a str)) {
        match self {
            Expr::Name(name) => {
                if !bound.contains(&name.as_ref()) {
                    visit(name);
                }
            }
            Expr::Literal(_) | Expr::Kind(_) => {}
            Expr::List(items, _) => items.iter().for_each(|item| item.value.free_names(bound, visit)),
            Expr::Map(entries, _) => {
                for entry in entries {
                    entry.key.free_names(bound, visit);
                    entry.value.free_names(bound, visit);
                }
            }
            Expr::Select(select) => select.operand.free_names(bound, visit),
            Expr::Index(index) => {
                index.operand.free_names(bound, visit);
                index.key.free_names(bound, visit);
            }
            Expr::Call(call) => call.arguments.iter().for_each(|argument| argument.free_names(bound, visit)),
            Expr::And(terms) | Expr::Or(terms) => {
                terms.iter().for_each(|term| term.free_names(bound, visit));
            }
            Expr::Conditional(parts) => parts.iter().for_each(|part| part.free_names(bound, visit)),
            Expr::Fold(fold) => {
                fold.range.free_names(bound, visit);
                let length = bound.len();
                bound.push(&fold.first);
                bound.extend(fold.second.as_deref());
                fold.filter.iter().for_each(|filter| filter.free_names(bound, visit));
                fold.body.free_names(bound, visit);
                bound.truncate(length);
            }
            Expr::Bind(bind) => {
                bind.target.free_names(bound, visit);
                bound.push(&bind.name);
                bind.body.free_names(bound, visit);
                bound.pop();
            }
        }
    }
}
