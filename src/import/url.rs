//! A URL taken apart as far as a request needs it (RFC 3986 §3), without changing a byte of what goes over the wire.

/// The parts of a URL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Parts<'a> {
    /// What stands before `://`.
    pub(super) scheme: Option<&'a [u8]>,
    /// What stands before `@`.
    pub(super) user: Option<&'a [u8]>,
    /// Host and port.
    pub(super) host: &'a [u8],
    /// The path, which may be empty.
    pub(super) path: &'a [u8],
    /// What follows the first `?`.
    pub(super) query: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    /// Takes any bytes apart. Without a scheme, what stands before the first slash is the host. The fragment, which is never
    /// sent, is dropped.
    pub(super) fn of(url: &'a [u8]) -> Self {
        let url = cut(url, b'#').0;
        let scheme = memchr::memmem::find(url, b"://").filter(|at| {
            url.get(..*at).is_some_and(|scheme| {
                scheme.first().is_some_and(u8::is_ascii_alphabetic)
                    && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
            })
        });
        let rest = scheme.and_then(|at| url.get(at + 3..)).unwrap_or(url);
        let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end).unwrap_or((rest, b""));
        let at = memchr::memrchr(b'@', authority);
        let (path, query) = cut(rest, b'?');
        Self {
            scheme: scheme.and_then(|at| url.get(..at)),
            user: at.and_then(|at| authority.get(..at)),
            host: at.and_then(|at| authority.get(at + 1..)).unwrap_or(authority),
            path,
            query,
        }
    }

    /// The target of a request for it in origin form (RFC 9112 §3.2.1).
    pub(super) fn target(&self) -> Vec<u8> {
        let path = if self.path.is_empty() { b"/" } else { self.path };
        match self.query {
            Some(query) => [path, b"?", query].concat(),
            None => path.to_vec(),
        }
    }

    /// What `Host` says: the port only where it is not the scheme's own.
    pub(super) fn host_header(&self) -> Vec<u8> {
        let own: &[u8] =
            if self.scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"https")) { b":443" } else { b":80" };
        self.host.strip_suffix(own).unwrap_or(self.host).to_vec()
    }
}

/// What stands before the first of this, and what behind it.
fn cut(bytes: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(at, bytes).and_then(|place| bytes.split_at_checked(place)) {
        Some((before, rest)) => (before, rest.get(1..)),
        None => (bytes, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn urls_are_taken_apart() {
        for (url, host, target) in [
            ("http://h", "h", "/"),
            ("http://h:80/a?b=c#d", "h", "/a?b=c"),
            ("https://u:p@h:443?x", "h", "/?x"),
            ("https://h:80/%2f//x", "h:80", "/%2f//x"),
            ("h:81/a@b", "h:81", "/a@b"),
            ("http://[::1]:9/?a?b", "[::1]:9", "/?a?b"),
            ("/only/a/path", "", "/only/a/path"),
            ("", "", "/"),
        ] {
            let parts = Parts::of(url.as_bytes());
            assert_eq!(String::from_utf8(parts.host_header()).unwrap(), host, "{url}");
            assert_eq!(String::from_utf8(parts.target()).unwrap(), target, "{url}");
        }
        assert_eq!(Parts::of(b"https://u:p@q@h/").user, Some(&b"u:p@q"[..]));
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_target(url in proptest::collection::vec(any::<u8>(), 0..60)) {
            prop_assert!(!Parts::of(&url).target().is_empty());
        }
    }
}
