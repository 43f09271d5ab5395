//! A node: its line, what it is, where it is in the bytes, what it is called, and who is around it.

use std::ops::Range;

use super::{
    super::{json, lines::Rank, tags},
    Line, Nest, Tree,
};

/// What a node is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A JSON object with members.
    Object,
    /// A JSON array with elements.
    Array,
    /// An XML element with lines of its own inside.
    Element,
    /// Anything in which nothing can be folded: a string, an empty array, an element with a text.
    Leaf,
}

/// What a node is called where it lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Name {
    /// A member of that name, which is that range of the bytes, with its quotes.
    Member(Range<usize>),
    /// An element of an array, counted from 0.
    Index(usize),
    /// A tag of that name.
    Tag(Range<usize>),
    /// A value among others that follow one another, counted from 0.
    Value(usize),
    /// All there is.
    Root,
    /// A text, a comment or something else that has no name.
    Nameless,
}

/// See the head of this file. Only to be used with the document that it is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Node {
    pub(in super::super) line: Line,
    /// What it is.
    pub kind: Kind,
}

impl Node {
    /// Where its line begins: what it is known by.
    pub fn offset(&self) -> usize {
        self.line.spot.offset
    }

    /// How many nodes it lies in, counted where its part of the body begins.
    pub fn depth(&self) -> u32 {
        self.line.spot.depth
    }

    /// Whether it can be folded.
    pub fn opens(&self) -> bool {
        self.kind != Kind::Leaf
    }
}

