//! The roles: what a piece of the screen means. The table at the end of this file is the only list of them; the enum, the
//! names in theme files, `themes/README.md` and the attributes on terminals without colour come from it.
//!
//! Decided: few roles, each with one meaning wherever it appears, so that a theme is written in ten minutes. Refused:
//! roles for single widgets (`popup_scrollbar_thumb`), which nobody can tell apart and every theme gets wrong.

use ratatui::style::Modifier;

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct RoleRow {
    /// The role.
    pub role: Role,
    /// Its name in theme files.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub help: &'static str,
    /// The attributes that carry its meaning where there are no colours, or too few.
    pub plain: Modifier,
}

macro_rules! roles {
    ($($variant:ident $name:literal $help:literal [$($plain:ident)*])*) => {
        /// What a piece of the screen means.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Role {
            $(#[doc = $help] $variant,)*
        }

        /// Every role, in the order of the enum.
        pub const ROLES: &[RoleRow] = &[
            $(RoleRow {
                role: Role::$variant,
                name: $name,
                help: $help,
                plain: Modifier::empty()$(.union(Modifier::$plain))*,
            },)*
        ];
    };
}

impl Role {
    /// How many there are.
    pub const COUNT: usize = ROLES.len();

    /// Its place in the table and in arrays by role.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Its name in theme files.
    pub fn name(self) -> &'static str {
        ROLES.get(self.index()).map_or("", |row| row.name)
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Self> {
        ROLES.iter().find(|row| row.name == name).map(|row| row.role)
    }

    /// The attributes that carry its meaning where there are no colours, or too few.
    pub fn plain(self) -> Modifier {
        ROLES.get(self.index()).map_or(Modifier::empty(), |row| row.plain)
    }

    /// The role for a request method: those that read (RFC 9110 §9.2.1), those that write, `DELETE`, and any other.
    pub fn of_method(method: &[u8]) -> Self {
        match method {
            b"GET" | b"HEAD" | b"OPTIONS" => Self::MethodRead,
            b"POST" | b"PUT" | b"PATCH" => Self::MethodWrite,
            b"DELETE" => Self::MethodDelete,
            _ => Self::MethodOther,
        }
    }

    /// The role for a status code. 1xx and codes outside of every class are [`Role::Dim`].
    pub fn of_status(status: u16) -> Self {
        match status {
            200..300 => Self::Status2xx,
            300..400 => Self::Status3xx,
            400..500 => Self::Status4xx,
            500..600 => Self::Status5xx,
            _ => Self::Dim,
        }
    }
}

roles! {
    Background "background" "the ground under everything; unset leaves the terminal's own" []
    Text "text" "what there is to read" []
    Dim "dim" "what matters less: times, units, labels, hints" [DIM]
    Accent "accent" "the few things that should be found first: the capture URL, the tab that is open" [BOLD]
    Title "title" "titles of panes and overlays" [BOLD]
    Border "border" "borders of panes" [DIM]
    BorderFocus "border_focus" "borders of the pane that has the keyboard" [BOLD]
    Selection "selection" "the selected row in the pane that has the keyboard" [REVERSED]
    SelectionBlurred "selection_blurred" "the selected row in another pane" [UNDERLINED]
    Overlay "overlay" "the ground and text of what lies over the panes: help, menus, questions" []
    KeyHint "key_hint" "keys to press, in the footer and in help" [BOLD]
    Ok "ok" "it went well" []
    Warn "warn" "it needs a look" [BOLD]
    Error "error" "it failed" [BOLD]
    Info "info" "news that is neither good nor bad" []
    MethodRead "method_read" "GET, HEAD, OPTIONS" []
    MethodWrite "method_write" "POST, PUT, PATCH" []
    MethodDelete "method_delete" "DELETE" [BOLD]
    MethodOther "method_other" "any other method" []
    Status2xx "status_2xx" "statuses 200 to 299" []
    Status3xx "status_3xx" "statuses 300 to 399" []
    Status4xx "status_4xx" "statuses 400 to 499" [BOLD]
    Status5xx "status_5xx" "statuses 500 to 599" [BOLD]
    Key "key" "names: object keys, header names, form fields" [BOLD]
    String "string" "strings in a body" []
    Number "number" "numbers in a body" []
    Literal "literal" "true, false, null" [ITALIC]
    Punctuation "punctuation" "brackets, commas and colons in a body" [DIM]
    Escape "escape" "what stands for a byte that must not be printed, such as ^[" [REVERSED]
    Match "match" "what the search found" [UNDERLINED BOLD]
    MatchCurrent "match_current" "the match that n and N have come to" [REVERSED BOLD]
    Pinned "pinned" "the mark of pinned captures" [BOLD]
    New "new" "the mark of captures that have come since you looked" [BOLD]
    Sparkline "sparkline" "the little chart of arrivals" []
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_table_is_whole_and_in_order() {
        let mut names = HashSet::new();
        for (at, row) in ROLES.iter().enumerate() {
            assert_eq!(row.role.index(), at);
            assert_eq!(row.role.name(), row.name);
            assert_eq!(Role::named(row.name), Some(row.role));
            assert!(names.insert(row.name), "{} is there twice", row.name);
            assert!(row.name.chars().all(|char| matches!(char, 'a'..='z' | '0'..='9' | '_')), "{}", row.name);
            assert!(row.help.len() > 3 && !row.help.ends_with('.'), "{}", row.name);
        }
        assert_eq!(Role::named("Text"), None);
    }

    #[test]
    fn methods_and_statuses_have_roles() {
        assert_eq!(Role::of_method(b"HEAD"), Role::MethodRead);
        assert_eq!(Role::of_method(b"PATCH"), Role::MethodWrite);
        assert_eq!(Role::of_method(b"DELETE"), Role::MethodDelete);
        // Methods are case-sensitive (RFC 9110 §9.1).
        assert_eq!(Role::of_method(b"get"), Role::MethodOther);
        assert_eq!([204, 301, 404, 503].map(Role::of_status).map(Role::name).join(" "), {
            "status_2xx status_3xx status_4xx status_5xx"
        });
        assert_eq!([0, 101, 600].map(Role::of_status), [Role::Dim; 3]);
    }

    #[test]
    fn what_must_be_told_apart_without_colour_is() {
        let marks = [Role::Text, Role::Selection, Role::SelectionBlurred, Role::Match, Role::MatchCurrent];
        let plain: HashSet<_> = marks.map(Role::plain).into_iter().collect();
        assert_eq!(plain.len(), marks.len());
        assert_ne!(Role::Escape.plain(), Role::String.plain());
    }
}
