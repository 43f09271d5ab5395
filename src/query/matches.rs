//! Whether a capture is what a query asks for.
//!
//! Cheap tests are asked before dear ones whatever order they were written in, so that bodies are searched only for
//! captures that everything else has let through. Of what is in memory nothing is copied, and ordinary queries allocate
//! nothing; bodies in files are [`long`](super::long)'s.

use super::{
    bodies,
    fields::{Read, Seen},
    tree::{Group, Node, Part, Test, Value},
};
use crate::model::Capture;

impl Node {
    pub(super) fn matches(&self, seen: Seen<'_>) -> bool {
        match self {
            Self::Test(test) => test.matches(seen),
            Self::Not(node) => !node.matches(seen),
            Self::And(group) => group.cheapest_first().all(|node| node.matches(seen)),
            Self::Or(group) => group.cheapest_first().any(|node| node.matches(seen)),
        }
    }
}

impl Group {
    fn cheapest_first(&self) -> impl Iterator<Item = &Node> {
        self.order.iter().filter_map(|at| self.nodes.get(*at))
    }
}

impl Test {
    fn matches(&self, seen: Seen<'_>) -> bool {
        match self.field.read {
            Read::Texts(read) => {
                read(seen, self.named(), &mut |text| self.values.iter().any(|value| value.is_text(text)))
                    || (self.field.body && self.is_in_body(seen.capture))
            }
            Read::Json => self.at_path(seen, &mut |value| self.values.iter().any(|wanted| wanted.is_json(value))),
            Read::Jq => matches!(&self.part, Some(Part::Of(expression)) if expression.holds(seen)),
            Read::Number(read) => {
                read(seen).is_some_and(|number| self.values.iter().any(|value| value.is_number(number)))
            }
            Read::Flag(read) => {
                let flag = read(seen);
                self.values.iter().any(|value| matches!(value, Value::Present) || *value == Value::Flag(flag))
            }
        }
    }
}

impl Test {
    /// Whether the body is what is asked for, decoded where it was coded.
    fn is_in_body(&self, capture: &Capture) -> bool {
        match bodies::decoded(capture) {
            Some(text) => self.values.iter().any(|value| value.is_text(&text)),
            None => self.values.iter().any(|value| value.is_body(capture.body.content())),
        }
    }
}

impl Value {
    pub(super) fn is_text(&self, text: &[u8]) -> bool {
        match self {
            Self::Present => true,
            Self::Text(wanted) | Self::Same(wanted) => wanted.is_in(text),
            Self::Glob(glob) => glob.is(text),
            Self::Pattern(pattern) => pattern.is_in(text),
            Self::Number(..) | Self::Flag(_) => false,
        }
    }

    fn is_number(&self, number: i128) -> bool {
        match self {
            Self::Present => true,
            Self::Number(_, low, high) => (*low..=*high).contains(&number),
            _ => false,
        }
    }
}
