//! Loops over lists and maps (`cel-go/parser/macro.go`, `ext/comprehensions.go`), with what the server counts for the
//! expressions that it expands them to.

use super::arithmetic::check_size;
use super::ast::{Expr, Fold, FoldKind};
use super::eval::{Machine, TRIPPED};
use super::functions::cost::{LIST, compared_with_itself};
use super::functions::lists;
use super::value::{Failure, List, Made, Map, Outcome, Value};
use super::work;

/// What a loop has gathered.
enum Gathered<'a> {
    List(Vec<Value<'a>>),
    Map(Made<'a>),
    Count(i64),
}

impl<'a> Machine<'a> {
    /// The value of a loop.
    pub(super) fn fold(&mut self, fold: &'a Fold) -> Outcome<'a> {
        if fold.kind == FoldKind::SortBy {
            return self.sort_by(fold).map_err(|failure| match failure {
                // Of the list or of a key; the server then trips over it.
                Failure::Error(words) if !words.starts_with("list elements") => Failure::error(TRIPPED),
                other => other,
            });
        }
        let range = self.eval(&fold.range)?;
        let turns = Turns::of(fold, range)?;
        self.toil(work::wide(turns.keys.len()))?;
        match fold.kind {
            FoldKind::All => self.quantify(fold, &turns, false),
            FoldKind::Exists => self.quantify(fold, &turns, true),
            _ => self.gather(fold, &turns),
        }
    }

    /// An expression with the variables of one turn.
    fn turn(&mut self, fold: &'a Fold, turn: &Turn<'a>, expr: &'a Expr) -> Outcome<'a> {
        let length = self.bound.len();
        self.bound.push((&fold.first, turn.0.clone()));
        if let (Some(name), Some(value)) = (&fold.second, &turn.1) {
            self.bound.push((name, value.clone()));
        }
        let outcome = self.eval(expr);
        self.bound.truncate(length);
        outcome
    }

    /// `all` and `exists`: an error counts only when nothing decides the question.
    fn quantify(&mut self, fold: &'a Fold, turns: &Turns<'a>, decisive: bool) -> Outcome<'a> {
        // What the server counts to see whether it may stop.
        let condition = if decisive { 3 } else { 2 };
        let mut failure: Option<Failure> = None;
        let mut answer = !decisive;
        for index in 0..turns.len() {
            self.charge(condition)?;
            if answer == decisive {
                break;
            }
            self.charge(1)?;
            let failed = match self.turn(fold, &turns.get(index)?, &fold.body) {
                Ok(Value::Bool(flag)) => {
                    if flag == decisive {
                        answer = decisive;
                        failure = None;
                    }
                    continue;
                }
                Ok(_) => Failure::no_overload(),
                Err(error @ Failure::Error(_)) => error,
                Err(other) => return Err(other),
            };
            failure = failure.or(Some(failed));
        }
        self.charge(1)?;
        failure.map_or(Ok(Value::Bool(answer)), Err)
    }

    fn gather(&mut self, fold: &'a Fold, turns: &Turns<'a>) -> Outcome<'a> {
        let mut gathered = match fold.kind {
            FoldKind::ExistsOne => Gathered::Count(0),
            FoldKind::TransformMap | FoldKind::TransformMapEntry => Gathered::Map(Made::default()),
            _ => Gathered::List(Vec::new()),
        };
        let mut failure: Option<Failure> = None;
        for index in 0..turns.len() {
            let step = self.gather_one(fold, &turns.get(index)?, &mut gathered, failure.is_some());
            match step {
                Ok(()) => {}
                // A filter that fails replaces an earlier failure, a body that fails does not.
                Err((error @ Failure::Error(_), is_filter)) => {
                    if is_filter || failure.is_none() {
                        failure = Some(error);
                    }
                }
                Err((other, _)) => return Err(other),
            }
        }
        self.charge(if fold.kind == FoldKind::ExistsOne { 2 } else { 1 })?;
        match (failure, gathered) {
            (Some(failure), _) => Err(failure),
            (None, Gathered::List(items)) => Ok(Value::List(List::made(items))),
            (None, Gathered::Map(map)) => Ok(Value::Map(Map::made(map))),
            (None, Gathered::Count(count)) => Ok(Value::Bool(count == 1)),
        }
    }

    fn gather_one(
        &mut self,
        fold: &'a Fold,
        turn: &Turn<'a>,
        gathered: &mut Gathered<'a>,
        has_failed: bool,
    ) -> Result<(), (Failure, bool)> {
        let body_is_filter = matches!(fold.kind, FoldKind::ExistsOne | FoldKind::Filter);
        let filter = if body_is_filter { Some(&fold.body) } else { fold.filter.as_ref() };
        if let Some(filter) = filter {
            match self.turn(fold, turn, filter).map_err(|failure| (failure, true))? {
                Value::Bool(true) => {}
                Value::Bool(false) => return Ok(()),
                _ => return Err((Failure::no_overload(), true)),
            }
        }
        let body = |failure| (failure, false);
        match gathered {
            Gathered::Count(count) => {
                *count += 1;
                self.charge(2).map_err(body)
            }
            Gathered::List(items) if fold.kind == FoldKind::Filter => {
                items.push(turn.0.clone());
                self.charge(3 + LIST).map_err(body)
            }
            Gathered::List(items) => {
                let item = self.turn(fold, turn, &fold.body).map_err(body)?;
                if !has_failed {
                    items.push(item);
                }
                check_size(items.len()).map_err(body)?;
                self.charge(2 + if fold.body.is_constant() { 0 } else { LIST }).map_err(body)
            }
            Gathered::Map(map) => {
                let value = self.turn(fold, turn, &fold.body).map_err(body)?;
                self.charge(2).map_err(body)?;
                if fold.kind == FoldKind::TransformMap {
                    self.charge(1).map_err(body)?;
                    return insert(map, turn.0.clone(), value).map_err(body);
                }
                let Value::Map(entries) = value else { return Err((Failure::no_overload(), false)) };
                for key in entries.keys() {
                    if let Some(value) = entries.find(&key).map_err(body)? {
                        insert(map, key, value).map_err(body)?;
                    }
                }
                Ok(())
            }
        }
    }

    fn sort_by(&mut self, fold: &'a Fold) -> Outcome<'a> {
        let range = self.eval(&fold.range)?;
        let Value::List(list) = &range else { return Err(super::functions::no_overload("sortBy", &[range])) };
        self.charge(2)?;
        let list = list.clone();
        let turns = Turns::of(fold, range)?;
        let mut keys = Vec::with_capacity(turns.len());
        for index in 0..turns.len() {
            keys.push(self.turn(fold, &turns.get(index)?, &fold.body)?);
            self.charge(2 + LIST)?;
        }
        self.charge(1)?;
        let keys = List::made(keys);
        let sorted = lists::sort(&list, &keys);
        self.charge(compared_with_itself(&Value::List(keys)))?;
        sorted
    }
}

/// The values of one or two variables in one turn.
type Turn<'a> = (Value<'a>, Option<Value<'a>>);

/// What a loop goes through. Items are looked at one by one: a loop may end early.
struct Turns<'a> {
    range: Value<'a>,
    /// Of a map.
    keys: Vec<Value<'a>>,
    has_second: bool,
}

impl<'a> Turns<'a> {
    fn of(fold: &Fold, range: Value<'a>) -> Result<Turns<'a>, Failure> {
        let has_second = fold.second.is_some();
        let keys = match &range {
            Value::List(_) => Vec::new(),
            Value::Map(map) => map.keys(),
            other => {
                let go_type = other.kind().go_name();
                return Err(Failure::Error(if has_second {
                    format!("unsupported comprehension range type: {go_type}")
                } else {
                    format!("got '{go_type}', expected iterable type")
                }));
            }
        };
        Ok(Turns { range, keys, has_second })
    }

    fn len(&self) -> usize {
        match &self.range {
            Value::List(list) => list.len(),
            _ => self.keys.len(),
        }
    }

    fn get(&self, index: usize) -> Result<Turn<'a>, Failure> {
        let gone = || Failure::error("no such key");
        match &self.range {
            Value::List(list) => {
                let item = list.get(index).ok_or_else(gone)??;
                Ok(if self.has_second { (Value::count(index), Some(item)) } else { (item, None) })
            }
            Value::Map(map) if self.has_second => {
                let key = self.keys.get(index).ok_or_else(gone)?;
                Ok((key.clone(), Some(map.find(key)?.unwrap_or(Value::Null))))
            }
            _ => Ok((self.keys.get(index).ok_or_else(gone)?.clone(), None)),
        }
    }
}

fn insert<'a>(map: &mut Made<'a>, key: Value<'a>, value: Value<'a>) -> Result<(), Failure> {
    if map.get(&key).is_some() {
        let words = format!("insert failed: key {} already exists", super::print::shown(&key));
        return Err(Failure::Error(words));
    }
    if !map.insert(key, value) {
        return Err(Failure::NotEvaluated(
            "a map with keys that are neither texts, numbers nor booleans".to_owned(),
        ));
    }
    Ok(())
}
