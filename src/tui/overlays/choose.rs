//! A chooser: a short list narrowed by typing. Actions by name, targets, themes, things to copy and questions are all
//! choosers, so that whoever knows one knows all.

use ratatui::{Frame, layout::Rect, widgets::Clear};
use tui_input::Input;

use super::choice::{Choice, Item};
use crate::model::Printable;
use crate::replay::Sign;
use crate::tui::{
    chord::Chord,
    layout,
    movement::around,
    panes::inspector::GoTo,
    text_keys,
    theme::{Role, Theme},
    widgets::{
        input,
        line::Line,
        pane::{self, Titles, title},
    },
};

/// See the head of this file.
#[derive(Debug)]
pub struct Choose {
    title: &'static str,
    placeholder: &'static str,
    items: Vec<Item>,
    /// What is typed to narrow the list, or as a choice of its own.
    input: Input,
    /// What choosing what is typed would mean, where that can be chosen.
    free: Option<Free>,
    /// What is typed, as an item, where it can be chosen.
    own: Option<Item>,
    selected: usize,
    /// What is wrong with what is typed.
    pub error: Option<String>,
    /// How what is sent to a chosen target is signed, where targets are chosen.
    signing: Option<Signing>,
}

/// See [`Choose::signing`].
#[derive(Debug)]
struct Signing {
    /// How each of the targets is sent to.
    own: Vec<Sign>,
    /// What the user wants instead.
    wanted: Option<Sign>,
    /// What changes it.
    key: Option<Chord>,
}

/// What is typed, as a choice.
#[derive(Debug)]
struct Free {
    /// What it means.
    choice: Choice,
    /// What to type.
    wanted: &'static str,
    /// Whether what is typed is meant by it, and not the name of an item.
    is_meant: fn(&str) -> bool,
    /// Whether it can be chosen only then.
    only: bool,
}

impl Choose {
    /// A chooser of these items.
    pub fn new(title: &'static str, placeholder: &'static str, items: Vec<Item>) -> Self {
        Self {
            title,
            placeholder,
            items,
            input: Input::default(),
            free: None,
            own: None,
            selected: 0,
            error: None,
            signing: None,
        }
    }

    /// What is typed can be chosen too. Where it reads as an address it stands first, so that accepting takes just what
    /// is typed; a word narrows the list.
    #[must_use]
    pub fn or_typed(mut self) -> Self {
        self.free = Some(Free { choice: Choice::TypedTarget, wanted: "type a URL", is_meant: is_address, only: false });
        self
    }

    /// What is typed can be chosen too, as the name of a file, and stands first.
    #[must_use]
    pub fn or_file(mut self, choice: Choice) -> Self {
        self.free = Some(Free { choice, wanted: "type the name of a file", is_meant: |_| true, only: false });
        self
    }

    /// What is typed can be chosen too, as a name.
    #[must_use]
    pub fn or_name(mut self, choice: Choice) -> Self {
        self.free = Some(Free { choice, wanted: "type a name", is_meant: |_| true, only: false });
        self
    }

    /// What is typed can be chosen too, as a few words, and begins as `words`.
    #[must_use]
    pub fn or_words(mut self, choice: Choice, words: &str) -> Self {
        self.free = Some(Free { choice, wanted: "type a few words", is_meant: |_| true, only: false });
        self.paste(words);
        self
    }

    /// Targets are chosen, and each is sent to so; `key` changes it.
    #[must_use]
    pub fn signing(mut self, own: Vec<Sign>, key: Option<Chord>) -> Self {
        self.signing = Some(Signing { own, wanted: None, key });
        self
    }

    /// How what is sent to the selected target is signed.
    pub fn sign(&self) -> Sign {
        let Some(signing) = &self.signing else { return Sign::default() };
        let own = || match self.choice() {
            Some(Choice::Target(at)) => signing.own.get(at).copied().unwrap_or_default(),
            _ => Sign::default(),
        };
        signing.wanted.unwrap_or_else(own)
    }

    /// Another way to sign; does nothing where no target is chosen.
    pub fn next_signing(&mut self) {
        let next = self.sign().next();
        if let Some(signing) = &mut self.signing {
            signing.wanted = Some(next);
        }
    }

