//! Commands and what becomes of them; and the same commands given to bash and curl, where those are there.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    process::Command,
};

use proptest::prelude::*;

use super::*;
use crate::model::{BodyEnd, Capture};

fn read_all(text: &[u8]) -> (Vec<Capture>, Vec<String>) {
    let (mut captures, mut said) = (Vec::new(), Vec::new());
    for item in read(Input::new(text, Timestamp::UNIX_EPOCH)) {
        match item {
            Ok(capture) => captures.push(capture),
            Err(error) => said.push(error.to_string()),
        }
    }
    (captures, said)
}

fn one(text: &str) -> Capture {
    let (mut captures, said) = read_all(text.as_bytes());
    assert_eq!((captures.len(), &said[..]), (1, &[][..]), "{text}");
    captures.remove(0)
}

/// The head as it would go over the wire.
fn head(capture: &Capture) -> String {
    capture.head.bytes().escape_ascii().to_string().replace("\\r\\n", "\n")
}

/// Commands, each sent to a server by curl and read here. `$URL` is the server's.
const COMMANDS: &[&str] = &[
    "curl $URL",
    "curl $URL/a/../b/./c?x=y#frag",
    "curl --path-as-is $URL/a/../b",
    "curl -d a=b $URL/form",
    "curl -d a=b -d 'c=d e' --data-raw '@x' $URL",
    "curl -X PATCH -H 'Content-Type: application/json' --data-raw '{\"a\": 1}' $URL",
    "curl --json '{\"a\":' --json '1}' $URL",
    "curl --json '{}' -H 'Accept: x/y' $URL",
    "curl -G -d a=b --data-urlencode 'q=x y&z' \"$URL/s?p=1\"",
    "curl --data-urlencode 'a b' --data-urlencode '=c&d' --data-urlencode 'n=\u{e9}~-._' $URL",
    "curl -I $URL/head",
    "curl -u me:s3cret $URL",
    "curl -A 'agent/1' -e http://ref -b 'a=b' -b c=d $URL",
    "curl -A '' -H 'Accept:' -H 'X-Empty;' -H 'X-A:  spaced  ' $URL",
    "curl -H 'Host: other' -H 'user-agent: mine' -d x $URL",
    "curl -H 'Cookie: own=1' -b a=b -r 0-9 $URL",
    "curl -XPUT -Hx-a:1 -dx -sS $URL",
    "curl -sSXDELETE $URL/one",
    "curl --request-target /odd?target -d '' $URL",
    "curl -0 -d x $URL",
    "curl --oauth2-bearer token $URL",
    "curl -d $'line\\nfeed \\x41\\101\\u00e9\\'\\\\' $URL",
    "curl -d \"it's \\\"quoted\\\" \\\\ \\$x\" $URL",
    "printf %s 'AEB/gA==' | base64 -d | curl -H 'Expect:' --data-binary @- $URL",
    "echo 'two words' | curl -d @- $URL",
    "curl --data-binary @- $URL <<'END'\n  a $b\nline\nEND\n",
    "curl -d @- $URL <<< 'here'",
    "A=b curl -s \\\n  -d x \\\n  $URL # and so on\n",
    "curl --url $URL/x 2>/dev/null || curl --url $URL/y -o /dev/null",
    "curl -H 'Transfer-Encoding: chunked' -d abc $URL",
    "curl -F 'a=1' -F 'b=x;type=text/y' --form-string 'c=@z;type=q' $URL",
    "curl me:pw@$HOST/auth",
    "curl $HOST",
    "curl -d a=b --url-query 'c=d e' --url-query +raw=1 $URL/q",
    "printf %s body | curl -T - $URL/up",
];

