//! The tree by lines against one that is read by the book.

use proptest::prelude::*;

use super::*;
use crate::decode::{
    Document,
    properties::{self, document},
};

/// A node as a plain parser sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Plain {
    offset: usize,
    depth: u32,
    value: Range<usize>,
    members: usize,
    name: Name,
    parent: Option<usize>,
}

use std::ops::Range;

fn blank(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && bytes[at].is_ascii_whitespace() {
        at += 1;
    }
    at
}

/// Reads the value at `at`, recursively; gives where it ends.
fn read(bytes: &[u8], at: usize, this: (usize, u32, Name, Option<usize>), found: &mut Vec<Plain>) -> usize {
    let (offset, depth, name, parent) = this;
    let place = found.len();
    found.push(Plain { offset, depth, value: at..at, members: 0, name, parent });
    let string = |at: usize| {
        let mut end = at + 1;
        while bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        end + 1
    };
    let end = match bytes[at] {
        b'"' => string(at),
        open @ (b'{' | b'[') => {
            let mut inner = blank(bytes, at + 1);
            let mut members = 0;
            while !matches!(bytes[inner], b'}' | b']') {
                let (value, name) = if open == b'{' {
                    let end = string(inner);
                    (blank(bytes, blank(bytes, end) + 1), Name::Member(inner..end))
                } else {
                    (inner, Name::Index(members))
                };
                inner = blank(bytes, read(bytes, value, (inner, depth + 1, name, Some(offset)), found));
                members += 1;
                if bytes[inner] == b',' {
                    inner = blank(bytes, inner + 1);
                }
            }
            found[place].members = members;
            inner + 1
        }
        _ => (at..bytes.len()).find(|&at| b" \n\r\t,]}".contains(&bytes[at])).unwrap_or(bytes.len()),
    };
    found[place].value = at..end;
    end
}

fn plain(bytes: &[u8]) -> Vec<Plain> {
    let mut found = Vec::new();
    let start = blank(bytes, 0);
    read(bytes, start, (start, 0, Name::Root, None), &mut found);
    found
}

/// All nodes in order, by going down and to the right.
fn walked(tree: Tree<'_>) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut open = vec![tree.node_at(0)];
    while let Some(last) = open.last_mut() {
        let Some(node) = *last else {
            open.pop();
            continue;
        };
        nodes.push(node);
        *last = tree.next(&node);
        if node.opens() {
            open.push(tree.first_child(&node));
        }
    }
    nodes
}

fn check(document: &Document) {
    let bytes = document.bytes();
    let tree = document.tree().unwrap();
    let expected = plain(bytes);
    let nodes = walked(tree);
    assert_eq!(nodes.len(), expected.len());
    let mut before: std::collections::HashMap<Option<usize>, usize> = std::collections::HashMap::new();
    for (node, plain) in nodes.iter().zip(&expected) {
        let parent = tree.parent(node);
        let found = Plain {
            offset: node.offset(),
            depth: node.depth(),
            value: tree.value(node),
            members: tree.members(node),
            name: tree.name(node),
            parent: parent.map(|parent| parent.offset()),
        };
        assert_eq!(&found, plain);
        assert_eq!(node.opens(), plain.members > 0);
        let place = parent.map(|parent| parent.offset());
        assert_eq!(tree.previous(node).map(|node| node.offset()), before.insert(place, node.offset()));
        let mut up = *node;
        for depth in (0..node.depth()).rev() {
            let parent = tree.parent(&up).unwrap();
            assert_eq!(tree.ancestor(node, depth), Some(parent));
            up = parent;
        }
    }
    for offset in 0..bytes.len() {
        let begun = expected.iter().rev().find(|plain| plain.offset <= offset);
        let innermost = expected.iter().rev().find(|plain| plain.offset <= offset && offset < plain.value.end);
        let node = tree.node_at(offset).unwrap();
        // White space and commas belong to the line before them.
        let own = [begun, innermost].into_iter().flatten().any(|plain| plain.offset == node.offset());
        assert!(own || b" \n\r\t,:]}".contains(&bytes[offset]), "{offset}");
    }
}

#[test]
fn a_small_tree_is_what_it_is() {
    let body = br#" {"a": [1, {"b\"": {}}, "x:y"], "a" : {"c":[ ]}, "":[[[0]]]} "#;
    check(&document(body, "json"));
    check(&document(b"7", "json"));
    check(&document(b"\"a\"", "json"));
}

#[test]
fn a_large_tree_is_too() {
    let row = r#"{"id":1,"list":[1,2,3,[],{}],"o":{"p":{"q":null}},"text":"a \"b\" c"}"#;
    let body = format!("[{}]", vec![row; 400].join(" , "));
    check(&document(body.as_bytes(), "json"));
}

#[test]
fn depth_is_no_problem() {
    let depth = 10_000;
    let body = "[1,".repeat(depth) + "2" + &"]".repeat(depth);
    let document = document(body.as_bytes(), "json");
    let tree = document.tree().unwrap();
    let innermost = tree.node_at(body.find('2').unwrap()).unwrap();
    assert_eq!(innermost.depth(), depth as u32);
    assert_eq!(tree.name(&innermost), Name::Index(1));
    for at in [0, 1, 77, depth as u32 - 1] {
        let node = tree.ancestor(&innermost, at).unwrap();
        assert_eq!((node.depth(), node.offset()), (at, 3 * at as usize));
        assert_eq!(tree.value(&node), 3 * at as usize..body.len() - at as usize);
        assert_eq!(tree.members(&node), 2);
    }
    assert_eq!(tree.node_at(body.len() - 1).unwrap().offset(), 0);
}

