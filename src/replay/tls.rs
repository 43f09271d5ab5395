//! TLS to a target: the platform's roots, or, when the user says so, no questions asked.
//!
//! Decided: the roots are read when the first https target is sent to, because reading them takes longer than creel takes
//! to start and most handlers speak plain HTTP on this machine. HTTP/1.1 is offered by ALPN (RFC 7301), and before it HTTP/2
//! where the plan has that form.

use std::sync::{Arc, OnceLock};

use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, Error, SignatureScheme, WantsVerifier,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{Target, failure};
use crate::model::Failure;

const HTTP1: &[u8] = b"http/1.1";
const HTTP2: &[u8] = b"h2";
const INSECURE: &str = "or send with --insecure";

/// What makes connections secure; one for all attempts.
#[derive(Debug)]
pub struct Tls {
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    insecure: bool,
    /// Without HTTP/2, and with it.
    config: OnceLock<Result<[Arc<ClientConfig>; 2], Error>>,
}

impl Tls {
    /// With `insecure`, every certificate is taken.
    pub fn new(insecure: bool) -> Result<Self, Failure> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(|error| {
                Failure { kind: "tls", sentence: format!("tls: cannot be used: {}", failure::told(&error)) }
            })?;
        Ok(Self { builder, insecure, config: OnceLock::new() })
    }

    fn config(&self, http2: bool) -> Result<Arc<ClientConfig>, Error> {
        let configs = self
            .config
            .get_or_init(|| {
                let builder = self.builder.clone();
                let builder = if self.insecure {
                    let verifier = Arc::new(Unseen(self.builder.crypto_provider().clone()));
                    builder.dangerous().with_custom_certificate_verifier(verifier)
                } else {
                    builder.with_platform_verifier()?
                };
                let mut config = builder.with_no_client_auth();
                config.alpn_protocols = vec![HTTP1.to_vec()];
                let mut both = config.clone();
                both.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
                Ok([config, both].map(Arc::new))
            })
            .clone();
        configs.map(|[one, both]| if http2 { both } else { one })
    }

    /// Shakes hands over a connection to the target, and says whether HTTP/2 was agreed on, where `http2` offers it.
    pub async fn secure(
        self: &Arc<Self>,
        target: &Target,
        stream: TcpStream,
        http2: bool,
    ) -> Result<(TlsStream<TcpStream>, bool), Failure> {
        let this = Arc::clone(self);
        let config = match tokio::task::spawn_blocking(move || this.config(http2)).await {
            Ok(Ok(config)) => config,
            Ok(Err(error)) => {
                let why =
                    format!("the certificates that this system trusts cannot be read ({})", failure::told(&error));
                return Err(failure::tls(target, &format!("{why}; install its CA certificates, {INSECURE}")));
            }
            Err(stopped) => return Err(failure::tls(target, &failure::told(&stopped))),
        };
        let name = ServerName::try_from(target.host().to_owned())
            .map_err(|_| failure::tls(target, "a certificate cannot be for such a name; use the host's DNS name"))?;
        let secured = TlsConnector::from(config).connect(name, stream).await;
        let stream =
            secured.map_err(|error| match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
                Some(error) => failure::tls(target, &reason(target, error)),
                None => failure::tls(
                    target,
                    &format!("the connection ended during the handshake ({})", failure::told(&error)),
                ),
            })?;
        let agreed = stream.get_ref().1.alpn_protocol() == Some(HTTP2);
        Ok((stream, agreed))
    }
}

/// What went wrong and what to do, for people.
pub(super) fn reason(target: &Target, error: &Error) -> String {
    let told = failure::told(error);
    match error {
        Error::InvalidCertificate(error) => {
            let what = match error {
                CertificateError::UnknownIssuer => {
                    "its certificate is signed by nobody whom this system trusts; add the issuer to the system's certificates".to_owned()
                }
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    "its certificate has expired; renew it".to_owned()
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    "its certificate is not valid yet; check this machine's clock".to_owned()
                }
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    format!("its certificate is not for {}; use a name that it is for", target.host())
                }
                // What webpki says has no variant of its own; openssl makes such certificates unless it is told otherwise.
                CertificateError::Other(_) if format!("{error:?}").contains("CaUsedAsEndEntity") => {
                    "its certificate is that of an issuer, signed by itself, and this system does not trust it; make one for \
                     the server"
                        .to_owned()
                }
                _ => format!("its certificate is not trusted ({told}); use one that is"),
            };
            format!("{what}, {INSECURE}")
        }
        Error::InvalidMessage(_) => {
            format!("it does not speak TLS; if it speaks plain HTTP, write the target as http://{}", target.address())
        }
        Error::NoApplicationProtocol => "it does not speak HTTP/1.1 over TLS".to_owned(),
        _ => told,
    }
}

/// Takes every certificate: what the user asked for.
#[derive(Debug)]
struct Unseen(Arc<CryptoProvider>);

impl ServerCertVerifier for Unseen {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