#[test]
fn what_is_read_is_what_curl_sends() {
    if Command::new("curl").arg("--version").output().is_err()
        || Command::new("bash").arg("-c").arg(":").output().is_err()
    {
        eprintln!("SKIPPED: there is no curl or no bash here");
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    for command in COMMANDS {
        let command = command.replace("$URL", &format!("http://{host}")).replace("$HOST", &host);
        let mut child = Command::new("bash").arg("-c").arg(&command).env("HOME", "/nonexistent").spawn().unwrap();
        let (sent_head, sent_body) = serve(&listener);
        child.wait().unwrap();
        let (captures, said) = read_all(command.as_bytes());
        let capture = captures.first().unwrap_or_else(|| panic!("{command}: {said:?}"));
        let plain = |head: &str| {
            let ours = ["User-Agent: curl/", "Expect: 100-continue"];
            let lines = head.lines().filter(|line| !ours.iter().any(|ours| line.starts_with(ours)));
            // White space around values is not theirs (RFC 9110 §5.5).
            let trim = |line: &str| match line.split_once(':') {
                Some((name, value)) => format!("{name}: {}", value.trim()),
                None => line.to_owned(),
            };
            lines.map(trim).collect::<Vec<_>>().join("\n")
        };
        let body = capture.body.bytes().unwrap().escape_ascii().to_string();
        // The boundary is made up anew each time, by curl and by us, and of another length.
        let boundary =
            |head: &str| head.split_once("boundary=").map(|(_, rest)| rest.lines().next().unwrap().to_owned());
        let (theirs, ours) = (boundary(&sent_head), boundary(&head(capture)));
        if let (Some(theirs), Some(ours)) = (theirs, ours) {
            assert_eq!(sent_body.replace(&theirs, "B"), body.replace(&ours, "B"), "{command}");
            continue;
        }
        assert_eq!(plain(&head(capture)), plain(&sent_head), "{command}");
        assert_eq!(body, sent_body, "{command}");
    }
}

/// Takes one request: its head, and its body without transfer coding.
fn serve(listener: &TcpListener) -> (String, String) {
    let (stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let start = head.len();
        assert!(reader.read_until(b'\n', &mut head).unwrap() > 0, "{}", head.escape_ascii());
        if head[start..].trim_ascii().is_empty() {
            break;
        }
    }
    let head = head.escape_ascii().to_string().replace("\\r\\n", "\n");
    let lower = head.to_lowercase();
    if lower.contains("expect: 100-continue") {
        reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
    }
    let mut body = Vec::new();
    if lower.contains("transfer-encoding: chunked") {
        let mut framed = Vec::new();
        while !framed.ends_with(b"0\r\n\r\n") {
            assert!(reader.read_until(b'\n', &mut framed).unwrap() > 0);
        }
        body = crate::import::chunked::read(&framed).body;
    } else if let Some((_, rest)) = lower.split_once("content-length: ") {
        body = vec![0; rest.lines().next().unwrap().parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
    }
    reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    (head, body.escape_ascii().to_string())
}

#[test]
fn no_file_is_read_and_each_is_named() {
    for (command, says) in [
        (
            "curl -d @/etc/passwd http://h",
            "line 1: the body is not here: the command reads it from the file /etc/passwd, and no file is ever read",
        ),
        (
            "curl --data-binary @- http://h",
            "line 1: the body is not here: the command reads it from standard input, and no file is ever read",
        ),
        (
            "curl -F 'a=@/etc/passwd' http://h",
            "line 1: the body is not here: the command reads it from the file /etc/passwd, and no file is ever read",
        ),
        (
            "curl -T /etc/passwd http://h",
            "line 1: the body is not here: the command reads it from the file /etc/passwd, and no file is ever read",
        ),
        (
            "curl -H @/etc/passwd http://h",
            "line 1: the command reads header lines from the file /etc/passwd, which is never read here",
        ),
        (
            "curl -b jar.txt http://h",
            "line 1: the command reads cookies from the file jar.txt, which is never read here",
        ),
        (
            "curl -K /etc/passwd http://h",
            "line 1: the command reads more options from the file /etc/passwd, which is never read here",
        ),
        (
            "curl --data-binary @- http://h < /etc/passwd",
            "line 1: the body is not here: the command reads it from standard input, and no file is ever read",
        ),
        (
            "cat /etc/passwd | curl -d @- http://h",
            "line 1: the body is not here: the command reads it from standard input, and no file is ever read",
        ),
    ] {
        let (captures, said) = read_all(command.as_bytes());
        assert_eq!((captures.len(), said), (1, vec![says.to_owned()]), "{command}");
        assert!(!captures[0].body.first().windows(4).any(|four| four == b"root"));
        let left_out = matches!(captures[0].body.end(), BodyEnd::LeftOut(_));
        assert_eq!(left_out, says.contains("the body"), "{command}");
    }
}

#[test]
fn what_only_a_shell_could_fill_in_stays_and_is_said() {
    let (captures, said) =
        read_all(b"curl -H \"Authorization: Bearer $TOKEN\" -d \"$(cat /etc/passwd)\" http://h/`id`");
    assert_eq!(captures[0].head.header("authorization"), Some(&b"Bearer $TOKEN"[..]));
    assert_eq!(captures[0].body.bytes().unwrap(), "$(cat /etc/passwd)");
    let says =
        "line 1: only a shell can fill in what stands in Authorization: Bearer $TOKEN; it is kept as it is written";
    assert_eq!(said, [says]);
}

#[test]
fn commands_that_are_wrong_cost_themselves() {
    let text = "curl --nonsense http://h\ncurl http://h/1\ncurl\ncurl -d\ncurl ftp://h/\n\ncurl -d 'open http://h\ncurl http://h/2\n";
    let (captures, said) = read_all(text.as_bytes());
    let paths: Vec<&[u8]> = captures.iter().map(|capture| capture.head.path()).collect();
    assert_eq!(paths, [b"/1", b"/2"]);
    assert_eq!(
        said,
        [
            "line 1: curl has no option --nonsense",
            "line 3: the command names no URL",
            "line 4: what -d asks for is missing",
            "line 5: ftp://h/ is no URL of HTTP",
            "line 6: not a command of a shell: a single quote is not closed",
        ]
    );
    assert_eq!(read_all(b"echo hello").1, ["there is no curl command in it"]);
}

#[test]
fn one_command_may_be_several_requests() {
    let (captures, said) =
        read_all(b"curl http://h/a http://h/b --next -d x http://h/c; curl http://h/d & curl https://h:443/e");
    let told: Vec<String> = captures
        .iter()
        .map(|one| format!("{} {}", one.head.method().escape_ascii(), one.head.target().escape_ascii()))
        .collect();
    assert_eq!(told, ["GET /a", "GET /b", "POST /c", "GET /d", "GET /e"]);
    assert!(said.is_empty());
    assert_eq!(captures[4].head.header("host"), Some(&b"h"[..]));
    assert_eq!(one("curl -d @- http://h <<-END\n\ta\\$b\n\tEND\n").body.bytes().unwrap(), "a$b");
}

#[test]
fn our_own_commands_are_read_back() {
    let text = crate::export::curl(
        &one("curl -X PUT -H 'X-A: b' -d $'a\\x01\\xff!' 'http://127.0.0.1:4600/x?y=%zz'"),
        "http://127.0.0.1:4600",
    )
    .unwrap();
    let capture = one(&text);
    assert_eq!(capture.body.bytes().unwrap().as_ref(), b"a\x01\xff!");
    assert_eq!((capture.head.method(), capture.head.target()), (&b"PUT"[..], &b"/x?y=%zz"[..]));
    assert_eq!(capture.head.header("x-a"), Some(&b"b"[..]));
}

proptest! {
    #[test]
    fn any_text_comes_to_an_end(text in proptest::collection::vec(prop_oneof![
        Just("curl "), Just("http://h "), Just("-d "), Just("'"), Just("\""), Just("$'"), Just("\\"), Just("\n"), Just("<<E "),
        Just("E\n"), Just("$("), Just(")"), Just("`"), Just("${"), Just("}"), Just("| "), Just(";"), Just("#"), Just("@- "), Just("-F a=@b;type=c "),
        Just("\u{e9}"), Just("2>&1 "), Just("--data-urlencode "), Just("-sSX"),
    ], 0..40)) {
        let text = text.concat();
        let (captures, said) = read_all(text.as_bytes());
        prop_assert!(captures.len() + said.len() <= text.len() + 2);
    }

    #[test]
    fn words_that_are_quoted_are_read_as_they_were(words in proptest::collection::vec(proptest::collection::vec(1_u8.., 1..20), 1..5)) {
        let mut text = "curl http://h".to_owned();
        for word in &words {
            text += " --data-raw $'";
            text.extend(word.iter().map(|byte| format!("\\{byte:03o}")));
            text += "'";
        }
        prop_assert_eq!(one(&text).body.bytes().unwrap().to_vec(), words.join(&b'&'));
    }
}
