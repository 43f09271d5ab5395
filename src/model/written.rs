//! Text that people write for creel (themes, configuration): where in it something stands, and what may have been meant
//! by a name that is not known.

use std::fmt;

/// A place in a text, as editors count: both from 1, columns in characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Place {
    /// The place of byte `offset` in `text`; an offset past the end is the end.
    pub fn at(text: &str, offset: usize) -> Self {
        let before = (0..=offset.min(text.len())).rev().find_map(|end| text.get(..end)).unwrap_or_default();
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line, column }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Which of `known` was most likely meant by `word`: the nearest by edit distance, if at most a third of it differs.
/// Letter case, and `-` for `_`, count for nothing.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let fold = |text: &str| text.to_lowercase().replace('-', "_");
    // A word longer than any name is not compared: the cost grows with the product of both lengths.
    if word.len() > 64 {
        return None;
    }
    let wanted = fold(word);
    let (distance, name) = known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&wanted, &fold(name)), name))
        .min_by_key(|(distance, _)| *distance)?;
    (distance <= (wanted.chars().count() / 3).max(1)).then_some(name)
}

/// "; did you mean `name`?" for the [`nearest`] name, or nothing.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        let text = "a\nbé\r\nlast";
        for (offset, line, column) in [(0, 1, 1), (1, 1, 2), (2, 2, 1), (5, 2, 3), (7, 3, 1), (99, 3, 5)] {
            assert_eq!(Place::at(text, offset), Place { line, column }, "{offset}");
        }
        // Inside a character is where that character begins.
        assert_eq!(Place::at(text, 4), Place { line: 2, column: 2 });
    }

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        let known = ["selection", "selection_blurred", "ok", "error"];
        assert_eq!(nearest("slection", known), Some("selection"));
        assert_eq!(nearest("Selection-Blured", known), Some("selection_blurred"));
        assert_eq!(nearest("erorr", known), Some("error"));
        assert_eq!(nearest("background", known), None);
        assert_eq!(nearest("x", []), None);
        assert_eq!(did_you_mean("okk", known), "; did you mean `ok`?");
        assert_eq!(did_you_mean("zebra", known), "");
    }

    proptest! {
        #[test]
        fn any_offset_has_a_place(text in "[a-z\né]{0,40}", offset in 0_usize..200) {
            let place = Place::at(&text, offset);
            prop_assert!(place.line >= 1 && place.column >= 1);
            prop_assert!(place.line <= text.split('\n').count());
        }

        #[test]
        fn a_known_name_is_its_own_nearest(word in "[a-z_]{1,20}") {
            prop_assert_eq!(nearest(&word, ["something", &word]), Some(word.as_str()));
        }
    }
}
