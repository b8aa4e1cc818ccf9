//! Services that know each other by certificates instead of a secret: what works, and who is turned away.

use serde_json::json;
use tonic::Code;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use crate::authority::{Authority, Papers};
use crate::grpc::{ask, healthy};
use crate::harness::{REPAIRED, until};
use crate::people::friends;
use crate::world::Plan;

/// How somebody comes to `address` who trusts `authority` and shows these papers, if any.
fn comes(address: &str, authority: &Authority, papers: Option<Papers>) -> Channel {
    let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.pem()));
    if let Some(Papers { certificate, key }) = papers {
        tls = tls.identity(Identity::from_pem(certificate, key));
    }
    let endpoint = Endpoint::new(format!("https://{address}")).unwrap();
    endpoint.tls_config(tls).unwrap().connect_lazy()
}

/// The same, in the clear.
fn comes_in_the_clear(address: &str) -> Channel {
    Endpoint::new(format!("http://{address}")).unwrap().connect_lazy()
}

#[tokio::test]
async fn with_certificates_two_people_on_two_nodes_talk_and_strangers_are_turned_away() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    // All services reach each other: all of them are ready, and lack none.
    let world = Plan::chats(2).with_certificates(ours.clone()).start().await;
    let (ada, bob, conversation) = friends(&world).await;
    let (mut adas, mut bobs) = (ada.connect(&world, 0).await, bob.connect(&world, 1).await);
    let id = |number: u32| format!("0190b6a0-0000-7000-8000-{number:012}");
    for number in 1..=4 {
        let text = number.to_string();
        let (from, to) = if number % 2 == 0 { (&mut bobs, &mut adas) } else { (&mut adas, &mut bobs) };
        let sent = from.send(&conversation, &id(number), &text).await;
        assert_eq!(sent["sent"]["seq"], json!(text), "{sent}");
        assert_eq!(to.message_within(REPAIRED).await["text"], json!(text));
    }
    // By HTTP, from the gate to a node.
    let path = format!("/v1/conversations/{conversation}/messages");
    ada.call("POST", &path, Some(json!({"message_id": id(5), "text": "5"}))).await.ok();
    assert_eq!(bobs.message_within(REPAIRED).await["text"], json!("5"));
    for chat in &world.chats {
        assert!(chat.log().contains("link from a peer stands"), "{}", chat.log());
    }

    for address in [&world.verify.address, &world.status.address, &world.peers[0]] {
        // Not even health is told to who has no certificate of the authority.
        for (who, channel) in [
            ("nobody", comes(address, &ours, None)),
            ("a stranger", comes(address, &ours, Some(theirs.papers("gate")))),
            ("who does not encrypt", comes_in_the_clear(address)),
        ] {
            assert!(!healthy(&channel).await, "{who} at {address}");
        }
        // And who expects another authority does not talk to us.
        assert!(!healthy(&comes(address, &theirs, Some(ours.papers("gate")))).await, "{address}");
        let gate = comes(address, &ours, Some(ours.papers("gate")));
        until(REPAIRED, "health", async || healthy(&gate).await.then_some(())).await;
    }

    // A certificate is good for its role, and a role for its calls.
    let overview = "/flux.v1.StatusService/Overview";
    let report = "/flux.v1.StatusService/Report";
    let submit = "/flux.v1.ChatPeerService/Submit";
    let refused = |code| [Code::Unauthenticated, Code::PermissionDenied].contains(&code);
    for (address, papers, says, call, expected) in [
        (&world.status.address, "gate", Some("gate"), overview, None),
        (&world.status.address, "gate", Some("chat"), overview, Some(Code::Unauthenticated)),
        (&world.status.address, "gate", Some("chat"), report, Some(Code::Unauthenticated)),
        (&world.status.address, "gate", Some("gate"), report, Some(Code::PermissionDenied)),
        (&world.status.address, "gate", None, overview, Some(Code::Unauthenticated)),
        (&world.peers[0], "chat", Some("chat"), submit, Some(Code::PermissionDenied)),
        (&world.peers[0], "chat", Some("gate"), submit, Some(Code::Unauthenticated)),
    ] {
        let channel = comes(address, &ours, Some(ours.papers(papers)));
        let header = says.map(|role| format!("Flux2 {role}:somebody"));
        let code = ask(channel, header, call).await;
        assert_eq!(
            Some(code).filter(|code| refused(*code)),
            expected,
            "{papers} as {says:?}: {call}: {code:?}"
        );
    }
}
