//! TLS: a certificate that nobody vouches for is refused with a sentence, and taken when the user says so.

use std::{process::Command, sync::Arc};

use creel::replay::Settings;
use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::TlsAcceptor;

use crate::handler::{handler, post, read_request, recording, send_to};

pub fn acceptor(name: &str, alpn: &[&[u8]]) -> TlsAcceptor {
    let signed = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    acceptor_with(&signed.cert, &signed.signing_key, alpn)
}

fn acceptor_with(certificate: &Certificate, key: &KeyPair, alpn: &[&[u8]]) -> TlsAcceptor {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

pub fn insecure() -> Settings {
    Settings { insecure: true, ..Settings::default() }
}

#[tokio::test]
async fn a_self_signed_certificate_is_refused() {
    let acceptor = acceptor("localhost", &[]);
    let (address, handled) = handler(|stream| async move { acceptor.accept(stream).await.is_err() }).await;
    let failure =
        send_to(&post(), &format!("https://localhost:{}", address.port()), Settings::default()).await.unwrap_err();
    assert_eq!(failure.kind, "tls");
    assert!(failure.sentence.contains("certificate") && failure.sentence.contains("--insecure"), "{failure}");
    assert!(handled.await.unwrap());
}

/// Such as `openssl req -x509` makes.
#[tokio::test]
async fn the_certificate_of_an_issuer_is_called_so() {
    let key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::new(["localhost".to_owned()]).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let acceptor = acceptor_with(&root.self_signed(&key).unwrap(), &key, &[]);
    let (address, handled) = handler(|stream| async move { acceptor.accept(stream).await.is_err() }).await;
    let failure =
        send_to(&post(), &format!("https://localhost:{}", address.port()), Settings::default()).await.unwrap_err();
    assert!(failure.sentence.contains("that of an issuer") && failure.sentence.contains("--insecure"), "{failure}");
    assert!(!failure.sentence.contains("CaUsed"), "{failure}");
    assert!(handled.await.unwrap());
}

/// Where the child process of the next test sends to.
const URL: &str = "CREEL_TEST_URL";

/// The roots are the process's, so they are set for a child, which is this test again.
#[tokio::test]
async fn a_certificate_that_the_system_trusts_is_taken_for_its_names() {
    if let Ok(url) = std::env::var(URL) {
        let sent = send_to(&post(), &url, Settings::default()).await;
        println!("{:?}", sent.map(|reply| reply.status).map_err(|failure| failure.sentence));
        return;
    }
    let root_key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::new([]).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_certificate = root.self_signed(&root_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &Issuer::new(root, root_key)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, root_certificate.pem()).unwrap();
    for (host, expected) in [("localhost", "Ok(200)"), ("127.0.0.1", "its certificate is not for 127.0.0.1")] {
        let acceptor = acceptor_with(&leaf, &key, &[]);
        let (address, handled) = handler(|stream| async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            read_request(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        })
        .await;
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "--nocapture", "secure::a_certificate_that_the_system_trusts_is_taken_for_its_names"]);
        child
            .env(URL, format!("https://{host}:{}", address.port()))
            .env("SSL_CERT_FILE", &roots)
            .env_remove("SSL_CERT_DIR");
        let output = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains(expected), "{said}");
        handled.await.unwrap();
    }
}

#[tokio::test]
async fn it_is_taken_when_the_user_says_so() {
    let acceptor = acceptor("elsewhere.example", &[b"h2", b"http/1.1"]);
    let (address, recorded) = handler(|stream| async move {
        let mut stream = acceptor.accept(stream).await.unwrap();
        let request = read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nX-Safe: y\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
        stream.shutdown().await.unwrap();
        request
    })
    .await;
    let reply = send_to(&post(), &format!("https://{address}/base"), insecure()).await.unwrap();
    assert_eq!((reply.status, reply.body.as_ref(), reply.body_cut), (200, b"ok".as_slice(), None));
    assert_eq!(reply.headers[0].0.as_ref(), b"X-Safe");
    let expected = format!("POST /base/hook HTTP/1.1\r\nHost: {address}\r\nContent-Length: 2\r\n\r\n{{}}");
    assert_eq!(String::from_utf8(recorded.await.unwrap()).unwrap(), expected);
}

#[tokio::test]
async fn a_plain_handler_behind_https_is_said() {
    let (address, handled) = handler(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    })
    .await;
    let failure = send_to(&post(), &format!("https://{address}"), insecure()).await.unwrap_err();
    assert_eq!(failure.kind, "tls");
    assert!(failure.sentence.contains(&format!("write the target as http://{address}")), "{failure}");
    handled.await.unwrap();
}

#[tokio::test]
async fn a_tls_handler_behind_http_is_said() {
    // An alert record: what TLS servers answer to a plain request.
    let (address, recorded) = recording(b"\x15\x03\x01\x00\x02\x02\x46").await;
    let failure = send_to(&post(), &format!("http://{address}"), Settings::default()).await.unwrap_err();
    assert_eq!(failure.kind, "protocol");
    assert!(failure.sentence.contains(&format!("write the target as https://{address}")), "{failure}");
    recorded.await.unwrap();
}

#[tokio::test]
async fn a_handler_that_closes_in_the_handshake_is_said() {
    let (address, handled) = handler(|stream| async move { drop(stream) }).await;
    let failure = send_to(&post(), &format!("https://{address}"), insecure()).await.unwrap_err();
    assert_eq!(failure.kind, "tls");
    assert!(failure.sentence.contains("during the handshake"), "{failure}");
    handled.await.unwrap();
}

#[tokio::test]
async fn a_handler_without_http_1_is_said() {
    let acceptor = acceptor("localhost", &[b"h2"]);
    let (address, handled) = handler(|stream| async move { acceptor.accept(stream).await.is_err() }).await;
    let failure = send_to(&post(), &format!("https://{address}"), insecure()).await.unwrap_err();
    assert_eq!(failure.kind, "tls");
    assert!(handled.await.unwrap());
}

#[tokio::test]
async fn a_hanging_handshake_is_a_connection_that_took_too_long() {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (address, handled) = handler(|stream| async move {
        let _ = stopped.await;
        drop(stream);
    })
    .await;
    let settings = Settings { connect_timeout: std::time::Duration::from_millis(300), ..insecure() };
    let failure = send_to(&post(), &format!("https://{address}"), settings).await.unwrap_err();
    assert_eq!(failure.sentence, format!("timeout: no connection to {address} within 300 ms (--connect-timeout)"));
    stop.send(()).unwrap();
    handled.await.unwrap();
}
