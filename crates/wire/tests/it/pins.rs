use std::sync::Arc;

use regatta_wire::identity::Identity;
use regatta_wire::pin::{Pin, PinSet};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

fn trusting(pin: Pin) -> PinSet {
    let set = PinSet::default();
    set.insert(pin, "peer");
    set
}

/// Both ends' view of one handshake and one exchanged byte.
async fn shake(client: Arc<ClientConfig>, server: Arc<ServerConfig>) -> (bool, bool) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (near, far) = tokio::io::duplex(64 * 1024);
    let dialled = async {
        let name = ServerName::try_from("regatta").unwrap();
        let mut stream = TlsConnector::from(client).connect(name, near).await?;
        stream.write_all(b"x").await?;
        stream.read_u8().await.map(drop)
    };
    let accepted = async {
        let mut stream = TlsAcceptor::from(server).accept(far).await?;
        stream.read_u8().await?;
        stream.write_all(b"y").await?;
        stream.shutdown().await
    };
    let (dialled, accepted) = tokio::join!(dialled, accepted);
    (dialled.is_ok(), accepted.is_ok())
}

#[tokio::test]
async fn peers_that_trust_each_other_connect() {
    let (agent, server) = (Identity::generate().unwrap(), Identity::generate().unwrap());
    let client = agent.client_config(trusting(server.pin())).unwrap();
    let listener = server.server_config(trusting(agent.pin())).unwrap();
    assert_eq!(shake(client, listener).await, (true, true));
}

#[tokio::test]
async fn a_wrong_key_is_refused_by_either_side() {
    let (agent, server) = (Identity::generate().unwrap(), Identity::generate().unwrap());
    let stranger = Identity::generate().unwrap();
    let good_listener = || server.server_config(trusting(agent.pin())).unwrap();
    let intruder = stranger.client_config(trusting(server.pin())).unwrap();
    assert_eq!(shake(intruder, good_listener()).await, (false, false));
    let cautious = agent.client_config(trusting(stranger.pin())).unwrap();
    assert_eq!(shake(cautious, good_listener()).await, (false, false));
}

#[tokio::test]
async fn a_removed_key_is_refused_from_then_on() {
    let (agent, server) = (Identity::generate().unwrap(), Identity::generate().unwrap());
    let trusted = trusting(agent.pin());
    let client = agent.client_config(trusting(server.pin())).unwrap();
    let listener = server.server_config(trusted.clone()).unwrap();
    assert_eq!(shake(client.clone(), listener.clone()).await, (true, true));
    trusted.remove(agent.pin());
    assert_eq!(shake(client, listener).await, (false, false));
}

/// Shows the certificate of one key, signs with another.
fn impostor(shown: &CertificateDer<'static>) -> Arc<CertifiedKey> {
    let own = rcgen::KeyPair::generate().unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.serialize_der()));
    let signer = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).unwrap();
    Arc::new(CertifiedKey::new(vec![shown.clone()], signer))
}

/// The certificate an identity shows, as anybody who ever talked to it knows it.
async fn shown_certificate(of: &Identity, to: &Identity) -> CertificateDer<'static> {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let client = of.client_config(trusting(to.pin())).unwrap();
    let server = to.server_config(trusting(of.pin())).unwrap();
    let name = ServerName::try_from("regatta").unwrap();
    let connector = TlsConnector::from(client);
    let acceptor = TlsAcceptor::from(server);
    let (_dialled, accepted) = tokio::join!(connector.connect(name, near), acceptor.accept(far));
    accepted.unwrap().get_ref().1.peer_certificates().unwrap()[0].clone()
}

#[tokio::test]
async fn showing_the_pinned_key_without_owning_it_is_refused() {
    let (agent, server) = (Identity::generate().unwrap(), Identity::generate().unwrap());
    let certificate = shown_certificate(&agent, &server).await;
    assert_eq!(Pin::of_certificate(&certificate), Some(agent.pin()));
    let mut client = (*Identity::generate()
        .unwrap()
        .client_config(trusting(server.pin()))
        .unwrap())
    .clone();
    client.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(impostor(&certificate)));
    let listener = server.server_config(trusting(agent.pin())).unwrap();
    assert_eq!(shake(Arc::new(client), listener).await, (false, false));

    // The same the other way round: somebody who shows the agent's key is no server for those who trust it.
    let mut listener = (*server.server_config(trusting(server.pin())).unwrap()).clone();
    listener.cert_resolver = Arc::new(SingleCertAndKey::from(impostor(&certificate)));
    let client = server.client_config(trusting(agent.pin())).unwrap();
    assert_eq!(shake(client, Arc::new(listener)).await, (false, false));
}

#[test]
fn a_pin_is_written_and_read_as_hexadecimal() {
    let pin = Identity::generate().unwrap().pin();
    assert_eq!(pin.to_string().parse(), Ok(pin));
    for bad in [
        "",
        "00",
        &"g".repeat(64),
        &"0".repeat(65),
        &"\u{e4}".repeat(32),
        &"+0".repeat(32),
    ] {
        assert!(bad.parse::<Pin>().is_err(), "{bad}");
    }
}
