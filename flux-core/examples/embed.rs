//! Flux inside another program, on memory stores: two people become friends and one writes to the other.
//!
//!     cargo run -p flux-core --example embed

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::sync::Arc;

use flux_core::account::{NewUser, Username};
use flux_core::friend::{Asked, Greeting};
use flux_core::message::{Destination, HistoryFrom, MessageText};
use flux_core::routing::{Event, Work};
use flux_core::session::{Device, DeviceClass, DeviceName};
use flux_core::{Flux, MessageId, Settings};
use flux_store::memory;
use flux_store::system::{SystemClock, SystemEntropy};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ports = memory::ports(Arc::new(SystemClock::new()), Arc::new(SystemEntropy));
    let flux = Flux::start(ports, Settings::default());

    // Your program says who its users are; nobody types a password here.
    let mut connections = Vec::new();
    for name in ["ada", "bob"] {
        let user = NewUser { username: Username::new(name)?, display_name: None, email: None };
        let account = flux.accounts.provision(user).await?;
        let device = Device { name: DeviceName::empty(), class: DeviceClass::Other };
        let session = flux.sessions.open(account.profile.user, &device).await?.session;
        connections.push(flux.connections.connect(session.user, session.session).await?);
    }
    let [ada, bob] = [&connections[0], &connections[1]];

    // Two who ask each other are friends.
    flux.friends.request(&ada.actor, bob.actor.user, Greeting::new("Hello, Bob")?).await?;
    let asked = flux.friends.request(&bob.actor, ada.actor.user, Greeting::empty()).await?;
    assert!(matches!(asked, Asked::Befriended(_)));

    let id = MessageId::generate(flux.ports.clock.now(), &*flux.ports.entropy);
    let text = MessageText::new("It is on disk, or would be")?;
    let sent = flux.messages.send(ada.actor, Destination::User(bob.actor.user), id, text).await?;
    println!("stored as number {} of conversation {}", sent.seq, sent.conversation);

    if let Work::Events(events) = bob.outbox.next(100).await {
        let pushed = events.iter().any(|push| matches!(push.event(), Event::Message(_)));
        println!("bob was pushed {} events, the message among them: {pushed}", events.len());
    }
    let read = flux.messages.history(&bob.actor, sent.conversation, HistoryFrom::Before(None), 10).await?;
    println!("bob reads: {}", read.messages[0].text.as_str());
    Ok(())
}
