//! Which words of two lines differ.

use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// How many words of a line are aligned; of longer ones what is between the same beginning and the same end is marked.
const WORDS: usize = 600;

/// Of how many tenths of the shorter line the rest has to be the same for single words to be told apart.
const ALIKE: usize = 3;

/// Ranges of bytes of a line.
type Marks = Vec<(u32, u32)>;

/// The bytes of both lines that differ; none where hardly anything is alike, since then all of it differs.
pub fn marks(old: &[u8], new: &[u8]) -> (Marks, Marks) {
    let (were, are) = (words(old), words(new));
    let (olds, news) = (slices(old, &were), slices(new, &are));
    let (mut left, mut right, mut alike) = (Vec::new(), Vec::new(), 0);
    if olds.len() > WORDS || news.len() > WORDS {
        let front = olds.iter().zip(&news).take_while(|(one, other)| one == other).count();
        let rest = olds.len().min(news.len()) - front;
        let back = olds.iter().rev().zip(news.iter().rev()).take(rest).take_while(|(one, other)| one == other).count();
        mark(&mut left, &were, front..were.len() - back);
        mark(&mut right, &are, front..are.len() - back);
        alike = usize::MAX / 16;
    } else {
        for op in capture_diff_slices(Algorithm::Myers, &olds, &news) {
            let (tag, was, is) = op.as_tag_tuple();
            if tag == DiffTag::Equal {
                let same = olds.get(was).unwrap_or_default().iter();
                alike += same.filter(|word| !word.trim_ascii().is_empty()).map(|word| word.len()).sum::<usize>();
            } else {
                mark(&mut left, &were, was);
                mark(&mut right, &are, is);
            }
        }
    }
    if alike * 10 < old.len().min(new.len()) * ALIKE {
        return (Vec::new(), Vec::new());
    }
    (left, right)
}

fn slices<'a>(line: &'a [u8], words: &[Range<usize>]) -> Vec<&'a [u8]> {
    words.iter().map(|word| line.get(word.clone()).unwrap_or_default()).collect()
}

fn mark(marks: &mut Marks, words: &[Range<usize>], range: Range<usize>) {
    let found = words.get(range).unwrap_or_default();
    let (Some(first), Some(last)) = (found.first(), found.last()) else { return };
    match marks.last_mut() {
        Some((_, end)) if *end as usize == first.start => *end = last.end as u32,
        _ => marks.push((first.start as u32, last.end as u32)),
    }
}

/// The words of a line: runs of letters and digits, runs of blanks, and every other character alone.
fn words(line: &[u8]) -> Vec<Range<usize>> {
    #[derive(PartialEq)]
    enum Kind {
        Word,
        Blank,
        Other,
    }
    let kind = |byte: u8| match byte {
        b'_' | 0x80.. => Kind::Word,
        byte if byte.is_ascii_alphanumeric() => Kind::Word,
        b' ' | b'\t' => Kind::Blank,
        _ => Kind::Other,
    };
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut before = Kind::Other;
    for (at, byte) in line.iter().enumerate() {
        let now = kind(*byte);
        match found.last_mut() {
            Some(last) if now == before && now != Kind::Other => last.end = at + 1,
            _ => found.push(at..at + 1),
        }
        before = now;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_words_that_differ_are_marked() {
        let told = |old: &str, new: &str| {
            let (left, right) = marks(old.as_bytes(), new.as_bytes());
            let text = |line: &str, marks: Vec<(u32, u32)>| -> Vec<String> {
                marks.into_iter().map(|(start, end)| line[start as usize..end as usize].to_owned()).collect()
            };
            (text(old, left).join("|"), text(new, right).join("|"))
        };
        let own = |old: &str, new: &str| (old.to_owned(), new.to_owned());
        assert_eq!(told("the quick fox", "the slow fox"), own("quick", "slow"));
        assert_eq!(told("2026-01-31T09:26", "2026-01-30T10:26"), own("31T09", "30T10"));
        assert_eq!(told("abc", "xyz"), own("", ""), "all of it differs");
        assert_eq!(told("a, b, c", "a, b"), own(", c", ""));
    }

    proptest! {
        #[test]
        fn marks_lie_within_and_what_is_the_same_has_none(old: Vec<u8>, new: Vec<u8>) {
            let (left, right) = marks(&old, &new);
            for (line, marks) in [(&old, &left), (&new, &right)] {
                let mut end = 0;
                for (from, to) in marks {
                    prop_assert!(end <= *from && from < to && *to as usize <= line.len());
                    end = *to;
                }
            }
            prop_assert_eq!(marks(&old, &old), (Vec::new(), Vec::new()));
        }
    }
}
