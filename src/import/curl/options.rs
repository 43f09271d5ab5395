//! The options of curl (curl(1)): which of them take an argument, and which say something about the request.
//!
//! Decided: options of connections, proxies, output and the like are known by name alone, because an argument that is not
//! taken for one would be taken for a URL. A long option may be shortened as far as it stays the only one, as in curl.

/// What an option says of the request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Does {
    /// Nothing.
    Nothing,
    /// Who asks, in a way that takes an answer first.
    OtherAuth,
    /// `Accept-Encoding`.
    Compressed,
    /// More options, in a file.
    Config,
    /// `Cookie`, or a file of them.
    Cookie,
    /// The body, of which line ends go where it comes out of a file.
    Data,
    /// The body.
    DataBinary,
    /// The body, never a file.
    DataRaw,
    /// The body, escaped.
    DataUrlencode,
    /// A part of a multipart body.
    Form,
    /// The same, never a file.
    FormString,
    /// The body goes into the query.
    Get,
    /// Brackets and braces in URLs mean themselves.
    Globoff,
    /// `HEAD`.
    Head,
    /// A header line.
    Header,
    /// HTTP/1.0.
    Http10,
    /// The body, which is JSON.
    Json,
    /// Another request follows.
    Next,
    /// `Authorization: Bearer`.
    Bearer,
    /// Dots in paths stay.
    PathAsIs,
    /// `Range`.
    Range,
    /// `Referer`.
    Referer,
    /// The method.
    Method,
    /// The target.
    Target,
    /// A file for the body.
    Upload,
    /// The URL.
    Url,
    /// More of the query.
    Query,
    /// `Authorization: Basic`.
    User,
    /// `User-Agent`.
    Agent,
}

/// One option.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Meaning {
    /// Whether an argument follows.
    pub(super) argument: bool,
    /// What it says.
    pub(super) does: Does,
}

/// The options that say something: their one letter, their name, whether an argument follows, and what they say.
const SAYING: &[(&str, &str, bool, Does)] = &[
    ("", "anyauth", false, Does::OtherAuth),
    ("", "aws-sigv4", true, Does::OtherAuth),
    ("", "compressed", false, Does::Compressed),
    ("K", "config", true, Does::Config),
    ("b", "cookie", true, Does::Cookie),
    ("d", "data", true, Does::Data),
    ("", "data-ascii", true, Does::Data),
    ("", "data-binary", true, Does::DataBinary),
    ("", "data-raw", true, Does::DataRaw),
    ("", "data-urlencode", true, Does::DataUrlencode),
    ("", "digest", false, Does::OtherAuth),
    ("F", "form", true, Does::Form),
    ("", "form-string", true, Does::FormString),
    ("G", "get", false, Does::Get),
    ("g", "globoff", false, Does::Globoff),
    ("I", "head", false, Does::Head),
    ("H", "header", true, Does::Header),
    ("0", "http1.0", false, Does::Http10),
    ("", "json", true, Does::Json),
    ("", "negotiate", false, Does::OtherAuth),
    (":", "next", false, Does::Next),
    ("", "ntlm", false, Does::OtherAuth),
    ("", "oauth2-bearer", true, Does::Bearer),
    ("", "path-as-is", false, Does::PathAsIs),
    ("r", "range", true, Does::Range),
    ("e", "referer", true, Does::Referer),
    ("X", "request", true, Does::Method),
    ("", "request-target", true, Does::Target),
    ("T", "upload-file", true, Does::Upload),
    ("", "url", true, Does::Url),
    ("", "url-query", true, Does::Query),
    ("u", "user", true, Does::User),
    ("A", "user-agent", true, Does::Agent),
];

/// The others that take an argument, each with its letter before the colon.
const WITH_ARGUMENT: &str = "\
    :abstract-unix-socket :alt-svc :cacert :capath E:cert :cert-type :ciphers :connect-timeout :connect-to \
    C:continue-at c:cookie-jar :create-file-mode :crlfile :curves :delegation :dns-interface :dns-ipv4-addr \
    :dns-ipv6-addr :dns-servers :doh-url D:dump-header :ech :egd-file :engine :etag-compare :etag-save \
    :expect100-timeout :ftp-account :ftp-alternative-to-user :ftp-method P:ftp-port :ftp-ssl-ccc-mode \
    :happy-eyeballs-timeout-ms :haproxy-clientip h:help :hostpubmd5 :hostpubsha256 :hsts :interface :ip-tos \
    :ipfs-gateway :keepalive-cnt :keepalive-time :key :key-type :knownhosts :krb :libcurl :limit-rate :local-port \
    :login-options :mail-auth :mail-from :mail-rcpt :max-filesize :max-redirs m:max-time :netrc-file :noproxy \
    o:output :output-dir :parallel-max :parallel-max-host :pass :pinnedpubkey :preproxy :proto :proto-default \
    :proto-redir x:proxy :proxy-cacert :proxy-capath :proxy-cert :proxy-cert-type :proxy-ciphers :proxy-crlfile \
    :proxy-header :proxy-key :proxy-key-type :proxy-pass :proxy-pinnedpubkey :proxy-service-name :proxy-tls13-ciphers \
    :proxy-tlsauthtype :proxy-tlspassword :proxy-tlsuser U:proxy-user :proxy1.0 :pubkey Q:quote :random-file :rate \
    :resolve :retry :retry-delay :retry-max-time :sasl-authzid :service-name :sigalgs :socks4 :socks4a :socks5 \
    :socks5-gssapi-service :socks5-hostname Y:speed-limit y:speed-time :stderr t:telnet-option :tftp-blksize \
    z:time-cond :tls-max :tls13-ciphers :tlsauthtype :tlspassword :tlsuser :trace :trace-ascii :trace-config \
    :unix-socket :upload-flags :variable :vlan-priority w:write-out";

