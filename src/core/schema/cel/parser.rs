//! Reads an expression (`cel-go/parser/gen/CEL.g4`).
//!
//! A parser of our own, although the crate `cel` has two: its public one takes most of a millisecond a rule, and OGXServer
//! has 125; both use as much of the stack as a rule is deep, and a definition comes from a cluster or a file. Here the
//! depth is bounded while the tree is built, so that whatever walks it later is bounded as well.

use super::ast::{Call, Entry, Expr, Index, Item, Literal, Mode, Select};
use super::kind::Kind;
use super::lexer::{Token, tokens};
use super::regex::Cached;
use super::{functions, macros};

/// Longest expression that is read, in bytes; the API server stops at 100,000 characters.
const LENGTH_LIMIT: usize = 100_000;
/// Deepest nesting that is read. The server's own parser stops at 250; what people write stays below twenty, and this
/// fits into the stack of any thread.
const NESTING_LIMIT: usize = 100;
/// Deepest tree that is made; a level of nesting can be two of the tree.
const DEPTH_LIMIT: usize = 2 * NESTING_LIMIT;

/// An expression and how deep it is.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) expr: Expr,
    pub(super) depth: usize,
}

/// Reads an expression.
///
/// # Errors
/// What in it is not understood, as words that follow "not evaluated because of".
pub(super) fn parse(source: &str) -> Result<Expr, String> {
    if source.len() > LENGTH_LIMIT {
        return Err(format!("its length of more than {LENGTH_LIMIT} bytes"));
    }
    let mut parser = Parser { tokens: tokens(source)?, at: 0, nesting: 0 };
    let node = parser.expression()?;
    match parser.peek() {
        Token::End => Ok(node.expr),
        _ => Err(parser.unexpected()),
    }
}

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    nesting: usize,
}

type Parsed = Result<Node, String>;

/// A node above others.
pub(super) fn above(expr: Expr, depths: impl IntoIterator<Item = usize>) -> Parsed {
    let depth = depths.into_iter().max().unwrap_or(0) + 1;
    if depth > DEPTH_LIMIT {
        return Err(format!("its depth of more than {DEPTH_LIMIT} levels"));
    }
    Ok(Node { expr, depth })
}

fn leaf(expr: Expr) -> Parsed {
    Ok(Node { expr, depth: 1 })
}

/// A call of a function or operator that is known by name and number of arguments.
pub(super) fn call(name: &str, is_method: bool, arguments: Vec<Node>) -> Parsed {
    let function = functions::find(name, is_method, arguments.len())
        .ok_or_else(|| format!("{name}(), which is not known here"))?;
    let (arguments, depths): (Vec<Expr>, Vec<usize>) =
        arguments.into_iter().map(|node| (node.expr, node.depth)).unzip();
    let is_constant =
        function.is_conversion && arguments.len() == 1 && arguments.iter().all(Expr::is_constant);
    let regex = match (function.takes_regex(), arguments.get(1)) {
        (true, Some(Expr::Literal(Literal::Text(pattern)))) => Some(Cached::new(pattern)),
        _ => None,
    };
    above(Expr::Call(Box::new(Call { function, arguments, is_constant, regex })), depths)
}