    /// A place in the inspector can be typed too.
    #[must_use]
    pub fn or_place(mut self) -> Self {
        let is_meant = |typed: &str| typed.parse::<GoTo>().is_ok();
        self.free = Some(Free { choice: Choice::GoTo, wanted: GoTo::WANTED, is_meant, only: true });
        self
    }

    /// Begins at the item that means this.
    #[must_use]
    pub fn at(mut self, choice: &Choice) -> Self {
        self.selected = self.items.iter().position(|item| item.choice == *choice).unwrap_or(0);
        self
    }

    /// Whether an item means this.
    pub fn offers(&self, choice: &Choice) -> bool {
        self.items.iter().any(|item| item.choice == *choice)
    }

    /// What is typed.
    pub fn typed(&self) -> &str {
        self.input.value()
    }

    /// The items that what is typed leaves, best first: an address that is typed, then those that begin with what is typed,
    /// then those that contain it, then what is typed where it is no address.
    fn shown(&self) -> Vec<&Item> {
        let typed = self.typed().to_lowercase();
        let matches = |item: &Item| {
            let label = String::from_utf8_lossy(&item.label).to_lowercase();
            let detail = String::from_utf8_lossy(&item.detail).to_lowercase();
            if label.starts_with(&typed) {
                Some(0)
            } else if label.contains(&typed) {
                Some(1)
            } else {
                detail.contains(&typed).then_some(2)
            }
        };
        let mut ranked: Vec<(u8, &Item)> =
            self.items.iter().filter_map(|item| matches(item).map(|rank| (rank + 1, item))).collect();
        // What is listed under just this name is meant by it.
        if let Some(own) = self.own.as_ref().filter(|own| self.items.iter().all(|item| item.label != own.label)) {
            let is_meant = self.free.as_ref().is_some_and(|free| (free.is_meant)(self.typed()));
            ranked.push((if is_meant { 0 } else { u8::MAX }, own));
        }
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().map(|(_, item)| item).collect()
    }

    /// What accepting would choose now.
    pub fn choice(&self) -> Option<Choice> {
        self.shown().get(self.selected).map(|item| item.choice.clone())
    }

    /// Moves the selection, around the ends.
    pub fn step(&mut self, by: isize) {
        self.selected = around(self.selected, by, self.shown().len());
    }

    /// A key that is no action here.
    pub fn key(&mut self, chord: Chord) {
        if let Some(request) = text_keys::request(chord) {
            self.input.handle(request);
            self.typed_anew();
        }
    }

    /// Text pasted.
    pub fn paste(&mut self, text: &str) {
        for char in text_keys::pasted(text) {
            self.input.handle(tui_input::InputRequest::InsertChar(char));
        }
        self.typed_anew();
    }

    fn typed_anew(&mut self) {
        self.selected = 0;
        self.error = None;
        let typed = self.input.value().trim();
        let free = self.free.as_ref().filter(|free| !typed.is_empty() && (!free.only || (free.is_meant)(typed)));
        self.own = free.map(|free| Item::new(typed, "what is typed", free.choice.clone()));
    }

    /// Where it lies on the screen.
    fn area(&self, screen: Rect) -> Rect {
        let items = self.items.len() + usize::from(self.free.is_some());
        layout::overlay_area(screen, 76, (items as u16).saturating_add(3).clamp(5, 20))
    }

    /// Which item is at a cell.
    pub fn click(&mut self, screen: Rect, column: u16, row: u16) -> bool {
        let inner = layout::inside(self.area(screen));
        let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
        let hit = list.contains(ratatui::layout::Position::new(column, row));
        let at = self.first(list.height.into()) + usize::from(row.saturating_sub(list.y));
        if hit && at < self.shown().len() {
            self.selected = at;
            return true;
        }
        false
    }

    fn first(&self, height: usize) -> usize {
        (self.selected + 1).saturating_sub(height)
    }

