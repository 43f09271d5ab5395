//! Parts of a body: they are saved and opened by themselves, under names that lead nowhere.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use std::path::Path;

use creel::tui::{
    effect::Effect,
    external::{Part, With},
};
use support::{captures::capture, stage::Stage};

const BODY: &str = "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--b\r\nContent-Disposition: form-data; \
                    name=\"file\"; filename=\"../../etc/.passwd\"\r\nContent-Type: text/csv\r\n\r\na,b\r\n--b--\r\n";

fn uploaded() -> Stage {
    let mut stage = Stage::new(140, 40);
    stage.receive(capture("POST", "/up", &[("Content-Type", "multipart/form-data; boundary=b")], BODY));
    stage.receive(capture(
        "POST",
        "/event",
        &[("Content-Type", "application/cloudevents+json")],
        r#"{"specversion":"1.0","type":"t","datacontenttype":"image/png","data_base64":"iVBORw=="}"#,
    ));
    stage.receive(capture("POST", "/text", &[("Content-Type", "text/plain")], "text"));
    stage
}

/// The file that was to be written last, and its bytes where it is a part.
fn saved(stage: &Stage) -> (String, Option<Vec<u8>>) {
    let Some(Effect::Save(saving)) = stage.asked.last() else { panic!("{:?}", stage.asked) };
    assert!(!saving.overwrite);
    (saving.path.display().to_string(), saving.part.as_ref().map(|(_, bytes)| bytes.to_vec()))
}

#[test]
fn a_part_is_saved_under_a_name_that_leads_nowhere() {
    let mut stage = uploaded();
    stage.keys("g w");
    for shown in ["Save what?", "all of the body", "part 1", "5 B · note", "part 2", "3 B · file · text/csv"] {
        assert!(stage.screen().contains(shown), "{shown}: {}", stage.screen());
    }
    stage.keys("down down enter");
    assert!(stage.screen().contains("Save the part to") && stage.screen().contains("_passwd"), "{}", stage.screen());
    stage.keys("enter");
    assert_eq!(saved(&stage), ("_passwd".to_owned(), Some(b"a,b".to_vec())));
    stage.keys("w down enter enter");
    assert_eq!(saved(&stage), ("creel-1-part-1.bin".to_owned(), Some(b"hello".to_vec())));
    stage.keys("w enter enter");
    assert_eq!(saved(&stage), ("creel-1-body.bin".to_owned(), None));
    stage.keys("w down enter \"notes/mine.txt\" enter");
    assert_eq!(saved(&stage), (Path::new("notes/mine.txt").display().to_string(), Some(b"hello".to_vec())));
}

#[test]
fn the_data_of_an_event_is_a_part() {
    let mut stage = uploaded();
    stage.keys("enter");
    while !stage.screen().contains("#2 POST /event") {
        stage.keys("esc k enter");
    }
    stage.keys("w down enter enter");
    assert_eq!(saved(&stage), ("creel-2-part-1.png".to_owned(), Some(b"\x89PNG".to_vec())));
}

#[test]
fn what_is_one_thing_is_saved_without_a_question() {
    let mut stage = Stage::new(140, 40);
    stage.receive(capture("POST", "/text", &[("Content-Type", "text/plain")], "text")).keys("w enter");
    assert_eq!(saved(&stage), ("creel-1-body.txt".to_owned(), None));
}

#[test]
fn a_part_is_opened_by_itself() {
    let mut stage = Stage::new(140, 40);
    stage.receive(capture("POST", "/up", &[("Content-Type", "multipart/form-data; boundary=b")], BODY));
    stage.keys("o \"part_2_in_the_e\" enter");
    let Some(Effect::Open(_, Part::Piece(part), With::Editor)) = stage.asked.last() else {
        panic!("{:?}", stage.asked)
    };
    assert_eq!(part.bytes, "a,b");
}