impl<'a> Parser<'a> {
    fn peek(&self) -> &Token<'a> {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    fn next(&mut self) -> Token<'a> {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn takes(&mut self, symbol: &str) -> bool {
        let is_there = matches!(self.peek(), Token::Symbol(found) if *found == symbol);
        self.at += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, symbol: &str) -> Result<(), String> {
        if self.takes(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> String {
        match self.peek() {
            Token::End => "its sudden end".to_owned(),
            Token::Symbol(symbol) => format!("an unexpected {symbol}"),
            Token::Name(name) => format!("an unexpected {name}"),
            _ => "an unexpected literal".to_owned(),
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Parser<'a>) -> Parsed) -> Parsed {
        if self.nesting >= NESTING_LIMIT {
            return Err(format!("its depth of more than {NESTING_LIMIT} levels"));
        }
        self.nesting += 1;
        let node = read(self);
        self.nesting -= 1;
        node
    }

    fn expression(&mut self) -> Parsed {
        self.nested(|parser| {
            let condition = parser.disjunction()?;
            if !parser.takes("?") {
                return Ok(condition);
            }
            let then = parser.disjunction()?;
            parser.expect(":")?;
            let otherwise = parser.expression()?;
            let depths = [condition.depth, then.depth, otherwise.depth];
            above(Expr::Conditional(Box::new([condition.expr, then.expr, otherwise.expr])), depths)
        })
    }

    fn disjunction(&mut self) -> Parsed {
        self.chain("||", Parser::conjunction, Expr::Or)
    }

    fn conjunction(&mut self) -> Parsed {
        self.chain("&&", Parser::relation, Expr::And)
    }

    fn chain(
        &mut self,
        symbol: &str,
        read: fn(&mut Parser<'a>) -> Parsed,
        join: fn(Vec<Expr>) -> Expr,
    ) -> Parsed {
        let first = read(self)?;
        let (mut terms, mut depth) = (vec![first.expr], first.depth);
        while self.takes(symbol) {
            let term = read(self)?;
            depth = depth.max(term.depth);
            terms.push(term.expr);
        }
        match terms.pop() {
            Some(only) if terms.is_empty() => Ok(Node { expr: only, depth }),
            last => {
                terms.extend(last);
                above(join(terms), [depth])
            }
        }
    }

    fn operators(&mut self, symbols: &[&'static str], read: fn(&mut Parser<'a>) -> Parsed) -> Parsed {
        let mut left = read(self)?;
        loop {
            let found = match self.peek() {
                Token::Symbol(symbol) => symbols.iter().find(|each| *each == symbol),
                Token::Name("in") => symbols.iter().find(|each| **each == "in"),
                _ => None,
            };
            let Some(symbol) = found else { return Ok(left) };
            self.at += 1;
            let right = read(self)?;
            left = call(symbol, false, vec![left, right])?;
        }
    }

    fn relation(&mut self) -> Parsed {
        self.operators(&["==", "!=", "<=", ">=", "<", ">", "in"], Parser::sum)
    }

    fn sum(&mut self) -> Parsed {
        self.operators(&["+", "-"], Parser::product)
    }

    fn product(&mut self) -> Parsed {
        self.operators(&["*", "/", "%"], Parser::unary)
    }

    fn unary(&mut self) -> Parsed {
        for symbol in ["!", "-"] {
            let mut times = 0;
            while self.takes(symbol) {
                times += 1;
            }
            if times == 0 {
                continue;
            }
            // An even number cancels itself out, as in the server's parser.
            let is_odd = times % 2 == 1;
            if symbol == "-" && is_odd {
                let negative = match *self.peek() {
                    Token::Int(value) => Some(Literal::Int(-value)),
                    Token::IntBelow => Some(Literal::Int(i64::MIN)),
                    Token::Double(value) => Some(Literal::Double(-value)),
                    _ => None,
                };
                if let Some(literal) = negative {
                    self.at += 1;
                    let node = leaf(Expr::Literal(literal))?;
                    return self.members(node);
                }
            }
            let operand = self.member()?;
            let name = if symbol == "-" { "-_" } else { "!_" };
            return if is_odd { call(name, false, vec![operand]) } else { Ok(operand) };
        }
        self.member()
    }

    fn member(&mut self) -> Parsed {
        let primary = self.primary()?;
        self.members(primary)
    }

    /// Selections, indexes and methods behind a value.
    fn members(&mut self, first: Node) -> Parsed {
        let mut node = first;
        loop {
            if self.takes("[") {
                let is_optional = self.takes("?");
                let key = self.expression()?;
                self.expect("]")?;
                let depths = [node.depth, key.depth];
                let index = Index { operand: node.expr, key: key.expr, is_optional };
                node = above(Expr::Index(Box::new(index)), depths)?;
            } else if self.takes(".") {
                let is_optional = self.takes("?");
                let Token::Name(name) = self.next() else {
                    self.at -= 1;
                    return Err(self.unexpected());
                };
                if !is_optional && self.takes("(") {
                    let arguments = self.arguments()?;
                    node = method(node, name, arguments)?;
                } else {
                    node = select(node, name, is_optional)?;
                }
            } else {
                return Ok(node);
            }
        }
    }

    fn arguments(&mut self) -> Result<Vec<Node>, String> {
        let mut arguments = Vec::new();
        if self.takes(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if self.takes(")") {
                return Ok(arguments);
            }
            self.expect(",")?;
        }
    }

    fn primary(&mut self) -> Parsed {
        match self.next() {
            Token::Int(value) => leaf(Expr::Literal(Literal::Int(value))),
            Token::Uint(value) => leaf(Expr::Literal(Literal::Uint(value))),
            Token::Double(value) => leaf(Expr::Literal(Literal::Double(value))),
            Token::Text(text) => leaf(Expr::Literal(Literal::Text(text.into()))),
            Token::Bytes(bytes) => leaf(Expr::Literal(Literal::Bytes(bytes.into()))),
            Token::Symbol("(") => {
                let node = self.expression()?;
                self.expect(")")?;
                Ok(node)
            }
            Token::Symbol("[") => self.list(),
            Token::Symbol("{") => self.map(),
            // A leading point names something at the top, where everything here is anyway.
            Token::Symbol(".") => match self.next() {
                Token::Name(name) => self.name(name),
                _ => Err("a point in front of no name".to_owned()),
            },
            Token::Name(name) => self.name(name),
            _ => {
                self.at -= 1;
                Err(self.unexpected())
            }
        }
    }

    fn name(&mut self, name: &'a str) -> Parsed {
        match name {
            "true" => leaf(Expr::Literal(Literal::Bool(true))),
            "false" => leaf(Expr::Literal(Literal::Bool(false))),
            "null" => leaf(Expr::Literal(Literal::Null)),
            "in" => Err("an unexpected in".to_owned()),
            _ if self.takes("(") => {
                let arguments = self.arguments()?;
                if name == "has" { has(arguments) } else { call(name, false, arguments) }
            }
            _ => leaf(Expr::Name(name.into())),
        }
    }

    fn list(&mut self) -> Parsed {
        let (mut items, mut depth) = (Vec::new(), 0);
        while !self.takes("]") {
            let is_optional = self.takes("?");
            let node = self.expression()?;
            depth = depth.max(node.depth);
            items.push(Item { value: node.expr, is_optional });
            if !self.takes(",") {
                self.expect("]")?;
                break;
            }
        }
        let is_constant = items.iter().all(|item| item.value.is_constant());
        above(Expr::List(items, is_constant), [depth])
    }

    fn map(&mut self) -> Parsed {
        let (mut entries, mut depth) = (Vec::new(), 0);
        while !self.takes("}") {
            let is_optional = self.takes("?");
            let key = self.expression()?;
            self.expect(":")?;
            let value = self.expression()?;
            depth = depth.max(key.depth).max(value.depth);
            entries.push(Entry { key: key.expr, value: value.expr, is_optional });
            if !self.takes(",") {
                self.expect("}")?;
                break;
            }
        }
        let is_constant = entries.iter().all(|entry| entry.key.is_constant() && entry.value.is_constant());
        above(Expr::Map(entries, is_constant), [depth])
    }
}

fn has(arguments: Vec<Node>) -> Parsed {
    let Ok([node]) = <[Node; 1]>::try_from(arguments) else { return Err("has() of several".to_owned()) };
    match node.expr {
        Expr::Select(mut select) if select.mode == Mode::Required => {
            select.mode = Mode::Presence;
            Ok(Node { expr: Expr::Select(select), depth: node.depth })
        }
        _ => Err("has() of something that is not a field".to_owned()),
    }
}

fn select(operand: Node, field: &str, is_optional: bool) -> Parsed {
    let mode = if is_optional { Mode::Optional } else { Mode::Required };
    let depth = operand.depth;
    let select = Expr::Select(Box::new(Select { operand: operand.expr, field: field.into(), mode }));
    match select.qualified_name().and_then(|name| Kind::named(&name)) {
        Some(kind) => leaf(Expr::Kind(kind)),
        None => above(select, [depth]),
    }
}

fn method(target: Node, name: &str, arguments: Vec<Node>) -> Parsed {
    // `sets.contains(a, b)` is a function with a point in its name, not a method of a value `sets`.
    if let Some(prefix) = target.expr.qualified_name() {
        let qualified = format!("{prefix}.{name}");
        if functions::find(&qualified, false, arguments.len()).is_some() {
            return call(&qualified, false, arguments);
        }
    }
    if macros::is_macro(name, arguments.len()) {
        return macros::expand(name, target, arguments);
    }
    let mut all = vec![target];
    all.extend(arguments);
    call(name, true, all)
}
