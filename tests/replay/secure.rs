//! TLS: a certificate that nobody vouches for is refused with a sentence, and taken when the user says so.

use std::sync::Arc;

use creel::replay::Settings;
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::TlsAcceptor;

use crate::handler::{handler, post, read_request, recording, send_to};

fn acceptor(name: &str, alpn: &[&[u8]]) -> TlsAcceptor {
    let signed = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

fn insecure() -> Settings {
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
