//! Texts from outside, of any kind: never a panic, and what is written by the rules is read back.

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::super::options::ProxyVariables;
use super::super::transport::status::{Status, quoted};
use super::super::transport::{answer, proxy};

fn go_quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

proptest! {
    #[test]
    fn any_text_may_be_a_message(text in "(User |cannot |resource |admission webhook |failed calling webhook |\"|\\\\|.){0,40}") {
        let status = Status { message: text, ..Status::default() };
        let _ = (status.forbidden(), status.denied_by(), status.unreachable_webhook(), status.field_conflicts());
    }

    #[test]
    fn any_text_may_be_an_exception_or_a_proxy(exception in "([a-z0-9.:/*,\\[\\] -]|\\PC){0,24}", address in "([a-z0-9.:/@\\[\\]]|\\PC){0,24}") {
        let server = "https://api.example.org:6443".parse().expect("a server");
        let variables = ProxyVariables { https: Some(address), http: None, none: Some(exception), cgi: false };
        let _ = proxy::choose(&server, None, &variables);
    }

    #[test]
    fn a_host_that_is_excepted_by_name_is_always_excepted(host in "[a-z]{1,8}(\\.[a-z]{1,8}){0,3}", sub in "[a-z]{1,8}") {
        let server = format!("https://{sub}.{host}").parse().expect("a server");
        let variables = ProxyVariables { https: Some("http://proxy:1".to_owned()), http: None, none: Some(format!("x, .{host}")), cgi: false };
        prop_assert!(proxy::choose(&server, None, &variables).is_ok_and(|proxy| proxy.is_none()));
    }

    #[test]
    fn any_bytes_may_be_a_warning(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        if let Ok(value) = HeaderValue::from_bytes(&bytes) {
            let headers: HeaderMap = [(http::header::WARNING, value)].into_iter().collect();
            let _ = answer::warnings(&headers);
        }
    }

    #[test]
    fn warnings_are_read_back(texts in proptest::collection::vec("[ -~é]{0,30}", 1..4)) {
        let line = texts.iter().map(|text| format!("299 - {}", go_quoted(text))).collect::<Vec<_>>().join(", ");
        let value = HeaderValue::from_bytes(line.as_bytes()).expect("a header");
        let headers: HeaderMap = [(http::header::WARNING, value)].into_iter().collect();
        prop_assert_eq!(answer::warnings(&headers), texts);
    }

    #[test]
    fn quoted_texts_are_read_back(text in "\\PC{0,20}", rest in "\\PC{0,10}") {
        let line = format!("{}{rest}", go_quoted(&text));
        prop_assert_eq!(quoted(&line), Some((text, rest.as_str())));
    }
}
