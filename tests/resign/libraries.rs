//! The providers' own libraries as the strict handler, where they can be had.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use super::handler::SECRET;

/// Old captures of the library that each path has, as `handlers.cjs` knows them.
fn old() -> Vec<(&'static str, Value)> {
    let of = |provider: &'static str, target: &str, headers: Value, body: &str| {
        let line = json!({
            "type": "capture", "id": "01930000-0000-7000-8000-00000000002a", "received_at": "2021-02-25T15:02:10Z",
            "version": "HTTP/1.1", "method": "POST", "target": target, "headers": headers, "body": {"text": body},
        });
        (provider, line)
    };
    let zeros = "A".repeat(43) + "=";
    let json = r#"{"id":"evt_1","object":"event","type":"invoice.paid","name":"café"}"#;
    vec![
        of("stripe", "/stripe", json!([["Stripe-Signature", format!("t=1,v1={}", "0".repeat(64))]]), json),
        of(
            "github",
            "/@octokit/webhooks-methods",
            json!([["X-GitHub-Event", "push"], ["X-Hub-Signature-256", format!("sha256={}", "0".repeat(64))]]),
            json,
        ),
        of(
            "standard-webhooks",
            "/standardwebhooks",
            json!([["webhook-id", "msg_1"], ["webhook-timestamp", "1"], ["webhook-signature", format!("v1,{zeros}")]]),
            json,
        ),
        of(
            "svix",
            "/svix",
            json!([["svix-id", "msg_1"], ["svix-timestamp", "1"], ["svix-signature", format!("v1,{zeros}")]]),
            json,
        ),
        of(
            "slack",
            "/@slack/bolt",
            json!([["X-Slack-Request-Timestamp", "1"], ["X-Slack-Signature", format!("v0={}", "0".repeat(64))]]),
            json,
        ),
        of(
            "twilio",
            "/twilio?x=1",
            json!([
                ["Content-Type", "application/x-www-form-urlencoded"],
                ["X-Twilio-Signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="]
            ]),
            "To=%2B1&From=%2B2&Body=a+b%26c",
        ),
    ]
}

#[test]
fn the_providers_own_libraries_take_what_is_signed_afresh() {
    let Some(modules) = std::env::var_os("TEST_SIGNERS") else {
        eprintln!("SKIPPED: TEST_SIGNERS does not name a node_modules folder with the providers' libraries");
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/signatures/handlers.cjs");
    let mut node = Command::new("node")
        .arg(script)
        .env("NODE_PATH", modules)
        .env("SECRET", SECRET)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(node.stdout.take().unwrap()).lines();
    let ready: Value = serde_json::from_str(&said.next().unwrap().unwrap()).unwrap();
    let (url, known) = (ready["url"].as_str().unwrap(), ready["libraries"].as_array().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for (provider, line) in old() {
        let target = line["target"].as_str().unwrap();
        if !known.iter().any(|name| target.trim_start_matches('/').split('?').next() == name.as_str()) {
            eprintln!("SKIPPED: {target} cannot be had");
            continue;
        }
        fs::write(folder.path().join("old.ndjson"), format!("{line}\n")).unwrap();
        for (sign, status) in [("captured", 401), ("fresh", 200), ("fresh-id", 200)] {
            let output = Command::new(env!("CARGO_BIN_EXE_creel"))
                .args(["replay", "old.ndjson", "--to", url, "--output", "json", "--sign", sign, "--secret"])
                .arg(format!("{provider}=env:THE_SECRET"))
                .current_dir(folder.path())
                .env("THE_SECRET", SECRET)
                .output()
                .unwrap();
            let attempt: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(attempt["status"], status, "{target} {sign}: {attempt:#}");
        }
        seen += 1;
    }
    assert!(seen > 0, "none of the libraries is in TEST_SIGNERS, though it is set");
    node.kill().unwrap();
    node.wait().unwrap();
}
