//! What is edited and taken back is what it was, and what is not touched survives byte for byte.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::import;
use crate::tui::action::Action;

const HEAD: &[u8] =
    b"POST /a?b HTTP/1.1\r\nHost: h\r\nx-odd:1 \r\nX-Odd: \x1b[31m\xff\r\nContent-Length: 8\r\nX-Last: \tz\r\n\r\n";

fn capture(head: &[u8], body: &[u8]) -> Arc<Capture> {
    let base = Editor::empty(Timestamp::UNIX_EPOCH).base;
    let head = Head::parse(Bytes::copy_from_slice(head)).unwrap();
    let body = Body::complete(Bytes::copy_from_slice(body));
    Arc::new(Capture { seq: Seq(7), head, body, ..Capture::clone(&base) })
}

fn github() -> Arc<Capture> {
    capture(HEAD, b"{\"a\": 1}")
}

fn keys(editor: &mut Editor, keys: &str) {
    for key in keys.split(' ') {
        editor.key(key.parse().unwrap()).unwrap();
    }
}

fn lines(editor: &Editor) -> Vec<String> {
    let draft = editor.draft(Timestamp::UNIX_EPOCH);
    draft
        .head
        .headers()
        .map(|header| format!("{}:{}", header.name.escape_ascii(), header.value.escape_ascii()))
        .collect()
}

#[test]
fn what_is_not_touched_keeps_its_white_space_and_its_odd_bytes() {
    let mut editor = Editor::open(&github());
    assert!(!editor.is_unsaved());
    editor.field = Field::Value(0);
    keys(&mut editor, "end .");
    let draft = editor.draft(Timestamp::UNIX_EPOCH);
    let expected = String::from_utf8_lossy(HEAD).replace("Host: h\r\n", "Host: h.\r\n");
    assert_eq!(String::from_utf8_lossy(draft.head.bytes()), expected);
    assert_eq!((editor.changes(), draft.head.fidelity()), (1, Fidelity::Exact));
    assert_eq!(draft.origin, Some(crate::model::Origin { of: editor.id() }));
    assert!(editor.id().is_some());
}

#[test]
fn lines_are_added_removed_doubled_and_moved() {
    let mut editor = Editor::open(&github());
    editor.field = Field::Name(0);
    editor.act(Action::RemoveLine).unwrap();
    assert_eq!((editor.changes(), lines(&editor).len()), (1, 4));
    assert_eq!(editor.key("x".parse().unwrap()), Err("this line was removed; ^x puts it back"));
    editor.act(Action::RemoveLine).unwrap();
    assert_eq!(editor.changes(), 0, "put back");
    editor.act(Action::AddLine).unwrap();
    keys(&mut editor, "A enter b");
    editor.act(Action::DuplicateLine).unwrap();
    assert_eq!(lines(&editor)[..3], ["Host:h", "A:b", "A:b"]);
    editor.act(Action::LineUp).unwrap();
    editor.act(Action::LineUp).unwrap();
    assert_eq!(lines(&editor)[..3], ["A:b", "Host:h", "A:b"]);
    assert_eq!(editor.changes(), 2, "new lines have no order that they were in");
    assert_eq!(editor.act(Action::LineUp), Err("it is the first"));
    for _ in 0..4 {
        // Moved twice, doubled, added.
        editor.field = Field::Name(4);
        assert!(editor.recall());
    }
    editor.field = Field::Name(0);
    editor.act(Action::LineDown).unwrap();
    assert_eq!((editor.changes(), &lines(&editor)[0][..]), (1, "x-odd:1"));
}

#[test]
fn the_length_follows_the_body_unless_it_is_written() {
    let mut editor = Editor::open(&github());
    editor.field = Field::Body;
    keys(&mut editor, "end space");
    assert_eq!((editor.changes(), &lines(&editor)[3][..]), (1, "Content-Length:9"));
    editor.field = Field::Value(3);
    keys(&mut editor, "0");
    assert_eq!((editor.changes(), &lines(&editor)[3][..]), (2, "Content-Length:80"));
}

#[test]
fn the_place_where_json_goes_wrong_follows_the_keys() {
    let mut editor =
        Editor::open(&capture(b"POST / HTTP/1.1\r\nContent-Type: application/json\r\n\r\n", b"{\"a\": 1}"));
    assert_eq!(editor.mistake(), None);
    keys(&mut editor, "end backspace ,");
    let mistake = editor.mistake().unwrap();
    assert_eq!((mistake.line, mistake.column, mistake.what), (1, 9, "expected a name in quotes"));
    editor.act(Action::Undo).unwrap();
    editor.act(Action::Undo).unwrap();
    assert_eq!((editor.mistake(), editor.changes()), (None, 0));
}

