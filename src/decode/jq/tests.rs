//! What holds for every expression: the language, its mistakes and places, and that nothing gets past the limits.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::decode::properties::json;

/// Time that no test runs out of, however busy the machine is.
fn patient() -> Limits {
    Limits { time: Duration::from_secs(300), ..Limits::default() }
}

fn results(expression: &str, text: &str, limits: &Limits) -> Results {
    let program = compile(expression).unwrap_or_else(|mistake| panic!("{expression}: {mistake:?}"));
    run(&program, &Bytes::copy_from_slice(text.as_bytes()), limits, &Cancelled::new()).unwrap()
}

/// The values and what was said.
fn said(expression: &str, text: &str) -> (String, Option<String>) {
    let results = results(expression, text, &patient());
    assert_eq!(memchr::memchr_iter(b'\n', &results.text).count(), results.count);
    (String::from_utf8(results.text.to_vec()).unwrap(), results.why)
}

fn values(expression: &str, text: &str) -> String {
    let (values, why) = said(expression, text);
    assert_eq!(why, None, "{expression}");
    values.trim_end().replace('\n', " ")
}

#[test]
fn the_language_is_that_of_jq() {
    let body = r#"{"a":[1,2,{"b":"x\u00e9"}],"n":null,"t":true,"f":1.50}"#;
    for (expression, expected) in [
        (".", r#"{"a":[1,2,{"b":"xé"}],"n":null,"t":true,"f":1.50}"#),
        (".a[0]", "1"),
        (".a[-1].b", "\"xé\""),
        (".a[:2]", "[1,2]"),
        (".a[]", r#"1 2 {"b":"xé"}"#),
        (".missing.deep", "null"),
        ("keys", r#"["a","f","n","t"]"#),
        ("[paths]", r#"[["a"],["a",0],["a",1],["a",2],["a",2,"b"],["n"],["t"],["f"]]"#),
        ("[.. | numbers] | add", "4.5"),
        ("to_entries | map(.key) | join(\"-\")", "\"a-n-t-f\""),
        (".a |= map(numbers) | .a", "[1,2]"),
        ("del(.a, .n)", r#"{"t":true,"f":1.50}"#),
        (".x.y[2] = 1 | .x", r#"{"y":[null,null,1]}"#),
        (".a[1:] = [9] | .a", "[1,9]"),
        ("if .t then \"yes\" else \"no\" end", "\"yes\""),
        (".a[2].b | test(\"^X\"; \"i\")", "true"),
        ("[\"a1b22\" | scan(\"[0-9]+\")]", r#"["1","22"]"#),
        ("\"aébéc\" | [match(\"é\"; \"g\").offset]", "[1,3]"),
        ("\"2024-01-02\" | capture(\"(?<y>[0-9]+)-(?<m>[0-9]+)\")", r#"{"y":"2024","m":"01"}"#),
        ("\"a,b\" | split(\",\")", r#"["a","b"]"#),
        ("\"abc\" | sub(\"b\"; \"x\")", "\"axc\""),
        ("[1,2] | contains([1])", "true"),
        ("\"ababa\" | indices(\"aba\")", "[0,2]"),
        ("[3,1,2] | sort, min, max, length", "[1,2,3] 1 3 3"),
        ("[{\"k\":1,\"v\":1},{\"k\":1,\"v\":2}] | group_by(.k) | map(length)", "[2]"),
        ("reduce range(5) as $i (0; . + $i)", "10"),
        ("[limit(3; repeat(1))]", "[1,1,1]"),
        ("first(range(10;0;-3))", "10"),
        ("\"\\(1+1) and \\(.t)\"", "\"2 and true\""),
        ("@base64 \"\\(\"hi\")\" | ., @base64d", "\"aGk=\" \"hi\""),
        ("\"[1,{}]\" | fromjson", "[1,{}]"),
        (".a | tojson", r#""[1,2,{\"b\":\"xé\"}]""#),
        ("0 | todate", "\"1970-01-01T00:00:00Z\""),
        ("\"aé😀\" | length, utf8bytelength, .[1:2], explode", "3 7 \"é\" [97,233,128512]"),
        ("{} | .a += 1 | .b //= 2", r#"{"a":1,"b":2}"#),
        ("{\"a\":{\"x\":1}} * {\"a\":{\"y\":2}}", r#"{"a":{"x":1,"y":2}}"#),
        ("[1,2,1] - [1]", "[2]"),
        ("\"ab\" * 3, (\"x\" * 0)", "\"ababab\" null"),
        ("try error(\"e\") catch .", "\"e\""),
        ("[.[]?] | length", "4"),
        ("def f(g): [g, g]; f(.t)", "[true,true]"),
        ("def f(g): if . > 3 then . else g | f(g) end; 0 | f(. + 1)", "4"),
        ("nan, infinite", "null 1.7976931348623157e+308"),
        ("label $out | 1, break $out, 2", "1"),
        ("walk(if type == \"number\" then . + 1 else . end) | .a", r#"[2,3,{"b":"xé"}]"#),
        ("[1,[2,[3]]] | flatten, flatten(1)", "[1,2,3] [1,2,[3]]"),
    ] {
        assert_eq!(values(expression, body), expected, "{expression}");
    }
}

#[test]
fn numbers_and_order_are_what_was_sent() {
    let body =
        r#"{"z":-0,"a":1e400,"b":12345678901234567890123,"c":1.10,"d":1E+2,"z2":0.1000000000000000055511151231257827}"#;
    assert_eq!(values(".", body), body);
    assert_eq!(values(".b + 1", body), "12345678901234567890124");
    assert_eq!(values("[.[]] | .[0], .[3]", body), "-0 1.10");
    assert_eq!(values(".a > 5, .a == .a, (.c == 1.1)", body), "true true true");
    let long = "9".repeat(5000);
    assert_eq!(values(".", &long), long);
    assert_eq!(values(".", r#"{"a":1,"b":2,"a":3}"#), r#"{"a":3,"b":2}"#);
    assert_eq!(values(".", r#""\ud800x\ud83d\ude00""#), "\"\u{fffd}x😀\"");
}

#[test]
fn many_values_are_one_after_another() {
    assert_eq!(values(".a", "{\"a\":1}\n\n{\"a\":2}{\"a\":3}"), "1 2 3");
    assert_eq!(values(".", "\u{1e}1\n\u{1e}[2]\n"), "1 [2]");
    assert_eq!(
        said(".a", "{\"a\":1} 2 {\"a\":3}"),
        ("1\n3\n".into(), Some("cannot index 2 with \"a\" (value 2)".into()))
    );
    // An escape has four digits and no sign.
    assert!(said(".", r#""\u+041""#).1.is_some_and(|why| why.starts_with("not JSON: ")));
    assert_eq!(said(".", "[1] oops"), ("[1]\n".into(), Some("not JSON: expected a value at byte 4".into())));
    assert_eq!(values(".", " "), "");
    for text in ["[1,]", "{\"a\"}", "[01]", "\"a", "\"\u{1}\"", "nul", "{,}", "[1 2]", "1.", "-", "\"\\x\""] {
        assert!(said(".", text).1.is_some_and(|why| why.starts_with("not JSON: ")), "{text}");
    }
}

#[test]
fn a_mistake_has_its_place() {
    for (expression, span, sentence) in [
        (".a | foo", 5..8, "there is no filter foo; a member is .foo"),
        ("lenght", 0..6, "there is no filter lenght; did you mean length?"),
        ("map", 0..3, "map takes 1 argument, and here are 0"),
        (". + $x", 4..6, "there is no variable $x; `… as $x | …` makes one"),
        (".a |", 4..4, "expected a term, and here it ends"),
        ("[1, 2", 5..5, "expected a closing bracket"),
        (".a )", 3..4, "nothing opens this ')'"),
        (". § 1", 2..4, "this is no part of the language"),
        ("if . then 1", 11..11, "expected else or end, and here it ends"),
        ("now", 0..3, "now is left out: the same body gives the same result at any time"),
        (". | $ENV.A", 4..8, "$ENV is left out: an expression sees nothing of this machine"),
        ("env", 0..3, "env is left out: an expression sees nothing of this machine"),
        ("input", 0..5, "input is left out: an expression sees this body and no other"),
        ("halt", 0..4, "halt is left out: an expression does not end the program; use empty or error"),
        ("include \"a\"; .", 9..10, "import and include are left out: an expression reads no files"),
        ("", 0..0, "expected a term, and here it ends"),
    ] {
        let mistake = compile(expression).unwrap_err();
        assert_eq!((mistake.span, mistake.sentence.as_str()), (span, sentence), "{expression}");
    }
    assert!(compile(&"(".repeat(4096)).is_err());
    assert!(compile(&format!("{}1{}", "[".repeat(2000), "]".repeat(2000))).is_ok());
    assert!(compile(&".".repeat(5000)).unwrap_err().sentence.contains("4096"));
}

#[test]
fn what_has_no_end_is_ended() {
    let limits = Limits { time: Duration::from_millis(60), memory: 32 << 20, ..Limits::default() };
    let body = r#"{"a":[1,2,3],"s":"xxxxxxxxxxxxxxxx"}"#;
    for expression in [
        "def f: f; f",
        "def f: 1 + f; f",
        "def f: [f]; f",
        "def f(g): f(g); f(.)",
        "def f(g): f(g | g); f(.)",
        "def f(g): g | f(f(g)); f(.)",
        "def f: f, f; f",
        "def f: f | f; f",
        "def f: (., 1) | f; f",
        "def f: try f catch f; f",
        "def f: def g: f; g; f",
        "def f: . as $x | f; f",
        "def f: reduce 1 as $x (.; f); f",
        "def f: path(f); f",
        "def f: .a |= f; f",
        "def f: label $x | f; f",
        "def f($x): f($x + 1); f(0)",
        "def f($x): f([$x]); f(0)",
        "[range(1e9)]",
        "[range(1; infinite)]",
        "[range(0; 1; 0)]",
        "last(range(1e18))",
        "\"a\" * 1e9",
        "\"a\" * 1000000000",
        "reduce range(60) as $i (\"a\"; . + .)",
        "reduce range(60) as $i ([1]; . + .)",
        "reduce range(60) as $i (10; . * .)",
        "reduce range(10000000) as $i (.; [.])",
        "reduce range(10000000) as $i (.; {a: .})",
        "def f: [., .]; reduce range(100) as $i (.; f) | tojson",
        "repeat(1) | empty",
        "last(repeat(1))",
        "[repeat(1)]",
        "[recurse([.])]",
        "last(recurse([.]))",
        "until(false; .)",
        "[while(true; . )]",
        "path(last(repeat(.b?)))",
        "path(reduce range(10000000) as $i (null; .a))",
        "last(path(limit(10000000; repeat(.a?))))",
        "null | path(last(recurse(.a)))",
        "path(last(recurse(.[0:]?)))",
        "[1] | path(last(recurse(.[0:])))",
        "foreach repeat(1) as $x (0; ., 1) | empty",
        "[limit(1000000000; foreach repeat(1) as $x (0; . + 1, . + 2))]",
        "reduce repeat(1) as $x (0; ., 1)",
        "[combinations(50)]?, ([range(100)] | [.,.,.,.,.,.] | [combinations])",
        "[range(100000)] | [.[] as $x | .[] as $y | [$x, $y]]",
        "[range(1000000) | tostring] | sort_by(.) | group_by(length) | map(unique) | [., ., .] | tojson | length | error",
        "[\"a\" * 8000000 | explode]",
        "(\"a\" * 8000000) / \"\"",
        "\"a\" * 100000 | [scan(\"\")] | [., .] | tojson",
        "\"a\" * 1000000 | [match(\"()()()()()()()()()()()()()()()()\"; \"g\")]",
        "getpath([range(1000000)])",
        "setpath([range(1000000)]; 1)",
        "[range(100000)] | [splits(\"a\")]",
        ".a[999999] = 1 | [., ., .] | .. |= [., .]",
        "walk([., .]) | walk([., .]) | walk([., .]) | walk([., .]) | walk([., .]) | walk([., .]) | walk([., .])",
        "[limit(100000000; repeat(1))] | length",
        "\"\\(def f: 1 + f; f)\"",
        "@sh \"\\([range(10000000)])\"",
        "[.. | ..] | [.. | ..] | [.. | ..] | [.. | ..] | [.. | ..] | [.. | ..]",
        "1 | ltrimstr(def f: f; f)",
        "limit(1; def f: f; f)",
        "first(repeat(empty))",
        "isempty(repeat(empty))",
        "[.] | until(length > 100000000; . + .)",
        "{} | until(length > 100000000; . + {(length | tostring): length})",
    ] {
        let program = compile(expression).unwrap();
        let results = run(&program, &Bytes::from_static(body.as_bytes()), &limits, &Cancelled::new()).unwrap();
        assert!(results.why.as_deref() != Some(FAULT), "{expression}");
        assert!(results.text.len() <= limits.output + 1, "{expression}");
        assert!(results.why.is_some() || results.count > 0, "{expression} ended by itself");
    }
}

#[test]
fn a_limit_is_said() {
    let why = |expression: &str, limits: Limits| {
        let results = results(expression, "[]", &limits);
        (results.count, results.text.len(), results.why.unwrap_or_default())
    };
    let none = Limits { time: Duration::ZERO, ..patient() };
    assert_eq!(why("def f: f; f", none), (0, 0, "stopped after 0 ns".into()));
    assert_eq!(why("def f: f; f", patient()), (0, 0, "stopped: it took too many steps".into()));
    let small = Limits { output: 100, ..patient() };
    assert_eq!(why("repeat(12345)", small), (16, 96, "first 100 B of the output".into()));
    assert_eq!(why("range(1e6)", Limits { values: 3, ..patient() }), (3, 6, "the first 3 values".into()));
    let little = Limits { memory: 1 << 20, ..patient() };
    assert_eq!(why("1, [range(1e6)]", little), (1, 2, "stopped: its values took more than 1 MiB".into()));
    assert_eq!(why("1, (\"ab\" * 8000000)", patient()), (1, 2, "stopped: a string or a number is too long".into()));
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    assert_eq!(said(".", &deep).1.unwrap(), "stopped: a value is more than 10000 levels deep");
    assert_eq!(values("[..] | length", &format!("{}{}", "[".repeat(9000), "]".repeat(9000))), "9000");
    // What was caught is not what ended the run.
    assert_eq!(why("try ([range(1e6)]) catch 1", little).2, "stopped: its values took more than 1 MiB");
}

#[test]
fn what_the_interpreter_keeps_can_be_freed() {
    // Chains that are freed by recursion, as long as the number of calls lets them be.
    for expression in [
        "def f(g): f(g); f(.)",
        "def f(g): f(g | g); f(.)",
        "def f(g): def h: g; f(h); f(.)",
        "null | path(last(recurse(.a)))",
        "last(path(limit(10000000; repeat(.a?))))",
        "foreach repeat(1) as $x (0; ., 1) | empty",
        "def f: 1 + f; f",
        "def f: [f]; f",
    ] {
        let why = results(expression, "{}", &patient()).why.unwrap();
        assert!(why.starts_with("stopped: it "), "{expression}: {why}");
    }
}

#[test]
fn a_run_that_is_cancelled_has_no_results() {
    let program = compile("def f: f; f").unwrap();
    let cancelled = Cancelled::new();
    cancelled.cancel();
    assert!(run(&program, &Bytes::from_static(b"1"), &patient(), &cancelled).is_none());
}

#[test]
fn truth_is_that_of_the_last_value() {
    for (expression, truth) in
        [("true", true), (".a == 1", true), ("false, 1", true), ("1, null", false), ("empty", false), ("error", false)]
    {
        assert_eq!(results(expression, "{\"a\":1}", &patient()).truth, truth, "{expression}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn what_is_read_is_what_is_written(body in json()) {
        let (text, why) = said(".", &body);
        prop_assert_eq!(why, None);
        // Of two members of one name the last is kept, here as there. What is past all floating-point numbers is a number of
        // JSON all the same, which the other parser refuses.
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        if let Some(body) = read(&body) {
            prop_assert_eq!(read(&text), Some(body));
        }
        let (again, _) = said(".", &text);
        prop_assert_eq!(again, text);
    }

    #[test]
    fn what_is_no_json_says_where(body in json(), at in any::<prop::sample::Index>(), with in any::<u8>()) {
        let mut bytes = body.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = with;
        let program = compile(".").unwrap();
        let results = run(&program, &Bytes::from(bytes), &patient(), &Cancelled::new()).unwrap();
        prop_assert!(results.why.is_none_or(|why| why.starts_with("not JSON: ")));
    }

    #[test]
    fn no_text_is_too_odd_for_an_expression(expression in words()) {
        match compile(&expression) {
            Err(mistake) => {
                prop_assert!(mistake.span.end <= expression.len() && !mistake.sentence.is_empty(), "{mistake:?}");
                prop_assert!(expression.get(mistake.span.clone()).is_some(), "{mistake:?} of {expression:?}");
            }
            Ok(program) => {
                let limits = Limits { time: Duration::from_millis(20), memory: 8 << 20, ..Limits::default() };
                let body = Bytes::from_static(br#"{"a":[1,null,"x\u00e9",{"b":-1.5}],"c":{}}"#);
                let results = run(&program, &body, &limits, &Cancelled::new()).unwrap();
                prop_assert!(results.why.as_deref() != Some(FAULT), "{expression}");
                for line in results.text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                    prop_assert!(serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok(), "{expression}");
                }
            }
        }
    }
}

/// What looks like an expression.
fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => prop::sample::select(vec![
            ".", ".a", ".[]", ".[0]", ".[1:]", "..", "|", ",", "+", "-", "*", "/", "%", "==", "<", "and", "//", "|=", "=", "+=",
            "(", ")", "[", "]", "{", "}", "1", "-1", "0.5", "1e400", "\"x\"", "null", "true", "$x", " as $x | ", "as [$x] |",
            "def f: ", "def f(g): ", ";", "f", "f(.)", "if ", " then ", " else ", " end", "reduce .[] as $x (", "foreach .[] as $x (",
            "try ", " catch ", "?", "label $x | ", "break $x", "map(", "select(", "keys", "length", "add", "paths", "path(", "to_entries",
            "tojson", "fromjson", "@base64", "@base64d", "test(\"a\")", "sub(\"a\";\"b\")", "explode", "implode", "range(3)", "repeat(",
            "limit(3;", "first(", "sort", "group_by(", "flatten", "del(", "walk(", "splits(\"\")", "ltrimstr(", "tostring", "tonumber",
            "ascii_downcase", "todate", "strftime(\"%Y\")", "mktime", "pow(2;3)", "ldexp(1;2)", "infinite", "nan", "\\(", "\"\\(", "é",
        ])
        .prop_map(str::to_owned),
        1 => "[ -~é\n]{0,4}",
    ];
    proptest::collection::vec(word, 0..14).prop_map(|words| words.join(" "))
}
