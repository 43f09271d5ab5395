//! What is packed is read as the standards say, as other crates pack it, and refused where it is broken.

use proptest::prelude::*;

use super::{super::properties::chosen, cbor::Cbor, msgpack::Msgpack, *};

fn json<'a, R: Reader<'a>>(bytes: &'a [u8]) -> Result<String, Wrong> {
    match text::<R>(bytes, &Cancelled::new()) {
        Ok((text, whole)) => {
            assert!(whole);
            for line in text.split(|byte| *byte == b'\n') {
                assert!(line.is_empty() || super::super::json::scan(line, &Cancelled::new()).is_ok(), "{text:?}");
            }
            Ok(String::from_utf8(text).unwrap())
        }
        Err(Stop::Not { at, why }) => Err((at, why)),
        Err(Stop::Cancelled) => panic!("cancelled"),
    }
}

fn bytes(digits: &str) -> Vec<u8> {
    hex::decode(digits.replace(' ', "")).unwrap()
}

/// RFC 8949, appendix A.
#[test]
fn the_examples_of_the_standard_are_read() {
    for (digits, expected) in [
        ("00", "0"),
        ("17", "23"),
        ("1818", "24"),
        ("1b000000e8d4a51000", "1000000000000"),
        ("1bffffffffffffffff", "18446744073709551615"),
        ("c249010000000000000000", r#"{"$tag":2,"value":18446744073709551616}"#),
        ("3bffffffffffffffff", "-18446744073709551616"),
        ("c349010000000000000000", r#"{"$tag":3,"value":-18446744073709551617}"#),
        ("20", "-1"),
        ("3903e7", "-1000"),
        ("f90000", "0.0"),
        ("f98000", "-0.0"),
        ("f93c00", "1.0"),
        ("fb3ff199999999999a", "1.1"),
        ("f93e00", "1.5"),
        ("f97bff", "65504.0"),
        ("fa47c35000", "100000.0"),
        ("fa7f7fffff", "3.4028235e38"),
        ("fb7e37e43c8800759c", "1e300"),
        ("f90001", "5.9604645e-8"),
        ("f90400", "6.1035156e-5"),
        ("f9c400", "-4.0"),
        ("fbc010666666666666", "-4.1"),
        ("f97c00", r#"{"$float":"Infinity"}"#),
        ("f97e00", r#"{"$float":"NaN"}"#),
        ("f9fc00", r#"{"$float":"-Infinity"}"#),
        ("fa7f800000", r#"{"$float":"Infinity"}"#),
        ("fa7fc00000", r#"{"$float":"NaN"}"#),
        ("fb7ff8000000000001", r#"{"$float":"NaN","bits":"7ff8000000000001"}"#),
        ("f4", "false"),
        ("f5", "true"),
        ("f6", "null"),
        ("f7", r#"{"$simple":"undefined"}"#),
        ("f0", r#"{"$simple":16}"#),
        ("f8ff", r#"{"$simple":255}"#),
        ("c074323031332d30332d32315432303a30343a30305a", r#"{"$tag":0,"value":"2013-03-21T20:04:00Z"}"#),
        ("c11a514b67b0", r#"{"$tag":1,"value":1363896240,"time":"2013-03-21T20:04:00Z"}"#),
        ("c1fb41d452d9ec200000", r#"{"$tag":1,"value":1363896240.5,"time":"2013-03-21T20:04:00.5Z"}"#),
        ("d74401020304", r#"{"$tag":23,"value":{"$hex":"01020304","length":4}}"#),
        ("d818456449455446", r#"{"$tag":24,"value":"IETF","length":5}"#),
        ("d8184101", r#"{"$tag":24,"value":1,"length":1}"#),
        ("d81841ff", r#"{"$tag":24,"value":{"$hex":"ff","length":1}}"#),
        ("d9d9f783010203", r#"{"$tag":55799,"value":[1,2,3]}"#),
        ("40", r#"{"$hex":"","length":0}"#),
        ("62225c", r#""\"\\""#),
        ("62c3bc", "\"ü\""),
        ("80", "[]"),
        ("8301820203820405", "[1,[2,3],[4,5]]"),
        ("a0", "{}"),
        ("a201020304", r#"{"$map":[[1,2],[3,4]]}"#),
        ("a26161016162820203", r#"{"a":1,"b":[2,3]}"#),
        ("826161a161626163", r#"["a",{"b":"c"}]"#),
        ("5f42010243030405ff", r#"{"$hex":"0102030405","length":5}"#),
        ("7f657374726561646d696e67ff", "\"streaming\""),
        ("9fff", "[]"),
        ("9f018202039f0405ffff", "[1,[2,3],[4,5]]"),
        ("83018202039f0405ff", "[1,[2,3],[4,5]]"),
        ("bf61610161629f0203ffff", r#"{"a":1,"b":[2,3]}"#),
        ("bf6346756ef563416d7421ff", r#"{"Fun":true,"Amt":-2}"#),
        // Not of the appendix: names that are there twice, names of ours, text that is none, several values.
        ("a2616101616102", r#"{"a":1,"a":2}"#),
        ("a1642468657801", r#"{"$map":[["$hex",1]]}"#),
        ("a26161016424686578f6", r#"{"a":1,"$hex":null}"#),
        ("a18101a0", r#"{"$map":[[[1],{}]]}"#),
        ("a1c1010a", r#"{"$map":[[{"$tag":1,"value":1,"time":"1970-01-01T00:00:01Z"},10]]}"#),
        ("61ff", r#"{"$hex":"ff","length":1,"text":false}"#),
        ("610a", r#""\n""#),
        ("0102", "1\n2"),
        (
            "c101c102",
            "{\"$tag\":1,\"value\":1,\"time\":\"1970-01-01T00:00:01Z\"}\n{\"$tag\":1,\"value\":2,\"time\":\"1970-01-01T00:00:02Z\"}",
        ),
    ] {
        assert_eq!(json::<Cbor<'_>>(&bytes(digits)).as_deref(), Ok(expected), "{digits}");
    }
}

#[test]
fn what_is_not_well_formed_says_where() {
    for (digits, at, why) in [
        ("18", 1, "it ends too early"),
        ("1c", 0, "a length that CBOR does not have"),
        ("ff", 0, "an end of nothing"),
        ("81", 0, "more elements than there are bytes"),
        ("8200", 0, "more elements than there are bytes"),
        ("9f00", 2, "it ends too early"),
        ("bf00ff", 2, "an end where a value is expected"),
        ("8101ff", 2, "an end of nothing"),
        ("81ff", 1, "an end where a value is expected"),
        ("c1ff", 1, "an end where a value is expected"),
        ("5f01ff", 1, "a piece of a string that is no piece of it"),
        ("5f5f4100ffff", 1, "a piece of a string that is no piece of it"),
        ("f818", 0, "a simple value that is written too long"),
        ("5bffffffffffffffff", 9, "it ends too early"),
        ("9bffffffffffffffff", 0, "more elements than there are bytes"),
        ("bb8000000000000000", 0, "more elements than there are bytes"),
        ("ddc1", 0, "a length that CBOR does not have"),
    ] {
        assert_eq!(json::<Cbor<'_>>(&bytes(digits)), Err((at, why)), "{digits}");
    }
    for (digits, at, why) in [
        ("c1", 0, "a byte that msgpack never uses"),
        ("91", 0, "more elements than there are bytes"),
        ("dfffffffff", 0, "more elements than there are bytes"),
        ("81a161", 3, "it ends too early"),
        ("c6ffffffff", 5, "it ends too early"),
    ] {
        assert_eq!(json::<Msgpack<'_>>(&bytes(digits)), Err((at, why)), "{digits}");
    }
    let (view, rows, note) = chosen(&bytes("a16161ff"), "application/cbor");
    assert_eq!(
        (view, rows.len(), note.as_deref()),
        ("hex", 1, Some("not CBOR: an end where a value is expected at byte 3"))
    );
}

#[test]
fn every_form_of_msgpack_is_read() {
    for (digits, expected) in [
        ("00", "0"),
        ("7f", "127"),
        ("e0", "-32"),
        ("ff", "-1"),
        ("cc ff", "255"),
        ("cd ffff", "65535"),
        ("ce ffffffff", "4294967295"),
        ("cf ffffffffffffffff", "18446744073709551615"),
        ("d0 80", "-128"),
        ("d1 8000", "-32768"),
        ("d2 80000000", "-2147483648"),
        ("d3 8000000000000000", "-9223372036854775808"),
        ("d1 7fff", "32767"),
        ("c0 c2 c3", "null\nfalse\ntrue"),
        ("ca 3dcccccd", "0.1"),
        ("cb 3fb999999999999a", "0.1"),
        ("ca ff800000", r#"{"$float":"-Infinity"}"#),
        ("a3 666f6f", "\"foo\""),
        ("d9 03 666f6f", "\"foo\""),
        ("da 0003 666f6f", "\"foo\""),
        ("db 00000003 666f6f", "\"foo\""),
        ("c4 01 ff", r#"{"$hex":"ff","length":1}"#),
        ("c5 0001 ff", r#"{"$hex":"ff","length":1}"#),
        ("c6 00000001 ff", r#"{"$hex":"ff","length":1}"#),
        ("d4 05 01", r#"{"$ext":5,"$hex":"01","length":1}"#),
        ("d5 80 0102", r#"{"$ext":-128,"$hex":"0102","length":2}"#),
        ("c7 03 05 010203", r#"{"$ext":5,"$hex":"010203","length":3}"#),
        ("c8 0001 05 01", r#"{"$ext":5,"$hex":"01","length":1}"#),
        ("c9 00000001 05 01", r#"{"$ext":5,"$hex":"01","length":1}"#),
        ("d6 ff 514b67b0", r#"{"$ext":-1,"$hex":"514b67b0","length":4,"time":"2013-03-21T20:04:00Z"}"#),
        (
            "d7 ff 77359400 514b67b0",
            r#"{"$ext":-1,"$hex":"77359400514b67b0","length":8,"time":"2013-03-21T20:04:00.5Z"}"#,
        ),
        (
            "c7 0c ff 00000001 ffffffffffffffff",
            r#"{"$ext":-1,"$hex":"00000001ffffffffffffffff","length":12,"time":"1969-12-31T23:59:59.000000001Z"}"#,
        ),
        ("90", "[]"),
        ("92 01 91 02", "[1,[2]]"),
        ("dc 0001 00", "[0]"),
        ("dd 00000001 00", "[0]"),
        ("80", "{}"),
        ("82 a161 01 a162 80", r#"{"a":1,"b":{}}"#),
        ("de 0001 a161 c0", r#"{"a":null}"#),
        ("df 00000001 01 02", r#"{"$map":[[1,2]]}"#),
    ] {
        assert_eq!(json::<Msgpack<'_>>(&bytes(digits)).as_deref(), Ok(expected), "{digits}");
    }
}

#[test]
fn a_body_is_known_by_its_type_or_its_bytes() {
    let packed = bytes("82a46e616d65a3616263a26964cd1234");
    for (content_type, view) in [
        ("application/msgpack", "msgpack"),
        ("application/x-msgpack; v=1", "msgpack"),
        ("application/octet-stream", "msgpack"),
        ("text/plain", "hex"),
        ("application/json", "hex"),
    ] {
        assert_eq!(chosen(&packed, content_type).0, view, "{content_type}");
    }
    let packed = bytes("a2646e616d6563616263626964191234");
    for (content_type, view) in [
        ("application/cbor", "cbor"),
        ("application/senml+cbor", "cbor"),
        ("application/octet-stream", "cbor"),
        ("application/vnd.x", "hex"),
    ] {
        assert_eq!(chosen(&packed, content_type).0, view, "{content_type}");
    }
    assert_eq!(chosen(&bytes("d9d9f7820102"), "application/octet-stream").0, "cbor");
    for text in ["{\"a\":1}", "[1]", "plain", "\u{a1}Hola!", "\u{81}\u{e9}", "=\u{e9}"] {
        let latin: Vec<u8> = text.chars().map(|char| char as u8).collect();
        for bytes in [text.as_bytes(), &latin] {
            assert!(!looks_like::<Cbor<'_>>(bytes) && !looks_like::<Msgpack<'_>>(bytes), "{text}");
        }
    }
    // A body that is cut off where the look ends.
    let long = [bytes("82a16181a162da4000"), vec![b'x'; 0x4000]].concat();
    assert!(looks_like::<Msgpack<'_>>(&long));
}

#[test]
fn values_stand_as_json_does() {
    let (view, rows, note) = chosen(&bytes("a2616101616282f5a0"), "application/cbor");
    assert_eq!((view, note), ("cbor", None));
    assert_eq!(rows, ["{", "  \"a\": 1,", "  \"b\": [", "    true,", "    {}", "  ]", "}"]);
    assert_eq!(chosen(&bytes("0102"), "application/cbor-seq").1, ["1", "2"]);
}

#[test]
fn no_depth_is_a_problem_and_no_body_becomes_too_long() {
    let deep = vec![0x81; 1_000_000];
    let deep = [deep.as_slice(), &[0]].concat();
    assert_eq!(json::<Cbor<'_>>(&deep).unwrap().len(), 2_000_001);
    let deep = [vec![0x91; 1_000_000].as_slice(), &[0]].concat();
    assert_eq!(json::<Msgpack<'_>>(&deep).unwrap().len(), 2_000_001);
    assert_eq!(json::<Cbor<'_>>(&vec![0xc1; 5_000_000]), Err((DEEPEST, "values too deep in each other")));
    let plain = check::<Cbor<'_>>(&[0x9f], &Cancelled::new());
    assert!(plain.is_err());
    let many = [vec![0x9f].as_slice(), &[0xf0; 1000], &[0xff]].concat();
    let plain = check::<Cbor<'_>>(&many, &Cancelled::new()).unwrap();
    let mut writer = write::Writer::new(&plain, 200);
    assert!(!walk(Cbor::of(&many), &mut writer, &Cancelled::new()).unwrap());
    let text = String::from_utf8(writer.text()).unwrap();
    assert!(text.len() < 230 && text.ends_with("16}]"), "{text}");
}

/// A value as both crates know it.
#[derive(Clone, Debug)]
enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-300_i64..300).prop_map(Value::Int),
        any::<f64>().prop_filter("numbers", |number| number.is_finite()).prop_map(Value::Float),
        "[a-zé\"\\\\\n\u{1}]{0,40}".prop_map(Value::Text),
        proptest::collection::vec(any::<u8>(), 0..100).prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(4, 40, 20, |inner| {
        let name = prop_oneof![4 => "[a-z$]{0,3}".prop_map(Value::Text), 1 => inner.clone()];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..20).prop_map(Value::List),
            proptest::collection::vec((name, inner), 0..5).prop_map(Value::Map),
        ]
    })
}

impl Value {
    fn json(&self) -> String {
        let text = |text: &str| serde_json::to_string(text).unwrap();
        match self {
            Self::Null => "null".into(),
            Self::Bool(bool) => bool.to_string(),
            Self::Int(number) => number.to_string(),
            Self::Float(number) => format!("{number:?}"),
            Self::Text(string) => text(string),
            Self::Bytes(bytes) if bytes.len() <= 64 => {
                format!("{{\"$hex\":\"{}\",\"length\":{}}}", hex::encode(bytes), bytes.len())
            }
            Self::Bytes(bytes) => {
                use base64::Engine as _;
                let text = base64::engine::general_purpose::STANDARD.encode(bytes);
                format!("{{\"$base64\":\"{text}\",\"length\":{}}}", bytes.len())
            }
            Self::List(all) => format!("[{}]", all.iter().map(Self::json).collect::<Vec<_>>().join(",")),
            Self::Map(all) => {
                let ours = |name: &Self| matches!(name, Self::Text(name) if forms::is_ours(name.as_bytes()));
                let plain = all.iter().all(|(name, _)| matches!(name, Self::Text(_)))
                    && !all.first().is_some_and(|(name, _)| ours(name));
                let pair = |(name, value): &(Self, Self)| {
                    let (name, value) = (name.json(), value.json());
                    if plain { format!("{name}:{value}") } else { format!("[{name},{value}]") }
                };
                let pairs = all.iter().map(pair).collect::<Vec<_>>().join(",");
                if plain { format!("{{{pairs}}}") } else { format!("{{\"$map\":[{pairs}]}}") }
            }
        }
    }

    fn cbor(&self) -> ciborium::Value {
        use ciborium::Value as To;
        match self {
            Self::Null => To::Null,
            Self::Bool(bool) => To::Bool(*bool),
            Self::Int(number) => To::Integer((*number).into()),
            Self::Float(number) => To::Float(*number),
            Self::Text(text) => To::Text(text.clone()),
            Self::Bytes(bytes) => To::Bytes(bytes.clone()),
            Self::List(all) => To::Array(all.iter().map(Self::cbor).collect()),
            Self::Map(all) => To::Map(all.iter().map(|(name, value)| (name.cbor(), value.cbor())).collect()),
        }
    }

    fn msgpack(&self) -> rmpv::Value {
        use rmpv::Value as To;
        match self {
            Self::Null => To::Nil,
            Self::Bool(bool) => To::Boolean(*bool),
            Self::Int(number) => To::from(*number),
            Self::Float(number) => To::F64(*number),
            Self::Text(text) => To::from(text.as_str()),
            Self::Bytes(bytes) => To::Binary(bytes.clone()),
            Self::List(all) => To::Array(all.iter().map(Self::msgpack).collect()),
            Self::Map(all) => To::Map(all.iter().map(|(name, value)| (name.msgpack(), value.msgpack())).collect()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_others_pack_is_read(value in value()) {
        let mut packed = Vec::new();
        rmpv::encode::write_value(&mut packed, &value.msgpack()).unwrap();
        let ours = json::<Msgpack<'_>>(&packed);
        prop_assert_eq!(ours, Ok(value.json()));
        let mut packed = Vec::new();
        ciborium::into_writer(&value.cbor(), &mut packed).unwrap();
        // That crate packs a fraction as short as it can, which may be written shorter than the same one of double precision.
        let ours = json::<Cbor<'_>>(&packed).unwrap();
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        prop_assert_eq!(read(&ours), read(&value.json()));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for result in [json::<Cbor<'_>>(&bytes), json::<Msgpack<'_>>(&bytes)] {
            if let Err((at, _)) = result {
                prop_assert!(at <= bytes.len());
            }
        }
    }

    #[test]
    fn what_is_cut_off_or_changed_is_read_or_refused(value in value(), at in any::<prop::sample::Index>(), with in any::<u8>()) {
        let mut packed = Vec::new();
        ciborium::into_writer(&value.cbor(), &mut packed).unwrap();
        let at = at.index(packed.len());
        let _ = json::<Cbor<'_>>(&packed[..at]);
        packed[at] = with;
        let _ = json::<Cbor<'_>>(&packed);
        let mut packed = Vec::new();
        rmpv::encode::write_value(&mut packed, &value.msgpack()).unwrap();
        let at = at % packed.len();
        let _ = json::<Msgpack<'_>>(&packed[..at]);
        packed[at] = with;
        let _ = json::<Msgpack<'_>>(&packed);
    }
}
