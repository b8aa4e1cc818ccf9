//! Two people register, become friends and talk.
//!
//! Start a server with `flux up`, then `cargo run -p flux-client --example client`. The codes that the server mails are
//! read from the terminal: with captured mail, `flux mail outbox` shows them.

#![expect(clippy::print_stdout, reason = "a person reads it")]

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};

use flux_client::{
    Client, CodePurpose, Device, DeviceClass, Event, FeedChange, FriendRequested, Registration, Secret,
    Session,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = std::env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
    let ann = enter(&server, "ann").await?;
    let ben = enter(&server, "ben").await?;

    // Each session has one stream of everything that happens to it, from the moment it is first connected. What was
    // before is in the lists.
    let mut for_ben = ben.events();
    ben.online().await?;
    if let FriendRequested::Pending(_) = ann.request_friend(ben.user(), "It is me, Ann").await? {
        while let Some(event) = for_ben.next().await {
            if let Event::Feed(entry) = event
                && let FeedChange::FriendRequest(request) = entry.change
                && request.from.user == ann.user()
            {
                println!("ben is asked: {}", request.greeting);
                ben.accept_friend(request.request).await?;
                break;
            }
        }
    }

    // It returns when the message is in the outbox; the ticket tells the rest.
    let ticket = ann.send(ben.user(), "Hello, Ben!").await?;
    println!("the server has stored it under number {}", ticket.sent().await?.seq);

    while let Some(event) = for_ben.next().await {
        if let Event::Message(message) = event
            && message.sender == ann.user()
        {
            println!("ben reads: {}", message.text);
            ben.mark_read(message.conversation, message.seq).await?;
            break;
        }
    }
    ticket.read().await?;
    println!("ann sees that ben has read it");
    ann.logout().await?;
    ben.logout().await?;
    Ok(())
}

/// Registers somebody and logs them in.
async fn enter(server: &str, name: &str) -> Result<Session, Box<dyn Error>> {
    let client = Client::builder(server).build()?;
    let password = Secret::from("a long and quiet walk home");
    let email = format!("{name}@example.com");
    client.request_code(&email, CodePurpose::Register).await?;
    print!("code for {email}: ");
    stdout().flush()?;
    let mut code = String::new();
    stdin().lock().read_line(&mut code)?;
    let registration = Registration {
        email,
        code: code.trim().into(),
        username: name.to_owned(),
        display_name: None,
        password: password.clone(),
    };
    client.register(&registration).await?;
    Ok(client.login(name, &password, Device::new("example", DeviceClass::Desktop)).await?)
}