    /// Draws it over the panes.
    pub fn draw(&self, theme: &Theme, frame: &mut Frame<'_>) {
        let area = self.area(frame.area());
        frame.render_widget(Clear, area);
        frame.buffer_mut().set_style(area, theme.style(Role::Overlay));
        let mut below = Line::new(theme, area.width);
        if let Some(signing) = &self.signing {
            let sign = self.sign();
            let role = if sign == Sign::Captured { Role::Dim } else { Role::Info };
            below.add(Role::Dim, " signature: ").add(role, sign.shown());
            if let Some(key) = signing.key {
                below.space(2).add(Role::KeyHint, key.to_string()).add(Role::Dim, " changes ");
            }
        }
        let titles = Titles { title: title(self.title, true, theme), below: below.spans(), ..Titles::default() };
        let inner = pane::frame(frame, area, theme, true, titles);
        let row = |y: u16| Rect { y: inner.y + y, height: u16::from(y < inner.height), ..inner };
        let mut line = Line::new(theme, inner.width);
        line.add(Role::KeyHint, " › ");
        line.draw(row(0), frame.buffer_mut());
        let indent = 3.min(inner.width);
        let field = Rect { x: inner.x + indent, width: inner.width - indent, ..row(0) };
        input::draw(frame, field, theme, &self.input, self.placeholder);
        if let Some(error) = &self.error {
            let mut line = Line::new(theme, inner.width);
            line.space(3).outside(Role::Error, &Printable::from(error.as_str()));
            line.draw(row(1), frame.buffer_mut());
        }
        let list = Rect { y: inner.y + 2.min(inner.height), height: inner.height.saturating_sub(2), ..inner };
        let shown = self.shown();
        if shown.is_empty() {
            let mut line = Line::new(theme, list.width);
            let wanted = self.free.as_ref().map_or("nothing of that name", |free| free.wanted);
            line.space(3).add(Role::Dim, wanted);
            line.draw(list, frame.buffer_mut());
        }
        let widest = shown.iter().map(|item| Printable::limited(&item.label, 40).width()).max().unwrap_or(0);
        let label = widest.min(usize::from(list.width) * 3 / 5);
        let first = self.first(list.height.into());
        for (at, item) in shown.iter().enumerate().skip(first).take(list.height.into()) {
            let area = Rect { y: list.y + (at - first) as u16, height: 1, ..list };
            let mut line = Line::new(theme, area.width);
            line.add(Role::Accent, if at == self.selected { " ▌ " } else { "   " });
            line.cell(Role::Text, &item.label, label).space(2);
            let room = line.room().saturating_sub(1);
            line.outside(Role::Dim, &Printable::limited(&item.detail, room));
            line.draw(area, frame.buffer_mut());
            if at == self.selected {
                frame.buffer_mut().set_style(area, theme.style(Role::Selection));
            }
        }
    }
}

/// Whether it reads as a host, a port or a URL rather than as a name.
fn is_address(typed: &str) -> bool {
    let typed = typed.trim();
    typed.contains([':', '/', '.', '=']) || typed == "localhost" || typed.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(typed: &str) -> Choose {
        let item = |label: &str, url: &str, at| Item::new(label, url, Choice::Target(at));
        let items = vec![
            item("localhost:3000/hooks", "http://localhost:3000/hooks", 0),
            item("staging", "https://staging.example.com/", 1),
        ];
        let mut choose = Choose::new("Replay to", "", items).or_typed();
        choose.paste(typed);
        choose
    }

    #[test]
    fn an_address_that_a_listed_target_begins_with_can_be_chosen() {
        for typed in ["localhost:3000", "http://localhost:3000", "3000", "https://staging.example.com", "a=:1"] {
            assert_eq!(targets(typed).choice(), Some(Choice::TypedTarget), "{typed}");
        }
        let mut choose = targets("localhost:3000");
        choose.step(1);
        assert_eq!(choose.choice(), Some(Choice::Target(0)), "the listed one stands below");
    }

    #[test]
    fn a_word_means_the_target_of_that_name_before_a_host() {
        for (typed, choice) in [
            ("", Choice::Target(0)),
            ("stag", Choice::Target(1)),
            ("staging", Choice::Target(1)),
            ("localhost:3000/hooks", Choice::Target(0)),
            ("elsewhere", Choice::TypedTarget),
        ] {
            assert_eq!(targets(typed).choice(), Some(choice), "{typed}");
        }
        let mut choose = targets("stag");
        choose.step(1);
        assert_eq!(choose.choice(), Some(Choice::TypedTarget), "a host of that name is the last");
    }

    #[test]
    fn only_what_is_listed_is_chosen_where_nothing_can_be_typed() {
        let mut choose = Choose::new("Theme", "", vec![Item::new("dark", "", Choice::Nothing)]);
        choose.paste("a.b");
        assert_eq!(choose.choice(), None);
    }
}
