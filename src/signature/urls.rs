//! What URL a sender may have called. Behind a tunnel or a proxy nothing in a request says it for certain, and some sign it,
//! so there are candidates: what the user says, what proxies say, what `Host` says, each with and without a port.

use super::message::Message;

/// How many candidates there are at most.
const MOST: usize = 32;
/// The longest candidate, in bytes.
const LONGEST: usize = 16 * 1024;

/// The likeliest first.
pub fn candidates(message: &Message<'_>, public: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(target) = std::str::from_utf8(message.target) else { return found };
    if target.starts_with("http://") || target.starts_with("https://") {
        push(&mut found, target.to_owned());
    }
    let target = if target.starts_with('/') { target } else { "/" };
    for url in public {
        let base = if url.contains("://") { url.clone() } else { format!("https://{url}") };
        let (origin, path) = split(&base);
        let query = target.find('?').and_then(|at| target.get(at..)).unwrap_or_default();
        if matches!(path, "" | "/") {
            push(&mut found, format!("{origin}{target}"));
            // Some senders sign what was entered there, without a slash or without what they put behind it.
            if target.strip_suffix(query) == Some("/") {
                push(&mut found, format!("{base}{query}"));
                push(&mut found, base);
            }
            continue;
        }
        // What was said may be the whole URL, or what stands before the path that is sent here.
        if path.contains('?') || query.is_empty() {
            push(&mut found, base.clone());
        } else {
            push(&mut found, format!("{base}{query}"));
        }
        push(&mut found, format!("{}{target}", base.trim_end_matches('/')));
        push(&mut found, format!("{origin}{target}"));
        push(&mut found, base);
    }
    let text = |name: &str| {
        let value = std::str::from_utf8(message.header(name)?).ok()?;
        let first = value.split(',').next()?.trim();
        (!first.is_empty()).then(|| first.to_owned())
    };
    let (mut forwarded_host, mut forwarded_proto) = (text("x-forwarded-host"), text("x-forwarded-proto"));
    for pair in text("forwarded").iter().flat_map(|value| value.split(';')) {
        let Some((name, value)) = pair.split_once('=') else { continue };
        let value = value.trim().trim_matches('"').to_owned();
        match name.trim().to_ascii_lowercase().as_str() {
            "host" => forwarded_host = forwarded_host.or(Some(value)),
            "proto" => forwarded_proto = forwarded_proto.or(Some(value)),
            _ => {}
        }
    }
    let port = text("x-forwarded-port").filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    let hosts = [forwarded_host, text("x-original-host"), text("host"), text(":authority")];
    for host in hosts.into_iter().flatten() {
        let mut schemes = vec!["https", "http"];
        if forwarded_proto.as_deref() == Some("http") {
            schemes.reverse();
        }
        for scheme in schemes {
            push(&mut found, format!("{scheme}://{host}{target}"));
            for other in other_ports(scheme, &host, port.as_deref()) {
                push(&mut found, format!("{scheme}://{other}{target}"));
            }
        }
    }
    found
}

/// The same host with its port and without.
fn other_ports(scheme: &str, host: &str, port: Option<&str>) -> Vec<String> {
    let (name, own) = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, Some(port)),
        _ => (host, None),
    };
    let usual = if scheme == "https" { "443" } else { "80" };
    let mut all = Vec::new();
    if own.is_some() {
        all.push(name.to_owned());
    }
    all.extend(port.into_iter().chain([usual]).filter(|port| Some(*port) != own).map(|port| format!("{name}:{port}")));
    all
}

/// A URL without its path, and the path.
pub fn split(url: &str) -> (&str, &str) {
    let after = url.find("://").map_or(0, |at| at + 3);
    let slash = url.get(after..).and_then(|rest| rest.find(['/', '?'])).map_or(url.len(), |at| after + at);
    url.split_at_checked(slash).unwrap_or((url, ""))
}

fn push(found: &mut Vec<String>, url: String) {
    if found.len() < MOST && url.len() <= LONGEST && !found.contains(&url) {
        found.push(url);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Content, Header};
    use bytes::Bytes;
    use jiff::Timestamp;

    fn of(headers: &[(&str, &str)], target: &str, public: &[&str]) -> Vec<String> {
        let message = Message {
            method: b"POST",
            target: target.as_bytes(),
            headers: headers
                .iter()
                .map(|(name, value)| Header { name: name.as_bytes(), value: value.as_bytes() })
                .collect(),
            body: Content::from(Bytes::new()),
            whole: true,
            received_at: Timestamp::UNIX_EPOCH,
            urls: Vec::new(),
        };
        candidates(&message, &public.iter().map(|url| (*url).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn what_the_user_says_goes_first() {
        let found = of(&[("Host", "localhost:4600")], "/hook?a=1", &["https://example.com", "https://x.dev/hook"]);
        assert_eq!(found[0], "https://example.com/hook?a=1");
        assert_eq!(found[1], "https://x.dev/hook?a=1");
        for url in ["https://localhost:4600/hook?a=1", "http://localhost:4600/hook?a=1", "https://localhost/hook?a=1"] {
            assert!(found.contains(&url.to_owned()), "{url} in {found:?}");
        }
    }

    #[test]
    fn proxies_are_heard() {
        let found = of(
            &[("Host", "127.0.0.1:4600"), ("X-Forwarded-Host", "a.ngrok.app"), ("X-Forwarded-Proto", "https")],
            "/t",
            &[],
        );
        assert_eq!(found[0], "https://a.ngrok.app/t");
        assert!(found.contains(&"https://a.ngrok.app:443/t".to_owned()));
        let found = of(&[("Forwarded", "for=1.2.3.4;host=\"b.dev:8443\";proto=http")], "/t", &[]);
        assert_eq!(found[0], "http://b.dev:8443/t");
        assert!(found.contains(&"https://b.dev/t".to_owned()));
        assert!(of(&[("Host", "h")], "\u{7f}", &[]).contains(&"https://h/".to_owned()));
    }
}
