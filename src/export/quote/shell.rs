//! Words of a shell: for bash, zsh and every shell with the `$'…'` quotes of POSIX.1-2024; where no byte needs those, for any
//! POSIX shell.

use std::fmt::Write as _;

/// Bytes as one word of a shell. A NUL, which no argument can hold, becomes `%00`.
pub fn quoted(bytes: &[u8]) -> String {
    let mut word = String::with_capacity(bytes.len() + 8);
    if bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        word.push('\'');
        for byte in bytes {
            if *byte == b'\'' { word.push_str("'\\''") } else { word.push(char::from(*byte)) }
        }
    } else {
        word.push_str("$'");
        for byte in bytes {
            match byte {
                0 => word.push_str("%00"),
                b'\n' => word.push_str("\\n"),
                b'\r' => word.push_str("\\r"),
                b'\t' => word.push_str("\\t"),
                // A shell that does not know these quotes, or reads `!` as history, still finds one word.
                b'\'' | b'\\' | b'!' | ..=0x1f | 0x7f.. => {
                    let _ = write!(word, "\\{byte:03o}");
                }
                _ => word.push(char::from(*byte)),
            }
        }
    }
    word.push('\'');
    word
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_quoted() {
        for (bytes, word) in [
            (b"".as_slice(), "''"),
            (b"a b", "'a b'"),
            (b"it's", r"'it'\''s'"),
            (b"a\n'!\\\x1b\xc3\xa9\x7f", r"$'a\n\047\041\134\033\303\251\177'"),
        ] {
            assert_eq!(quoted(bytes), word);
        }
    }

    /// What a shell makes of words, or nothing where there is no such shell.
    fn expanded(shell: &str, words: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
        let script = words.iter().fold("printf '%s\\0'".to_owned(), |script, word| script + " " + &quoted(word));
        let output = Command::new(shell).args(["-c", &script]).output().ok()?;
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let mut words: Vec<Vec<u8>> = output.stdout.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
        assert_eq!(words.pop(), Some(Vec::new()));
        Some(words)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn bash_reads_what_was_meant(words in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(1_u8.., 0..60),
                r#"[$`'"\\!*?~#&|;<>(){}\[\]a-c \n=@-]{0,40}"#.prop_map(String::into_bytes),
            ],
            1..60,
        )) {
            match expanded("bash", &words) {
                Some(read) => prop_assert_eq!(read, words),
                None => eprintln!("SKIPPED: there is no bash here"),
            }
        }

        #[test]
        fn any_posix_shell_reads_printable_words(words in proptest::collection::vec("[ -~]{0,60}".prop_map(String::into_bytes), 1..60)) {
            match expanded("sh", &words) {
                Some(read) => prop_assert_eq!(read, words),
                None => eprintln!("SKIPPED: there is no sh here"),
            }
        }
    }
}