impl Tree<'_> {
    /// The node whose line has the byte at `offset`: on a closing line the one that it closes. Nothing where lines do not nest.
    pub fn node_at(&self, offset: usize) -> Option<Node> {
        let line = self.line_at(offset)?;
        match self.rank(line)? {
            Rank::Start => Some(self.node(line)),
            Rank::Inside => Some(self.node(self.begun(line)?)),
            Rank::Close => Some(self.node(self.before(line, line.spot.depth)?)),
        }
    }

    /// The line that begins what `line` goes on with: the last one of its depth that begins anything.
    fn begun(&self, line: Line) -> Option<Line> {
        let depth = line.spot.depth;
        let starts = |line: &Line| line.spot.depth == depth && self.rank(*line) == Some(Rank::Start);
        let here = self.lines_of(line.group).take(line.nth).filter(starts).last();
        here.or_else(|| {
            let groups = self.groups().get(..line.group)?;
            let group = groups.iter().rposition(|group| group.low <= depth && group.starts > 0)?;
            self.lines_of(group).filter(starts).last()
        })
    }

    fn node(&self, line: Line) -> Node {
        let at = line.spot.offset;
        let (nest, bytes) = self.nest(at);
        let kind = match nest {
            Some(Nest::Json | Nest::Values) => match json::opening(bytes, at).and_then(|at| bytes.get(at)) {
                Some(b'{') => Kind::Object,
                Some(_) => Kind::Array,
                None => Kind::Leaf,
            },
            Some(Nest::Xml) if self.opens(line.spot) => Kind::Element,
            _ => Kind::Leaf,
        };
        Node { line, kind }
    }

    /// What a node lies in.
    pub fn parent(&self, node: &Node) -> Option<Node> {
        self.ancestor(node, node.depth().checked_sub(1)?)
    }

    /// What a node lies in at that depth, which is less than its own.
    pub fn ancestor(&self, node: &Node, depth: u32) -> Option<Node> {
        if depth >= node.depth() {
            return None;
        }
        self.before(node.line, depth).map(|line| self.node(line))
    }

    /// How many nodes lie directly in it.
    pub fn members(&self, node: &Node) -> usize {
        if node.opens() { self.inside(node.line).map_or(0, |inside| inside.members) } else { 0 }
    }

    /// The first that lies in it.
    pub fn first_child(&self, node: &Node) -> Option<Node> {
        self.behind(node.line).filter(|_| node.opens()).map(|line| self.node(line))
    }

    /// The next one beside it.
    pub fn next(&self, node: &Node) -> Option<Node> {
        let mut line = self.behind(self.last_line(node))?;
        while self.rank(line)? == Rank::Inside {
            line = self.behind(line)?;
        }
        let beside = self.rank(line)? == Rank::Start && line.spot.depth == node.depth() && self.together(node, line);
        beside.then(|| self.node(line))
    }

    /// The one before it beside it.
    pub fn previous(&self, node: &Node) -> Option<Node> {
        let mut line = self.above(node.line)?;
        if line.spot.depth != node.depth() || !self.together(node, line) {
            return None;
        }
        line = match self.rank(line)? {
            Rank::Start => line,
            Rank::Inside => self.begun(line)?,
            Rank::Close => self.before(line, node.depth())?,
        };
        Some(self.node(line))
    }

    /// Whether both are in one part of the body, so that a depth means the same.
    fn together(&self, node: &Node, line: Line) -> bool {
        let part = |offset| self.sections.partition_point(|section| section.range.start <= offset);
        part(node.offset()) == part(line.spot.offset)
    }

    /// The line that closes a node; its own where none does.
    fn last_line(&self, node: &Node) -> Line {
        if !node.opens() {
            return node.line;
        }
        self.inside(node.line).map_or(node.line, |inside| inside.close)
    }

    /// The bytes of the value that a node is: without its name in JSON, with its tags in XML. Reads a string to its end.
    pub fn value(&self, node: &Node) -> Range<usize> {
        let at = node.offset();
        let (nest, bytes) = self.nest(at);
        match nest {
            Some(Nest::Json | Nest::Values) => {
                let start = json::value_at(bytes, at);
                let last = self.last_line(node);
                let end = if node.opens() { last.spot.offset + 1 } else { json::scalar_end(bytes, start) };
                start..end
            }
            _ => {
                let mut last = self.last_line(node);
                // A text goes on over lines that do not begin anything.
                while !node.opens()
                    && let Some(next) = self.behind(last).filter(|next| self.rank(*next) == Some(Rank::Inside))
                {
                    last = next;
                }
                let all = bytes.get(at..last.next.offset.min(bytes.len())).unwrap_or_default();
                at..at + all.trim_ascii_end().len()
            }
        }
    }

    /// What a node is called where it lies.
    pub fn name(&self, node: &Node) -> Name {
        let at = node.offset();
        let (nest, bytes) = self.nest(at);
        if nest == Some(Nest::Xml) {
            let rest = bytes.get(at..).unwrap_or_default();
            let is_tag = matches!(rest, [b'<', second, ..] if !matches!(second, b'!' | b'?' | b'/'));
            return if is_tag {
                Name::Tag(at + 1..at + 1 + tags::name_length(rest.get(1..).unwrap_or_default()))
            } else {
                Name::Nameless
            };
        }
        match (self.parent(node), nest) {
            (Some(Node { kind: Kind::Object, .. }), _) => Name::Member(at..json::string_end(bytes, at)),
            (Some(parent), _) => Name::Index(self.index(&parent, node)),
            (None, Some(Nest::Values)) => Name::Value(self.values_before(node)),
            (None, _) => Name::Root,
        }
    }

    /// How many begin in `parent` before `node`, which lies directly in it.
    fn index(&self, parent: &Node, node: &Node) -> usize {
        self.count(parent.line.group, parent.line.nth + 1, node)
    }

    /// How many values begin before `node` in its part of the body.
    fn values_before(&self, node: &Node) -> usize {
        let next = self.sections.partition_point(|section| section.range.start <= node.offset());
        let start =
            next.checked_sub(1).and_then(|last| self.sections.get(last)).map_or(0, |section| section.range.start);
        let (group, nth) = self.line_at(start).map_or((0, 0), |line| (line.group, line.nth));
        self.count(group, nth, node)
    }

    /// How many lines of a node's depth begin something, from a line on and before that of the node. None between is less deep.
    fn count(&self, group: usize, nth: usize, node: &Node) -> usize {
        let depth = node.depth();
        let starts = |line: &Line| line.spot.depth == depth && self.rank(*line) == Some(Rank::Start);
        if group == node.line.group {
            return self.lines_of(group).take(node.line.nth).skip(nth).filter(starts).count();
        }
        self.lines_of(group).skip(nth).filter(starts).count()
            + self.levels.starts(self.groups(), group + 1..node.line.group, depth)
            + self.lines_of(node.line.group).take(node.line.nth).filter(starts).count()
    }
}