#[test]
fn a_million_members_are_counted_without_being_read() {
    let body = format!("{{\"a\":[{}7],\"b\":[[1],[2]]}}", "[7],".repeat(1_000_000));
    let document = document(body.as_bytes(), "json");
    let tree = document.tree().unwrap();
    let list = tree.node_at(1).unwrap();
    assert_eq!((list.kind, tree.members(&list)), (Kind::Array, 1_000_001));
    let last = tree.node_at(body.find("7],\"b").unwrap()).unwrap();
    assert_eq!(tree.name(&last), Name::Index(1_000_000));
    assert_eq!(tree.parent(&last), Some(list));
    let next = tree.next(&list).unwrap();
    assert_eq!((tree.members(&next), tree.value(&next).end), (2, body.len() - 1));
    assert_eq!(tree.previous(&next), Some(list));
}

#[test]
fn values_that_follow_one_another_are_counted() {
    let body = "1\n{\"a\":[2]}\n\n\"x\"\n[3]\n";
    let document = document(body.as_bytes(), "ndjson");
    let tree = document.tree().unwrap();
    let names: Vec<_> = walked(tree).iter().map(|node| (node.depth(), tree.name(node))).collect();
    let expected = [
        (0, Name::Value(0)),
        (0, Name::Value(1)),
        (1, Name::Member(3..6)),
        (2, Name::Index(0)),
        (0, Name::Value(2)),
        (0, Name::Value(3)),
        (1, Name::Index(0)),
    ];
    assert_eq!(names, expected);
    assert_eq!(tree.value(&tree.node_at(2).unwrap()), 2..11);
}

#[test]
fn elements_nest_by_their_tags() {
    let body =
        "<?xml version='1.0'?>\n<a>\n<b x='1'><c>text</c>two\nlines <!-- and\na comment --><d/></b>\n<e>\n f</e></a>";
    let document = document(body.as_bytes(), "xml");
    let tree = document.tree().unwrap();
    let seen: Vec<_> = walked(tree)
        .iter()
        .map(|node| (node.depth(), node.kind == Kind::Element, tree.members(node), &body[tree.value(node)]))
        .collect();
    let expected = [
        (0, false, 0, "<?xml version='1.0'?>"),
        (0, true, 2, "<a>\n<b x='1'><c>text</c>two\nlines <!-- and\na comment --><d/></b>\n<e>\n f</e></a>"),
        (1, true, 4, "<b x='1'><c>text</c>two\nlines <!-- and\na comment --><d/></b>"),
        (2, false, 0, "<c>text</c>"),
        (2, false, 0, "two\nlines"),
        (2, false, 0, "<!-- and\na comment -->"),
        (2, false, 0, "<d/>"),
        (1, true, 1, "<e>\n f</e>"),
        (2, false, 0, "f"),
    ];
    assert_eq!(seen, expected);
    let lines = tree.node_at(body.find("lines").unwrap()).unwrap();
    assert_eq!(&body[tree.value(&lines)], "two\nlines");
    assert_eq!(tree.name(&tree.parent(&lines).unwrap()), Name::Tag(27..28));
    assert_eq!(tree.name(&lines), Name::Nameless);
}

#[test]
fn an_element_of_white_space_alone_opens_nothing() {
    let body = "<root><a><A>\n</A></a><b>\n <c/></b></root>\n";
    let document = document(body.as_bytes(), "xml");
    let tree = document.tree().unwrap();
    let opens = |text: &str| tree.node_at(body.find(text).unwrap()).unwrap().opens();
    assert!(!opens("<A>") && opens("<a>") && opens("<b>"));
}

#[test]
fn a_part_that_nests_is_a_tree_of_its_own() {
    let body = br#"{"query":"{a}","variables":{"id":[1,2]}}"#;
    let document = properties::typed(body, "graphql", "application/json");
    let tree = document.tree().unwrap();
    assert_eq!(tree.node_at(0), None);
    let text = std::str::from_utf8(document.bytes()).unwrap();
    let two = tree.node_at(text.rfind('2').unwrap()).unwrap();
    assert_eq!((two.depth(), tree.name(&two)), (2, Name::Index(1)));
    let root = tree.ancestor(&two, 0).unwrap();
    assert_eq!(&text[tree.value(&root)], r#"{"id":[1,2]}"#);
    assert_eq!((tree.parent(&root), tree.name(&root), tree.next(&root)), (None, Name::Root, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_tree_is_what_a_plain_parser_sees(body in properties::json()) {
        check(&document(body.as_bytes(), "json"));
    }

    #[test]
    fn lines_are_found_as_they_are_laid_out(body in prop_oneof![properties::json(), properties::xml()]) {
        for view in ["json", "ndjson", "xml"] {
            let document = document(body.as_bytes(), view);
            let Some(tree) = document.tree() else { continue };
            let starts: Vec<_> = (0..).map_while(|group| {
                let spots: Vec<_> = tree.lines_of(group).map(|line| line.spot).collect();
                (!spots.is_empty()).then_some(spots)
            }).flatten().collect();
            prop_assert_eq!(starts.len(), document.lines());
            for pair in starts.windows(2) {
                prop_assert_eq!(tree.opens(pair[0]), pair[1].depth > pair[0].depth, "{:?}", pair);
                // Laid out run by run.
                let (way, bytes, _) = tree.section(pair[0].offset);
                let mut spot = pair[0];
                while !matches!((way.next)(bytes, &mut spot, 10), Step::End) {}
                prop_assert_eq!(spot, pair[1]);
            }
        }
    }
}
