use super::NotEvaluated;
use crate::core::schema::{Judgement, Schema, judge};
use proptest::prelude::*;
use serde_json::{Value, json};

fn schema(rules: Value) -> Schema {
    let schema = json!({"type": "object", "x-kubernetes-validations": rules, "properties": {
        "s": {"type": "string"}, "l": {"type": "array", "items": {"type": "integer"}}, "m": {"type": "object", "additionalProperties": {"type": "string"}},
        "e": {"x-kubernetes-int-or-string": true}, "t": {"type": "string", "format": "date-time"}}});
    Schema::compile(&schema).expect("a valid schema")
}

fn judged(rule: &str) -> Judgement {
    let object =
        json!({"s": "text", "l": [3, 1, 2], "m": {"a": "b"}, "e": "5%", "t": "2026-01-02T03:04:05Z"});
    judge(&object, None, &schema(json!([{"rule": rule}])), Vec::new())
}

fn errors(rule: &str) -> Vec<String> {
    let Judgement { errors, not_evaluated } = judged(rule);
    assert_eq!(not_evaluated, []);
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn a_rule_that_is_not_known_is_left_open() {
    for (rule, what) in [
        ("self.s.toSet()", "toSet(), which is not known here"),
        ("authorizer.group('').check()", "group(), which is not known here"),
        ("params.x == 1", "the name params, which is not known here"),
        ("self.s ==", "its sudden end"),
        ("self.s == 'a", "a text without an end"),
        ("self.s = 'a'", "the character '='"),
        ("a.B{c: 1} == 1", "an unexpected {"),
        ("self.t.getHours('Europe/Berlin') == 4", "the time zone Europe/Berlin"),
        ("self.s.matches('(' + self.s)", "the regular expression (text, which cannot be read"),
    ] {
        let Judgement { errors, not_evaluated } = judged(rule);
        assert_eq!(errors, [], "{rule}");
        let open = NotEvaluated { path: "<nil>".to_owned(), rule: rule.to_owned(), what: what.to_owned() };
        assert_eq!(not_evaluated, [open]);
    }
}

#[test]
fn what_is_left_open_is_not_hidden_by_what_is_true() {
    // Whether the server comes to the unknown part is not asked: it might not take the rule at all.
    assert_eq!(judged("true || self.s.toSet()").not_evaluated.len(), 1);
    // What fails only while it runs is not asked for where something else decides.
    assert_eq!(errors("true || self.t.getHours('Europe/Berlin') == 4"), Vec::<String>::new());
}

#[test]
fn a_message_that_is_not_known_still_leaves_the_error() {
    let rules =
        json!([{"rule": "self.s == 'x'", "message": "must be x", "messageExpression": "self.s.toSet()"}]);
    let Judgement { errors, not_evaluated } = judge(&json!({"s": "y"}), None, &schema(rules), Vec::new());
    assert_eq!(
        errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["<nil>: Invalid value: must be x"]
    );
    assert_eq!(not_evaluated.len(), 1);
    assert!(not_evaluated.iter().all(|open| open.what.contains("messageExpression")));
}

#[test]
fn no_rule_runs_for_long() {
    let many = "[1,2,3,4,5,6,7,8,9,10]";
    let nested = (0..9).fold("true".to_owned(), |inner, depth| format!("{many}.all(x{depth}, {inner})"));
    let cancelled = format!(
        "<nil>: Invalid value: \"object\": 'operation cancelled: actual cost limit exceeded': no further validation rules \
         will be run due to call cost exceeds limit for rule: {nested}"
    );
    assert_eq!(errors(&nested), [cancelled]);
    // A text that doubles with every step.
    let grown = (0..64).fold("self.s".to_owned(), |inner, _| format!("[{inner}].map(x, x + x)[0]"));
    let judgement = judged(&format!("{grown} == ''"));
    assert!(judgement.errors.len() + judgement.not_evaluated.len() == 1, "{judgement:?}");
    // What the server counts only once it is done is not begun.
    for rule in ["lists.range(900000).distinct().size() == 1", "lists.range(900000000000).size() == 1"] {
        let judgement = judged(rule);
        assert!(judgement.errors.iter().any(|error| error.detail.contains("cost")), "{judgement:?}");
    }
    let long = "x".repeat(5000);
    let judgement = judged(&format!("self.s.replace('', '{long}').replace('', '{long}') == ''"));
    let what: Vec<&str> = judgement.not_evaluated.iter().map(|open| open.what.as_str()).collect();
    assert_eq!(what, ["a value of more than 16777216 bytes or items"]);
    // What the server does not count: the size of what is made and compared.
    for rule in [
        "lists.range(900).map(x, self.s.replace('', '0123456789').replace('', '0123456789').replace('', '0123456789').replace('', '0123456789').replace('', '0123456789')).size() == 1",
        "lists.range(30000).map(x, [lists.range(500) + lists.range(500)]).size() == 1",
        "[lists.range(100000)].exists(big, lists.range(20000).all(x, big == big))",
    ] {
        let judgement = judged(rule);
        let is_left = judgement.not_evaluated.iter().any(|open| open.what.contains("more work"));
        assert!(
            is_left || judgement.errors.iter().any(|error| error.detail.contains("cost limit")),
            "{judgement:?}"
        );
    }
}

#[test]
fn depth_is_bounded_before_anything_walks_down() {
    let wide = |count: usize, open: &str, middle: &str, close: &str| {
        format!("{}{middle}{}", open.repeat(count), close.repeat(count))
    };
    for (count, is_fine) in [(80, true), (100_000 / 8, false)] {
        for rule in [
            wide(count, "(", "true", ")"),
            format!("{} == [1]", wide(count, "[", "1", "][0]")),
            wide(count, "true ? ", "true", " : false"),
            wide(count, "!(", "true", ")"),
            format!("1{} == 1", wide(count, " + 1", "", "")),
            wide(count, "[1].all(x, ", "true", ")"),
            format!("self{}", ".m".repeat(count)),
            wide(count, "optional.of(", "1", ").value()"),
        ] {
            let Judgement { not_evaluated, .. } = judged(&rule);
            let is_too_deep =
                not_evaluated.iter().any(|open| open.what.contains("depth") || open.what.contains("length"));
            assert_eq!(!is_too_deep, is_fine, "{}", rule.get(..40).unwrap_or(&rule));
        }
    }
    // Terms side by side are not deep.
    let flat = vec!["self.s == 'text'"; 2000].join(" && ");
    assert_eq!(errors(&flat), Vec::<String>::new());
}

const WORDS: [&str; 78] = [
    "self",
    ".s",
    ".l",
    ".m",
    ".e",
    ".t",
    "[0]",
    "['a']",
    "[?0]",
    ".?a",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "?",
    ".",
    "==",
    "!=",
    "<",
    ">=",
    "in",
    "&&",
    "||",
    "!",
    "-",
    "+",
    "*",
    "/",
    "%",
    "1",
    "0",
    "1.5",
    "2u",
    "'a'",
    "\"b\"",
    "b'c'",
    "r'\\d'",
    "true",
    "null",
    "x",
    "has(",
    ".all(x, ",
    ".exists(x, ",
    ".map(x, ",
    ".filter(x, ",
    ".exists_one(x, ",
    ".transformMap(i, x, ",
    ".sortBy(x, ",
    ".optMap(x, ",
    ".size()",
    "size(",
    "int(",
    "string(",
    "type(",
    "dyn(",
    "duration(",
    "timestamp(",
    ".matches(",
    ".find(",
    ".split(",
    ".join(",
    ".format(",
    ".indexOf(",
    ".sum()",
    ".max()",
    ".orValue(",
    ".hasValue()",
    "optional.of(",
    "quantity(",
    "url(",
    "ip(",
    "cidr(",
    "semver(",
    "'''",
];

proptest! {
    #[test]
    fn nothing_that_is_written_makes_it_panic(words in proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..25), noise in "\\PC{0,40}") {
        let _ = judged(&words.concat());
        let _ = judged(&words.join(" "));
        let _ = judged(&noise);
        let rules = json!([{"rule": "false", "messageExpression": words.concat(), "fieldPath": noise}]);
        let _ = judge(&json!({"s": noise}), Some(&json!({"s": "a"})), &schema(rules), Vec::new());
    }

    #[test]
    fn no_text_makes_a_function_panic(text in "\\PC{0,30}", other in "[-+0-9a-zA-Z.:/%?#@\\[\\] ]{0,30}", index in any::<i64>()) {
        let literal = |text: &str| format!("r'''{}'''", text.replace('\'', ""));
        let (text, other) = (literal(&text), literal(&other));
        for call in [
            "<t>.charAt(<i>)", "<t>.indexOf(<o>, <i>)", "<t>.lastIndexOf(<o>, <i>)", "<t>.lastIndexOf(<o>)", "<t>.replace(<o>, <t>, <i>)", "<t>.split(<o>, <i>)", "<t>.substring(<i>)",
            "<t>.substring(0, <i>)", "<t>.format([<o>, <i>])", "<o>.format([1.5, <i>, <t>])", "url(<o>).getQuery()", "url(<t>).getHostname()", "ip(<o>)", "cidr(<o>)", "semver(<o>, true)",
            "semver(<t>)", "quantity(<o>)", "timestamp(<o>)", "duration(<o>)", "timestamp(<i>)", "<t>.find(<o>)", "<o>.findAll(<t>, <i>)", "lists.range(<i>)", "[1, 2].slice(0, <i>)", "[1][<i>]",
            "int(<o>)", "double(<o>)", "timestamp(0).getHours(<o>)", "<i> + <i>", "<i> * <i>", "<i> / -1", "<i> % -1", "-<i>", "duration('1h') + duration(<o>)", "format.uri().validate(<t>)",
        ] {
            let call = call.replace("<t>", &text).replace("<o>", &other).replace("<i>", &format!("({index})"));
            let _ = judged(&format!("optional.of({call}).hasValue()"));
        }
    }
}

#[test]
fn maps_and_durations_that_a_rule_makes_are_as_in_go() {
    for rule in [
        "{1: 'x'}[1.0] == 'x'",
        "1.0 in {1: 'x'}",
        "dyn({'a': 1})['a'] == 1",
        "{'a': 1, dyn('a'): 2}['a'] == 2",
        "duration('1h') + duration('1m') == duration('61m')",
    ] {
        assert_eq!(errors(rule), Vec::<String>::new(), "{rule}");
    }
}

#[test]
fn an_address_is_named_in_an_error() {
    let errors = errors("[?dyn(ip('192.0.2.1'))] == []");
    assert!(errors[0].contains("non-optional value 192.0.2.1"), "{errors:?}");
}