#[test]
fn bodies_that_are_no_text_or_too_large_stay_as_they_are() {
    let huge = vec![b'x'; body::TEXT_LIMIT + 1];
    for (bytes, why) in
        [(&b"\xff\x00"[..], "2 B that are not text (UTF-8)"), (&huge, "256 KiB, more than is written in here")]
    {
        let capture = capture(HEAD, bytes);
        let mut editor = Editor::open(&capture);
        let BodyField::Kept(None, said) = &editor.body else { panic!("{:?}", editor.body) };
        assert_eq!(said, why);
        editor.field = Field::Body;
        assert!(editor.key("x".parse().unwrap()).is_err() && editor.paste("x").is_err());
        assert_eq!(editor.draft(Timestamp::UNIX_EPOCH).body.bytes(), capture.body.bytes());
        editor.take_body(&Bytes::from_static(b"now a text"));
        assert_eq!(editor.changes(), 1);
        editor.act(Action::RevertField).unwrap();
        assert_eq!(editor.changes(), 0);
    }
}

#[test]
fn a_request_that_was_edited_elsewhere_is_held_against_what_was() {
    let mut editor = Editor::open(&github());
    let mut text = editor.written();
    let at = memchr::memmem::find(&text, b"x-odd: 1\n").unwrap();
    text.splice(at..at + 9, *b"Added: 2\n");
    text.extend(b"\n ");
    assert!(!text.contains(&b'\r'));
    let (head, body) = import::written(&text.into()).unwrap();
    editor.take(&head, &body);
    assert_eq!(editor.changes(), 3, "one added, one removed, and the body");
    assert_eq!(
        editor.lines.iter().map(|line| line.sign(&editor.base.head)).collect::<Vec<_>>(),
        [None, Some(Sign::Removed), Some(Sign::Added), None, None, None]
    );
    let draft = editor.draft(Timestamp::UNIX_EPOCH);
    assert!(draft.head.bytes().ends_with(b"X-Odd: \x1b[31m\xff\r\nContent-Length: 10\r\nX-Last: \tz\r\n\r\n"));
}

fn any_key() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("left"),
        Just("right"),
        Just("up"),
        Just("down"),
        Just("home"),
        Just("end"),
        Just("pageup"),
        Just("pagedown"),
        Just("backspace"),
        Just("delete"),
        Just("enter"),
        Just("^w"),
        Just("^u"),
        Just("^k"),
        Just("x"),
        Just("\""),
        Just("日"),
    ]
}

fn any_action() -> impl Strategy<Value = Action> {
    proptest::sample::select(vec![
        Action::NextField,
        Action::PreviousField,
        Action::AddLine,
        Action::RemoveLine,
        Action::DuplicateLine,
        Action::LineUp,
        Action::LineDown,
        Action::RevertField,
        Action::Undo,
        Action::Redo,
    ])
}

prop_compose! {
    fn any_request()(
        method in "[A-Z]{1,7}", target in "/[!-~]{0,20}", body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..60), "[ -~\n日]{0,60}".prop_map(String::into_bytes),
        ],
        headers in proptest::collection::vec(("[A-Za-z-]{1,12}", ":[ \t]{0,2}", "([!-~\u{80}-\u{ff}][ -~]{0,12}[!-~])?", " ?\r?\n"), 0..8),
    ) -> (Vec<u8>, Vec<u8>) {
        let mut head = format!("{method} {target} HTTP/1.1\r\n").into_bytes();
        for (name, colon, value, end) in headers {
            head.extend([name, colon, value, end].concat().into_bytes());
        }
        head.extend(b"\r\n");
        (head, body)
    }
}

proptest! {
    #[test]
    fn whatever_is_edited_and_reverted_is_what_it_was(
        (head, body) in any_request(), steps in proptest::collection::vec(prop_oneof![
            3 => any_key().prop_map(Ok), 1 => any_action().prop_map(Err),
        ], 0..60),
    ) {
        let capture = capture(&head, &body);
        let mut editor = Editor::open(&capture);
        editor.room = view::Room { width: 7, lines: 3, body: 3 };
        for step in steps {
            // A refusal is as good as anything.
            let _ = match step {
                Ok(key) => editor.key(key.parse().unwrap()),
                Err(action) => editor.act(action),
            };
            prop_assert!(editor.top_line <= editor.lines.len());
            let _ = editor.draft(Timestamp::UNIX_EPOCH);
        }
        editor.act(Action::RevertAll).unwrap();
        prop_assert_eq!(editor.changes(), 0);
        let draft = editor.draft(Timestamp::UNIX_EPOCH);
        prop_assert_eq!(draft.head.bytes(), capture.head.bytes());
        prop_assert_eq!(draft.body.bytes(), capture.body.bytes());
    }

    #[test]
    fn what_an_editor_leaves_untouched_is_nothing_changed((head, body) in any_request()) {
        let mut editor = Editor::open(&capture(&head, &body));
        let text = editor.written();
        // A body that begins like more of a head is a body all the same.
        let (head, body) = import::written(&text.into()).unwrap();
        editor.take(&head, &body);
        prop_assert_eq!(editor.changes(), 0);
    }
}
