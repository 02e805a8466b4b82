//! URLs (`apiserver/pkg/cel/library/urls.go`).

use super::{Answer, Function, Run, cost, function, method};
use crate::core::schema::cel::go_url::{GoUrl, parse, request_uri};
use crate::core::schema::cel::value::{Failure, List, Made, Map, Value};
use std::rc::Rc;

pub(super) const FUNCTIONS: [Function; 8] = [
    function("url", 1, Run::Plain(url), cost::TRAVERSE),
    function("isURL", 1, Run::Plain(is_url), cost::ONE),
    method("getScheme", 1, Run::Plain(|values| part(values, |url| &url.scheme)), cost::ONE),
    method("getHost", 1, Run::Plain(|values| part(values, |url| &url.host)), cost::ONE),
    method("getHostname", 1, Run::Plain(|values| part(values, GoUrl::hostname)), cost::ONE),
    method("getPort", 1, Run::Plain(|values| part(values, GoUrl::port)), cost::ONE),
    method("getEscapedPath", 1, Run::Plain(|values| part(values, |url| &url.path)), cost::ONE),
    method("getQuery", 1, Run::Plain(query), cost::ONE),
];

fn url<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::Text(text)] = values else { return None };
    Some(match parse(text) {
        Ok(url) => Ok(Value::Url(Rc::new(url))),
        Err(why) => Err(Failure::Error(format!("URL parse error during conversion from string: {why}"))),
    })
}

fn is_url<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::Text(text)] = values else { return None };
    Some(Ok(Value::Bool(request_uri(text).is_ok())))
}

fn part<'a>(values: &[Value<'a>], take: fn(&GoUrl) -> &str) -> Answer<'a> {
    let [Value::Url(url)] = values else { return None };
    Some(Ok(Value::text(take(url))))
}

fn query<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::Url(url)] = values else { return None };
    let mut by_name: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in url.parameters() {
        match by_name.iter_mut().find(|(each, _)| *each == name) {
            Some((_, values)) => values.push(value),
            None => by_name.push((name, vec![value])),
        }
    }
    let mut map = Made::default();
    for (name, values) in by_name {
        let values = values.into_iter().map(Value::text).collect();
        map.insert(Value::text(name), Value::List(List::made(values)));
    }
    Some(Ok(Value::Map(Map::made(map))))
}
