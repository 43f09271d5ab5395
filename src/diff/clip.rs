//! The part of a long text that is kept in a row: around where it differs.

/// The longest text of a row, in bytes, without the signs that something was left out.
pub const LONGEST: usize = 2048;

/// How much of what is alike stands before the first difference.
const BEFORE: usize = 120;

const ELLIPSIS: &str = "…";

/// Where the window into two texts begins that differ: at their beginning, unless the first difference lies far behind it.
pub fn window(old: &[u8], new: &[u8]) -> usize {
    let same = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    if same < LONGEST / 2 {
        return 0;
    }
    // Not within a character; both are the same up to there.
    let start = same - BEFORE;
    (start - 3..=start).rev().find(|at| new.get(*at).is_some_and(|byte| byte & 0xc0 != 0x80)).unwrap_or(start)
}

/// The text from `start` on, as far as it is kept, with `…` for what is not.
pub fn clip(text: &[u8], start: usize) -> Box<[u8]> {
    let from = text.get(start..).unwrap_or_default();
    let mut end = from.len().min(LONGEST);
    if end < from.len() {
        let whole = (end - 3..=end).rev().find(|at| from.get(*at).is_some_and(|byte| byte & 0xc0 != 0x80));
        end = whole.unwrap_or(end);
    }
    let before = if start > 0 { ELLIPSIS } else { "" };
    let behind = if end < from.len() { ELLIPSIS } else { "" };
    [before.as_bytes(), from.get(..end).unwrap_or_default(), behind.as_bytes()].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_shown_where_it_differs() {
        let (old, new) = ("é".repeat(5000) + "old" + &"x".repeat(9000), "é".repeat(5000) + "new");
        let start = window(old.as_bytes(), new.as_bytes());
        let [old, new] = [old, new].map(|text| String::from_utf8(clip(text.as_bytes(), start).to_vec()).unwrap());
        assert!(old.starts_with("…é") && old.contains("éoldx") && old.ends_with("x…"), "{old}");
        assert!(new.ends_with("énew"), "{new}");
        assert_eq!((window(b"abc", b"abd"), clip(b"abc", 0).as_ref()), (0, &b"abc"[..]));
    }
}
