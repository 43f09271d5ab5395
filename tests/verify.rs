//! `creel verify` and the verdicts in output, on the program itself; and the providers' own libraries as the other side, where
//! they can be had.

#![expect(clippy::unwrap_used, reason = "tests say what went wrong by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::{Value, json};

fn vectors() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/signatures/vectors.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// A folder with a file of one capture and one of its secret.
struct Place(tempfile::TempDir);

impl Place {
    fn of(headers: &Value, target: &str, body: &str, received_at: i64, secret: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = jiff::Timestamp::from_second(received_at).unwrap();
        let line = json!({
            "type": "capture", "id": "01930000-0000-7000-8000-00000000002a", "received_at": at.to_string(),
            "version": "HTTP/1.1", "method": "POST", "target": target, "headers": headers, "body": {"text": body},
        });
        fs::write(folder.path().join("caught.ndjson"), format!("{line}\n")).unwrap();
        fs::write(folder.path().join("secret"), secret).unwrap();
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    fn creel(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_creel"))
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", std::env::var("PATH").unwrap())
            .env("THE_SECRET", fs::read_to_string(self.path().join("secret")).unwrap())
            .output()
            .unwrap()
    }
}

fn github() -> Place {
    let headers = json!([
        ["X-GitHub-Event", "push"],
        ["X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"]
    ]);
    Place::of(&headers, "/hook", "Hello, World!", 1_700_000_000, "It's a Secret to Everybody")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn every_vector_is_valid_on_the_command_line() {
    for vector in vectors().iter().filter(|vector| vector["beside"].is_null()) {
        let of = |name: &str| vector[name].as_str().unwrap_or_default().to_owned();
        let place = Place::of(
            &vector["headers"],
            &of("target"),
            &of("body"),
            vector["received_at"].as_i64().unwrap(),
            &of("secret"),
        );
        let scheme = of("scheme");
        let provider = creel::signature::named(&scheme).unwrap().provider;
        let (secret, url) = (format!("{provider}=file:secret"), of("url"));
        let mut arguments = vec!["verify", "caught.ndjson", "--secret", &secret, "--output", "json"];
        if !url.is_empty() {
            arguments.extend(["--public-url", &url]);
        }
        let output = place.creel(&arguments);
        let line: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (line["verdict"].as_str(), line["provider"].as_str()),
            (Some("valid"), Some(provider)),
            "{scheme}: {line}"
        );
        assert_eq!(output.status.code(), Some(0), "{scheme}");
    }
}

#[test]
fn what_went_wrong_is_said_and_nothing_shows_the_secret() {
    let place = github();
    fs::write(place.path().join("secret"), "\"It's a Secret to Everybody\"").unwrap();
    let output = place.creel(&["verify", "caught.ndjson", "--secret", "github=env:THE_SECRET"]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1));
    for words in ["✗ invalid", "quotes around the secret", "remedy", "757107ea", "Hello, World!"] {
        assert!(said.contains(words), "{words} in\n{said}");
    }
    for output in [
        place.creel(&["verify", "caught.ndjson", "--secret", "github=env:THE_SECRET", "--output", "json"]),
        place.creel(&["verify", "caught.ndjson", "--secret", "github=hunter2"]),
        place.creel(&["config", "--config", "creel.toml"]),
        output,
    ] {
        let all = text(&output.stdout) + &text(&output.stderr);
        assert!(!all.contains("Secret to Everybody") && !all.contains("hunter2"), "{all}");
    }
}

#[test]
fn references_that_lead_nowhere_are_sentences() {
    let place = github();
    for (reference, says) in [
        (
            "github=env:NOT_THERE",
            "creel: the secret github=env:NOT_THERE is not there: the environment has no NOT_THERE",
        ),
        ("github=file:nowhere", "the file cannot be read"),
        ("github=cmd:sh -c 'exit 1'", "sh failed"),
        ("githbu=env:THE_SECRET", "no provider is called `githbu`; did you mean `github`?"),
    ] {
        let output = place.creel(&["verify", "caught.ndjson", "--secret", reference]);
        assert_eq!(output.status.code(), Some(1), "{reference}");
        assert!(text(&output.stderr).contains(says), "{}", text(&output.stderr));
        assert!(text(&output.stdout).contains("? no secret"), "{}", text(&output.stdout));
    }
    let output = place.creel(&["verify", "caught.ndjson", "--secret", "github=hunter2"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("put it into an environment variable"), "{}", text(&output.stderr));
}

#[test]
fn a_provider_of_the_users_own_is_like_one_that_is_built_in() {
    let body = r#"{"kind":"lead.created"}"#;
    let config = "[providers.acme]\nheader = 'X-Acme-Signature'\nprefix = 'v1='\nseparator = ','\ntimestamp = 't='\n\
                  signed = '{timestamp}.{body}'\ntolerance = '5m'\nevent = '.kind'\nid = 'X-Acme-Id'\n\
                  [secrets]\nacme = 'file:secret'\n";
    let expected = creel_hmac(b"k", format!("1700000000.{body}").as_bytes());
    let headers = json!([["X-Acme-Signature", format!("t=1700000000,v1={expected}")], ["X-Acme-Id", "d1"]]);
    let place = Place::of(&headers, "/acme", body, 1_700_000_010, "k");
    fs::write(place.path().join("creel.toml"), config).unwrap();
    let output = place.creel(&["verify", "caught.ndjson", "--output", "json"]);
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((line["verdict"].as_str(), line["age_s"].as_f64()), (Some("valid"), Some(10.0)), "{line}");
    let output = place.creel(&["export", "caught.ndjson", "--format", "ndjson"]);
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((line["provider"].as_str(), line["event"].as_str()), (Some("acme"), Some("lead.created")));
    assert_eq!(line["signature"], json!({"scheme": "acme", "verdict": "valid"}));
    assert!(text(&place.creel(&["config"]).stdout).contains("acme = \"file:secret\""));
}

fn creel_hmac(key: &[u8], message: &[u8]) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
    hex::encode(ring::hmac::sign(&key, message))
}

/// The providers' own libraries for Node, which `.ci/run` installs.
#[test]
fn the_providers_own_libraries_agree() {
    let Some(modules) = std::env::var_os("TEST_SIGNERS") else {
        eprintln!("SKIPPED: TEST_SIGNERS does not name a node_modules folder with the providers' libraries");
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/signatures/libraries.cjs");
    let run = Command::new("node").arg(script).env("NODE_PATH", modules).output().unwrap();
    assert!(run.status.success(), "{}", text(&run.stderr));
    let mut seen = 0;
    for line in text(&run.stdout).lines() {
        let made: Value = serde_json::from_str(line).unwrap();
        let of = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
        let place =
            Place::of(&made["headers"], &of("target"), &of("body"), made["at"].as_i64().unwrap(), &of("secret"));
        let secret = format!("{}=file:secret", of("provider"));
        let output = place.creel(&[
            "verify",
            "caught.ndjson",
            "--secret",
            &secret,
            "--output",
            "json",
            "--public-url",
            "https://example.com",
        ]);
        let line: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(line["verdict"], "valid", "{made}\n{line}");
        seen += 1;
    }
    assert!(seen > 0, "none of the libraries is in TEST_SIGNERS, though it is set");
}
