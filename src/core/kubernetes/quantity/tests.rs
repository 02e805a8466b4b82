use super::*;
use proptest::prelude::*;

fn canonical(text: &str) -> String {
    Quantity::parse(text).map_or_else(|error| format!("error: {error}"), |quantity| quantity.to_string())
}

#[test]
fn prints_as_the_api_server_stores() {
    for (text, stored) in [
        ("1024Mi", "1Gi"),
        ("0.5Ti", "512Gi"),
        ("5", "5"),
        ("-1Gi", "-1Gi"),
        ("+1Gi", "+1Gi"),
        ("01Gi", "01Gi"),
        ("08Gi", "8Gi"),
        ("1500m", "1500m"),
        ("1.500", "1.500"),
        ("1.5", "1500m"),
        ("0.5", "500m"),
        ("1000", "1k"),
        ("1e3", "1e3"),
        ("1e2", "100"),
        ("1e-10", "1e-9"),
        ("0.1n", "1n"),
        ("-0.1n", "-1n"),
        (".5Gi", "512Mi"),
        ("1.Gi", "1.Gi"),
        ("Gi", "0"),
        (".", "0"),
        ("+", "0"),
        ("-0", "0"),
        ("00", "0"),
        ("8Ei", "9223372036854775807"),
        ("1Ei", "1Ei"),
        ("1023Ki", "1023Ki"),
        ("0.1Ki", "102400m"),
        ("1000E", "1"),
        ("99999999999999999999", "99999999999999999999"),
    ] {
        assert_eq!(canonical(text), stored, "{text}");
    }
}

#[test]
fn refuses_with_the_words_of_the_library() {
    for text in ["", "abc", " 1Gi", "1Gi ", "1_000", "0x10", "NaN", "1,5", "1 Gi"] {
        assert_eq!(Quantity::parse(text).expect_err(text), QuantityError::Format, "{text:?}");
    }
    for text in ["1e+", "--1", "1ki", "1i", "1ee3", "1e99999999999999999999"] {
        assert_eq!(Quantity::parse(text).expect_err(text), QuantityError::Suffix, "{text:?}");
    }
    assert_eq!(Quantity::parse("-Ei").expect_err("no digits"), QuantityError::Number);
}

#[test]
fn compares_by_value() {
    let quantity = |text| Quantity::parse(text).expect(text);
    assert_eq!(quantity("1Gi"), quantity("1024Mi"));
    assert_eq!(quantity("0"), quantity("-0.0"));
    assert!(quantity("512.0000000001") > quantity("512"));
    assert!(quantity("-5") < quantity("-1m"));
    assert!(quantity("1e2000000000") > quantity("8Ei"));
    assert_eq!(quantity("1.5Gi").to_i64(), Some(1_610_612_736));
    assert_eq!(quantity("1n").to_i64(), Some(1));
    assert_eq!(quantity("0.5").to_milli(), Some(500));
}

proptest! {
    #[test]
    fn never_panics(text in "[-+]?[0-9.]{0,30}[eEinumkKMGTP]{0,3}[-+]?[0-9]{0,12}") {
        let _ = Quantity::parse(&text).map(|quantity| quantity.to_string());
    }

    #[test]
    fn printing_keeps_the_value(number in -1_000_000_000i64..1_000_000_000, fraction in 0u32..1_000_000,
                                suffix in prop::sample::select(vec!["", "n", "u", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "E-2"])) {
        let quantity = Quantity::parse(&format!("{number}.{fraction:06}{suffix}")).expect("valid");
        let again = Quantity::parse(&quantity.to_string()).expect("what is printed can be read");
        prop_assert_eq!(&quantity, &again);
    }

    #[test]
    fn orders_whole_numbers(left: i64, right: i64) {
        let quantity = |number: i64| Quantity::parse(&number.to_string()).expect("valid");
        prop_assert_eq!(quantity(left).cmp(&quantity(right)), left.cmp(&right));
        prop_assert_eq!(quantity(left).to_i64(), Some(left));
    }
}
