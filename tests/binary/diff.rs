//! `creel diff` as scripts and people use it.

use std::{fs, path::Path};

use rstest::rstest;
use serde_json::Value;

use crate::program::{Ended, Headless, command};

fn line(number: u32, headers: &str, body: &str) -> String {
    let body = serde_json::to_string(body).unwrap();
    format!(
        r#"{{"type":"capture","id":"0193c0de-0000-7000-8000-00000000000{number}","seq":{number},"received_at":"2026-01-31T09:26:53Z","remote":"127.0.0.1:53012","version":"HTTP/1.1","method":"POST","target":"/hook","headers":[["Host","h"]{headers}],"body":{{"size":1,"truncated":false,"text":{body}}},"trailers":[],"answer":{{"status":200}},"duration_ms":0.4}}"#
    )
}

/// A file of three captures: two that differ in a date and in an id, and one of text.
fn files(folder: &Path) -> String {
    let file = folder.join("caught.ndjson");
    let lines = [
        line(1, r#",["Date","Sat"]"#, r#"{"id":1,"at":"x","n":[1,2]}"#),
        line(2, r#",["Date","Sun"]"#, r#"{"id":2,"at":"x","n":[1,2]}"#),
        line(3, "", "one\ntwo\u{1b}[31m\n"),
    ];
    fs::write(&file, lines.join("\n")).unwrap();
    file.to_str().unwrap().to_owned()
}

fn diff(args: &[&str]) -> Ended {
    Headless::spawn(&mut command(&[&["diff"], args].concat())).end()
}

#[test]
fn what_differs_is_said_and_the_exit_code_says_whether() {
    let folder = tempfile::tempdir().unwrap();
    let file = files(folder.path());
    let (one, two) = (format!("{file}:1"), format!("{file}:0193c0de-0000-7000-8000-000000000002"));
    let same = diff(&[&one, &one]);
    assert_eq!(same.code, Some(0), "{:?}", same.lines);
    assert!(same.lines.contains(&"no difference".to_owned()), "{:?}", same.lines);
    let other = diff(&[&one, &two]);
    assert_eq!(other.code, Some(1));
    for said in ["-   \"id\": 1", "+   \"id\": 2", "  … 1 line the same, 1 ignored", "1 difference, 1 ignored"] {
        assert!(other.lines.iter().any(|line| line == said), "{said} in {:?}", other.lines);
    }
    assert!(!other.lines.concat().contains('\u{1b}'), "no colour in a pipe");
    let ignored = diff(&[&one, &two, "--ignore", "json:.id"]);
    assert_eq!(ignored.code, Some(0), "{:?}", ignored.lines);
    assert!(ignored.lines.contains(&"no difference, 2 ignored".to_owned()), "{:?}", ignored.lines);
    let all = diff(&[&one, &two, "--ignore", "none", "--side-by-side"]);
    assert!(all.lines.contains(&"2 differences".to_owned()), "{:?}", all.lines);
    assert!(all.lines.iter().any(|line| line.contains("\"id\": 1") && line.contains("~   \"id\": 2")));
}

#[test]
fn each_difference_is_a_line_of_json() {
    let folder = tempfile::tempdir().unwrap();
    let file = files(folder.path());
    let ended = diff(&[&format!("{file}:1"), &format!("{file}:2"), "--output", "json"]);
    let lines: Vec<Value> = ended.lines.iter().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(ended.code, Some(1));
    assert_eq!((&lines[0]["path"], &lines[0]["ignored"]), (&"header:Date".into(), &true.into()));
    assert_eq!((&lines[1]["path"], &lines[1]["old"]), (&"json:.id".into(), &"\"id\": 1".into()));
    assert_eq!((&lines[2]["type"], &lines[2]["same"]), (&"comparison".into(), &false.into()));
    assert_eq!((&lines[2]["differences"], &lines[2]["ignored"]), (&1.into(), &1.into()));
    let text = diff(&[&format!("{file}:1"), &format!("{file}:3")]);
    assert!(!text.lines.concat().contains('\u{1b}'), "{:?}", text.lines);
    assert!(text.lines.iter().any(|line| line.contains("two^[[31m")), "{:?}", text.lines);
}

#[rstest]
#[case(&["FILE"], "name two captures, the older one first")]
#[case(&["FILE", "FILE:1"], "there are several captures in it")]
#[case(&["FILE:9", "FILE:1"], "there is none on that line of the file")]
#[case(&["FILE:0193ffff", "FILE:1"], "none in that file has such an id")]
#[case(&["nowhere.ndjson", "FILE:1"], "nowhere.ndjson is no capture, and cannot be read as a file")]
#[case(&["FILE:1", "FILE:2", "--ignore", "Date"], "--ignore: `Date` names nothing that can be ignored")]
fn what_cannot_be_compared_is_a_sentence(#[case] words: &[&str], #[case] said: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = files(folder.path());
    let words: Vec<String> = words.iter().map(|word| word.replace("FILE", &file)).collect();
    let ended = diff(&words.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}
