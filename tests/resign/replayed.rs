//! `creel replay --sign`, on the program itself.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::handler::{SECRET, strict};

/// The five providers of the handler, with captures that were signed long ago, and edited since.
const OLD: [(&str, &str, &[(&str, &str)], &str); 6] = [
    (
        "stripe",
        "/stripe",
        &[("Stripe-Signature", "t=1492774577,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd")],
        r#"{"id":"evt_1","object":"event","type":"invoice.paid","amount":1}"#,
    ),
    (
        "slack",
        "/slack",
        &[
            ("X-Slack-Request-Timestamp", "1531420618"),
            ("X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ],
        "token=x&command=%2Fweather&text=94070",
    ),
    (
        "github",
        "/github?live=1",
        &[
            ("X-GitHub-Event", "push"),
            ("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
            ("X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"),
        ],
        r#"{"ref":"refs/heads/edited"}"#,
    ),
    (
        "standard-webhooks",
        "/standard",
        &[
            ("webhook-id", "msg_1"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ],
        r#"{"type":"user.created"}"#,
    ),
    (
        "twilio",
        "/twilio?x=1",
        &[
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("X-Twilio-Signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ],
        "To=%2B1&From=%2B2&CallSid=CA1+2",
    ),
    ("telegram", "/telegram", &[("X-Telegram-Bot-Api-Secret-Token", "another")], r#"{"update_id":1,"message":{}}"#),
];

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A folder with the secret and the captures in a file.
fn place() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = String::new();
    for (number, (_, target, headers, body)) in OLD.iter().enumerate() {
        let line = json!({
            "type": "capture", "id": format!("01930000-0000-7000-8000-00000000000{number}"),
            "received_at": "2021-02-25T15:02:10Z", "version": "HTTP/1.1", "method": "POST", "target": target,
            "headers": headers, "body": {"text": body},
        });
        lines += &format!("{line}\n");
    }
    fs::write(folder.path().join("old.ndjson"), lines).unwrap();
    fs::write(folder.path().join("secret"), SECRET).unwrap();
    folder
}

fn creel(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_creel"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("PATH", std::env::var("PATH").unwrap())
        .env("THE_SECRET", SECRET)
        .output()
        .unwrap()
}

/// The attempts that it prints, and that nothing of it shows the secret.
fn attempts(output: &Output) -> Vec<Value> {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!out.contains(SECRET) && !err.contains(SECRET), "{out}{err}");
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn secrets() -> Vec<String> {
    OLD.iter().flat_map(|(provider, ..)| ["--secret".to_owned(), format!("{provider}=env:THE_SECRET")]).collect()
}

#[test]
fn what_is_stale_passes_once_it_is_signed_afresh() {
    let folder = place();
    let (url, requests) = strict(now);
    let secrets = secrets();
    let all = |sign: &[&str]| {
        let arguments = ["replay", "old.ndjson", "--to", &url, "--output", "json"];
        let arguments: Vec<&str> =
            arguments.iter().copied().chain(secrets.iter().map(String::as_str)).chain(sign.iter().copied()).collect();
        attempts(&creel(folder.path(), &arguments))
    };
    for as_captured in [all(&[]), all(&["--sign", "captured"])] {
        assert!(as_captured.iter().all(|attempt| attempt["status"] == 401), "{as_captured:#?}");
        assert!(as_captured.iter().all(|attempt| attempt["signed"].is_null()));
        assert_eq!(requests.iter().take(OLD.len()).count(), OLD.len());
    }
    let fresh = all(&["--sign", "fresh"]);
    for (attempt, (provider, ..)) in fresh.iter().zip(&OLD) {
        assert_eq!(attempt["status"], 200, "{provider}: {attempt:#}");
        assert_eq!(attempt["signed"], *format!("{provider} with env:THE_SECRET"));
        let changed: Vec<&Value> = attempt["changed"].as_array().unwrap().iter().collect();
        let of = |name: &str| changed.iter().find(|change| change["name"] == name).copied();
        // Old and new stand beside each other.
        match *provider {
            "stripe" => {
                let change = of("Stripe-Signature").unwrap();
                assert!(change["from"].as_str().unwrap().starts_with("t=1492774577,v1=52"), "{change}");
                assert!(change["to"].as_str().unwrap().starts_with("t=1") && change["to"] != change["from"]);
            }
            "standard-webhooks" => {
                assert!(of("webhook-signature").is_some() && of("webhook-timestamp").is_some());
                assert!(of("webhook-id").is_none(), "the id stays");
            }
            "telegram" => {
                let change = of("X-Telegram-Bot-Api-Secret-Token").unwrap();
                assert_eq!(change["to"], "env:THE_SECRET");
                assert_eq!(change["from"], "a token that is not shown", "it may be the provider's own");
            }
            "github" => assert!(of("X-GitHub-Delivery").is_none()),
            _ => {}
        }
    }
    assert_eq!(requests.iter().take(OLD.len()).count(), OLD.len());
    let anew = all(&["--sign", "fresh-id"]);
    assert!(anew.iter().all(|attempt| attempt["status"] == 200), "{anew:#?}");
    let sent: Vec<_> = requests.iter().take(OLD.len()).collect();
    assert!(sent[3].headers["webhook-id"].starts_with("msg_0") && sent[3].headers["webhook-id"].len() == 36);
    let delivery = &sent[2].headers["x-github-delivery"];
    assert!(delivery.len() == 36 && delivery != "72d3162e-cc78-11e3-81ab-4c9367dc0958", "{delivery}");
}

#[test]
fn a_target_says_how_what_is_sent_to_it_is_signed() {
    let folder = place();
    let (url, _requests) = strict(now);
    let secrets: String = OLD.iter().map(|(provider, ..)| format!("{provider} = 'file:secret'\n")).collect();
    let config = format!("[targets.strict]\nurl = '{url}'\nsign = 'fresh'\n[secrets]\n{secrets}");
    fs::write(folder.path().join("creel.toml"), config).unwrap();
    let replay = |sign: &[&str]| {
        let arguments = [&["replay", "old.ndjson", "--to", "strict", "--output", "json"], sign].concat();
        attempts(&creel(folder.path(), &arguments))
    };
    assert!(replay(&[]).iter().all(|attempt| attempt["status"] == 200));
    assert!(replay(&["--sign", "captured"]).iter().all(|attempt| attempt["status"] == 401));
    let text = creel(folder.path(), &["replay", "old.ndjson", "--to", "strict"]);
    let said = String::from_utf8(text.stdout).unwrap();
    assert!(said.contains("200 OK") && said.contains("signed afresh: stripe with file:secret"), "{said}");
    let said = String::from_utf8(creel(folder.path(), &["config"]).stdout).unwrap();
    assert!(said.contains(r#"sign = "fresh""#), "{said}");
}

#[test]
fn what_cannot_be_signed_is_not_sent_and_says_why() {
    let folder = place();
    let (url, requests) = strict(now);
    let output = creel(folder.path(), &["replay", "old.ndjson", "--to", &url, "--sign", "fresh", "--output", "json"]);
    assert_eq!(output.status.code(), Some(1));
    for (attempt, (provider, ..)) in attempts(&output).iter().zip(&OLD) {
        assert_eq!(attempt["error"]["kind"], "unsigned", "{attempt}");
        let sentence = attempt["error"]["sentence"].as_str().unwrap();
        assert!(
            sentence.contains("no secret for ") && sentence.contains(&format!("--secret {provider}=")),
            "{sentence}"
        );
    }
    assert!(requests.try_recv().is_err(), "something was sent");
    let wrong = creel(folder.path(), &["replay", "old.ndjson", "--to", &url, "--sign", "frsh"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_command_for_a_secret_is_run_only_when_it_is_needed() {
    let folder = place();
    let (url, _requests) = strict(now);
    let secret = "stripe=cmd:sh -c 'echo >> ran; cat secret'";
    let replay = |sign: &str| {
        let arguments = ["replay", "old.ndjson", "--to", &url, "--output", "json", "--secret", secret, "--sign", sign];
        attempts(&creel(folder.path(), &arguments))
    };
    replay("captured");
    assert!(!folder.path().join("ran").exists(), "it was run for nothing");
    assert_eq!(replay("fresh")[0]["status"], 200);
    assert_eq!(fs::read_to_string(folder.path().join("ran")).unwrap(), "\n", "it is run once");
}

/// Every file below a folder.
fn files(folder: &Path, found: &mut Vec<(std::path::PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            let bytes = fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
}

#[test]
fn a_whole_session_leaves_no_secret_anywhere() {
    use std::{
        io::{BufRead, BufReader, Read, Write},
        net::TcpStream,
        process::Stdio,
    };
    let folder = tempfile::tempdir().unwrap();
    let (url, requests) = strict(now);
    let secrets: String = OLD.iter().map(|(provider, ..)| format!("{provider} = 'env:THE_SECRET'\n")).collect();
    let config = format!("[targets.strict]\nurl = '{url}'\nsign = 'fresh-id'\n[secrets]\n{secrets}");
    fs::write(folder.path().join("creel.toml"), config).unwrap();
    let mut listening = Command::new(env!("CARGO_BIN_EXE_creel"))
        .args(["--listen", "127.0.0.1:0", "--output", "json", "--forward", "strict", "--log", "creel.log"])
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", folder.path())
        .env("RUST_LOG", "trace")
        .env("THE_SECRET", SECRET)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(listening.stdout.take().unwrap()).lines();
    let ready: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    let address = ready["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
    for (provider, target, headers, body) in OLD {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(
            stream,
            "POST {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        // It was signed long ago, and forwarding does not make it younger.
        assert!(answer.starts_with("HTTP/1.1 401"), "{provider}: {answer}");
    }
    assert_eq!(requests.iter().take(OLD.len()).count(), OLD.len());
    let id = i32::try_from(listening.id()).unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_raw(id).unwrap(), rustix::process::Signal::TERM).unwrap();
    let mut all: Vec<(std::path::PathBuf, Vec<u8>)> = Vec::new();
    all.push(("stdout".into(), lines.map(|line| line.unwrap() + "\n").collect::<String>().into_bytes()));
    let mut said = Vec::new();
    listening.stderr.take().unwrap().read_to_end(&mut said).unwrap();
    all.push(("stderr".into(), said));
    listening.wait().unwrap();
    for arguments in [
        &["replay", "method:POST", "--to", "strict", "--expect", "status:200"][..],
        &["list", "--output", "json"],
        &["list", "signature:invalid", "--output", "text"],
        &["show", "last"],
        &["config"],
        &["verify", "provider:stripe"],
        &["export", "--format", "har", "--no-redact", "--to", "all.har", "provider:stripe"],
        &["export", "--format", "curl", "provider:telegram"],
    ] {
        let output = creel(folder.path(), arguments);
        // An exit code says that all were answered 200, so that they were signed with the secrets.
        assert!(arguments[0] != "replay" || output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        all.push((arguments.join(" ").into(), [output.stdout, output.stderr].concat()));
    }
    files(folder.path(), &mut all);
    assert!(all.iter().any(|(path, _)| path.ends_with("journal.db")), "there is no journal");
    let key = SECRET.strip_prefix("whsec_").unwrap();
    let wrong = [SECRET.as_bytes().to_vec(), key.as_bytes().to_vec(), hex::encode(SECRET).into_bytes()];
    for (path, bytes) in &all {
        for secret in &wrong {
            assert!(memchr::memmem::find(bytes, secret).is_none(), "{} has the secret", path.display());
        }
    }
}
