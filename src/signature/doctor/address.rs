//! URLs that a sender may have called and signed in place of the one that is checked with.

use super::{Case, ills::said};
use crate::model::{Header, Printable};
use crate::signature::{Finding, signed::is_url_signed, urls::split};

/// Looks for one: a sentence of diagnosis and one of remedy.
pub(super) fn url(case: &mut Case<'_>, _: &Finding) -> Option<(String, String)> {
    if !is_url_signed(case.scheme) {
        return None;
    }
    let mut tries: Vec<(&str, String)> = Vec::new();
    for url in &case.message.urls {
        let (origin, path) = split(url);
        if let Some(rest) = url.strip_prefix("https://") {
            tries.push(("another scheme: http", format!("http://{rest}")));
        } else if let Some(rest) = url.strip_prefix("http://") {
            tries.push(("another scheme: https", format!("https://{rest}")));
        }
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let tail = |query: Option<&str>| query.map_or(String::new(), |query| format!("?{query}"));
        match path.strip_suffix('/') {
            Some(shorter) => {
                tries.push(("no slash at the end of its path", format!("{origin}{shorter}{}", tail(query))));
            }
            None => tries.push(("a slash at the end of its path", format!("{origin}{path}/{}", tail(query)))),
        }
        let ports = [":443", ":80", ":8080", ":8443"];
        match origin.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())) {
            Some((bare, _)) => tries.push(("no port", format!("{bare}{path}{}", tail(query)))),
            None => tries.extend(ports.map(|port| ("another port", format!("{origin}{port}{path}{}", tail(query))))),
        }
        if let Some(query) = query {
            let mut sorted: Vec<&str> = query.split('&').collect();
            sorted.sort_unstable();
            tries.push(("its parameters in another order", format!("{origin}{path}?{}", sorted.join("&"))));
            sorted.reverse();
            tries.push(("its parameters in another order", format!("{origin}{path}?{}", sorted.join("&"))));
            let turned: Vec<&str> = query.split('&').rev().collect();
            tries.push(("its parameters in another order", format!("{origin}{path}?{}", turned.join("&"))));
            tries.push(("no parameters", format!("{origin}{path}")));
        }
    }
    // A secret for one host, seen at another: the hosts that the request names anywhere.
    for header in &case.message.headers {
        let Some(host) = host_in(header) else { continue };
        let target = String::from_utf8_lossy(case.message.target);
        for scheme in ["https", "http"] {
            tries.push(("another host", format!("{scheme}://{host}{target}")));
        }
    }
    tries.retain(|(_, url)| !case.message.urls.contains(url));
    for (what, url) in tries {
        let mut message = case.message.clone();
        message.urls = vec![url];
        if case.fits_mine(case.scheme, &message) {
            let url = message.urls.first().map_or("", String::as_str);
            let shown = Printable::limited(url.as_bytes(), 200);
            // A shell would take what stands behind an `&` for another command.
            let whole = Printable::new(url.as_bytes());
            let quote = if url.contains(['&', '?', ';', '*', '(', '$']) { "'" } else { "" };
            return said(
                format!("the sender called {shown}, a URL with {what}, and signed that"),
                format!(
                    "verify with the URL that {} was given: --public-url {quote}{whole}{quote}",
                    case.scheme.provider
                ),
            );
        }
    }
    None
}

/// A host that a header names: in its value as a URL, or as a name with a dot.
fn host_in<'a>(header: &Header<'a>) -> Option<&'a str> {
    let value = std::str::from_utf8(header.value).ok()?;
    let after = value.split_once("://").map_or(value, |(_, rest)| rest);
    let host = after.split(['/', ',', ';', ' ']).next()?;
    let is_host = host.contains('.') && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
    (is_host && host.len() < 254).then_some(host)
}
