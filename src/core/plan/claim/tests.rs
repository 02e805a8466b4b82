use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// Each test of a claim: what it holds of, what contradicts it, and where it says nothing.
#[test]
fn claims() {
    let value = json!({
        "text": "abc", "empty": "", "list": ["a", "b", "c", "a"], "none": [], "five": 5, "quantity": "8",
        "map": {"a": {"b": 1}, "c": 2}, "when": "2026-01-01T00:01:00Z", "flag": false,
        "cells": [{"n": 1}, {"n": 9}],
    });
    let other =
        json!({"text": "abc", "when": "2026-01-01T00:00:00Z", "three": 3, "late": "2026-01-01T01:00:00Z"});
    let mut memory = Memory::default();
    memory.keep("v", value, at(30));
    memory.keep("o", other, at(10));
    memory.keep("gone", Value::Null, at(40));
    let v = |path: &str| of("v").at(path);
    let o = |path: &str| of("o").at(path);
    let minute = Duration::from_secs(60);
    for claim in [
        v(".text").is("abc"),
        v(".flag").is(false),
        v(".text").is_not("x"),
        v(".text").one_of(&["x", "abc"]),
        v(".flag").present(),
        v(".empty").missing(),
        v(".nowhere").missing(),
        of("gone").gone(),
        v(".text").starts("ab"),
        v(".list").contains("b"),
        v(".text").contains("bc"),
        v(".list").lacks("x"),
        v(".text").matches("^a.c$"),
        v(".text").same(o(".text")),
        v(".map").includes(json!({"a": {"b": 1}})),
        v(".list").followed("b", "c"),
        v(".five").at_least(5),
        v(".quantity").at_least(8),
        v(".cells[*].n").at_least(9),
        v(".five").at_most(5),
        v(".list").count(4),
        v(".none").count(0),
        v(".when").after(o(".when")),
        o(".when").fresh(minute, v(".when")),
        of("v").seen_after(Duration::from_secs(20), "o"),
        of("gone").seen_after(Duration::from_secs(10), "v"),
        v(".five").grew_at_most(2, o(".three")),
    ] {
        assert_eq!(claim.stand(&memory), Standing::Holds, "{claim}");
    }
    for claim in [
        v(".text").is("x"),
        v(".nowhere").is_not("x"),
        v(".text").is_not("abc"),
        v(".text").one_of(&["x"]),
        v(".empty").present(),
        v(".nowhere").present(),
        v(".flag").missing(),
        of("v").gone(),
        of("gone").missing(),
        of("gone").at(".text").is("abc"),
        v(".text").starts("b"),
        v(".text").contains("x"),
        v(".list").lacks("b"),
        v(".none").lacks("b"),
        v(".text").matches("^b"),
        v(".five").matches("5"),
        v(".text").same(o(".when")),
        v(".map").includes(json!({"a": {"b": 2}})),
        v(".list").followed("a", "b"),
        v(".list").followed("c", "b"),
        v(".five").at_least(6),
        v(".nowhere").at_least(0),
        v(".five").at_most(4),
        v(".list").count(3),
        o(".when").after(v(".when")),
        o(".when").fresh(minute, o(".late")),
        of("v").seen_after(Duration::from_secs(21), "o"),
        v(".five").grew_at_most(1, o(".three")),
    ] {
        assert!(matches!(claim.stand(&memory), Standing::Broken(_)), "{claim}");
    }
    for claim in [
        of("unknown").present(),
        of("unknown").gone(),
        v(".text").same(of("unknown").at(".text")),
        v(".text").same(o(".nowhere")),
        v(".nowhere").same(o(".text")),
        v(".when").after(o(".text")),
        o(".late").fresh(minute, v(".when")),
        of("v").seen_after(minute, "unknown"),
        v(".text").grew_at_most(1, o(".three")),
        v("[").present(),
    ] {
        assert!(matches!(claim.stand(&memory), Standing::Unseen(_)), "{claim}");
    }
}
