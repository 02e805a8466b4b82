//! Regular expressions (`cel-go` `matches`, `apiserver/pkg/cel/library/regex.go`).

use super::{Answer, Function, Run, cost, function, method};
use crate::core::schema::cel::value::Value;
use regex::Regex;

pub(super) const FUNCTIONS: [Function; 5] = [
    function("matches", 2, Run::Regex(matches), cost::REGEX),
    method("matches", 2, Run::Regex(matches), cost::REGEX),
    method("find", 2, Run::Regex(find), cost::REGEX),
    method("findAll", 2, Run::Regex(find_all), cost::REGEX),
    method("findAll", 3, Run::Regex(find_all), cost::REGEX),
];

fn matches<'a>(regex: &Regex, values: &[Value<'a>]) -> Answer<'a> {
    let Value::Text(text) = values.first()? else { return None };
    Some(Ok(Value::Bool(regex.is_match(text))))
}

fn find<'a>(regex: &Regex, values: &[Value<'a>]) -> Answer<'a> {
    let Value::Text(text) = values.first()? else { return None };
    Some(Ok(Value::text(regex.find(text).map_or("", |found| found.as_str()))))
}

fn find_all<'a>(regex: &Regex, values: &[Value<'a>]) -> Answer<'a> {
    let limit = match values {
        [Value::Text(_), _] => -1,
        [Value::Text(_), _, Value::Int(limit)] => *limit,
        _ => return None,
    };
    let Value::Text(text) = values.first()? else { return None };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let found = regex.find_iter(text).take(limit).map(|found| found.as_str().to_owned());
    Some(Ok(Value::texts(found)))
}