/// Those that take none.
const ALONE: &str = "\
    a:append :basic :ca-native :cert-status :compressed-ssh :create-dirs :crlf q:disable :disable-eprt :disable-epsv \
    :disallow-username-in-url :doh-cert-status :doh-insecure :dump-ca-embed f:fail :fail-early :fail-with-body \
    :false-start :follow :form-escape :ftp-create-dirs :ftp-pasv :ftp-pret :ftp-skip-pasv-ip :ftp-ssl-ccc \
    :ftp-ssl-control :haproxy-protocol :http0.9 :http1.1 :http2 :http2-prior-knowledge :http3 :http3-only \
    :ignore-content-length i:include k:insecure 4:ipv4 6:ipv6 j:junk-session-cookies l:list-only L:location \
    :location-trusted :mail-rcpt-allowfails M:manual :metalink :mptcp n:netrc :netrc-optional :no-alpn N:no-buffer \
    :no-clobber :no-keepalive :no-npn :no-progress-meter :no-sessionid :ntlm-wb :out-null Z:parallel \
    :parallel-immediate :post301 :post302 :post303 #:progress-bar :proxy-anyauth :proxy-basic :proxy-ca-native \
    :proxy-digest :proxy-http2 :proxy-insecure :proxy-negotiate :proxy-ntlm :proxy-ssl-allow-beast \
    :proxy-ssl-auto-client-cert :proxy-tlsv1 p:proxytunnel :raw J:remote-header-name O:remote-name :remote-name-all \
    R:remote-time :remove-on-error :retry-all-errors :retry-connrefused :sasl-ir S:show-error s:silent :skip-existing \
    :socks5-basic :socks5-gssapi :socks5-gssapi-nec :ssl :ssl-allow-beast :ssl-auto-client-cert :ssl-no-revoke \
    :ssl-reqd :ssl-revoke-best-effort 2:sslv2 3:sslv3 :styled-output :suppress-connect-headers :tcp-fastopen \
    :tcp-nodelay :tftp-no-options :tls-earlydata 1:tlsv1 :tlsv1.0 :tlsv1.1 :tlsv1.2 :tlsv1.3 :tr-encoding :trace-ids \
    :trace-time B:use-ascii v:verbose V:version :xattr";

/// Every option: its letter, its name and its meaning.
fn all() -> impl Iterator<Item = (&'static str, &'static str, Meaning)> {
    let saying = SAYING
        .iter()
        .map(|(letter, name, argument, does)| (*letter, *name, Meaning { argument: *argument, does: *does }));
    let silent = [(WITH_ARGUMENT, true), (ALONE, false)].into_iter().flat_map(|(list, argument)| {
        list.split_ascii_whitespace().filter_map(move |option| {
            let (letter, name) = option.split_once(':')?;
            Some((letter, name, Meaning { argument, does: Does::Nothing }))
        })
    });
    saying.chain(silent)
}

/// The option of that letter.
pub(super) fn short(letter: u8) -> Option<Meaning> {
    all().find(|(known, _, _)| known.as_bytes() == [letter]).map(|(_, _, meaning)| meaning)
}

/// The option of that name, without its dashes.
pub(super) fn long(name: &str) -> Option<Meaning> {
    if let Some((_, _, meaning)) = all().find(|(_, known, _)| *known == name) {
        return Some(meaning);
    }
    if let Some(plain) = name.strip_prefix("no-") {
        return long(plain)
            .filter(|meaning| !meaning.argument)
            .map(|_| Meaning { argument: false, does: Does::Nothing });
    }
    if let Some(plain) = name.strip_prefix("expand-") {
        return long(plain);
    }
    let mut those = all().filter(|(_, known, _)| known.starts_with(name)).map(|(_, _, meaning)| meaning);
    let first = those.next()?;
    those.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_option_is_there_once() {
        let (mut letters, mut names) = (HashSet::new(), HashSet::new());
        for (letter, name, meaning) in all() {
            assert!(letter.len() <= 1 && (letter.is_empty() || letters.insert(letter)), "-{letter}");
            assert!(name.len() > 2 && names.insert(name), "--{name}");
            assert_eq!(long(name), Some(meaning), "--{name}");
        }
        assert!(letters.len() > 50 && names.len() > 240, "{} {}", letters.len(), names.len());
    }

    #[test]
    fn options_are_known_by_letter_name_and_beginning() {
        assert_eq!(short(b'd').map(|meaning| (meaning.argument, meaning.does)), Some((true, Does::Data)));
        assert_eq!(short(b'#').map(|meaning| meaning.argument), Some(false));
        assert_eq!(short(b':').map(|meaning| meaning.does), Some(Does::Next));
        assert_eq!(long("data-url").map(|meaning| meaning.does), Some(Does::DataUrlencode));
        assert_eq!(long("no-compressed").map(|meaning| meaning.does), Some(Does::Nothing));
        assert_eq!((long("data-"), long("nonsense"), short(b'~')), (None, None, None));
    }
}
