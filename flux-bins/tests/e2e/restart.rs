//! What survives: the end of the process, in good order and without any.

use flux_client::{ConversationId, Session};

use crate::harness::{Server, Terminal, complaint, folder, run, soon, text};
use crate::people::{befriend, client, email, enter, keeping_client, log_in, message, register};

async fn texts(session: &Session, conversation: ConversationId) -> Vec<String> {
    let history = session.history_before(conversation, None, 0).await.unwrap();
    history.messages.into_iter().map(|message| message.text).collect()
}

#[tokio::test]
async fn history_is_kept_and_what_waited_arrives() {
    let folder = folder();
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let ada = enter(&server, "ada").await;
    let bobs = keeping_client(&server, home.path());
    register(&server, &bobs, "bob").await;
    let bob = log_in(&bobs, "bob").await;
    befriend(&ada, &bob).await;
    let conversation = ConversationId::direct(ada.user(), bob.user());
    let mut events = bob.events();
    ada.send(bob.user(), "before").await.unwrap();
    assert_eq!(message(&mut events).await.text, "before");
    // Away: what comes now waits on the server.
    bob.close().await;
    ada.send(bob.user(), "while you were away").await.unwrap().sent().await.unwrap();
    ada.close().await;
    server.stop().await;

    let server = Server::start(folder.path()).await;
    let bobs = keeping_client(&server, home.path());
    let bob = bobs.resume_stored().await.unwrap().expect("the session was kept");
    let mut events = bob.events();
    // The first message is not told again.
    assert_eq!(message(&mut events).await.text, "while you were away");
    assert_eq!(texts(&bob, conversation).await, ["before", "while you were away"]);
    let ada = log_in(&client(&server), "ada").await;
    assert_eq!(texts(&ada, conversation).await, ["before", "while you were away"]);
    server.stop().await;
}

#[tokio::test]
async fn clients_outlive_the_server() {
    let folder = folder();
    let server = Server::start(folder.path()).await;
    let address = server.authority().to_owned();
    let ada = enter(&server, "ada").await;
    let bob = enter(&server, "bob").await;
    befriend(&ada, &bob).await;
    let mut events = bob.events();
    server.stop().await;
    // Nobody is there: it waits with the sender.
    let ticket = ada.send(bob.user(), "are you there").await.unwrap();
    let server = Server::start_with(folder.path(), &["--set", &format!("http.listen={address}")]).await;
    let sent = soon("the message being sent", ticket.sent()).await.unwrap();
    let came = message(&mut events).await;
    assert_eq!((came.text.as_str(), came.seq), ("are you there", sent.seq));
    server.stop().await;
}

/// Kills the server, without any warning, right after an acknowledgement, again and again.
#[tokio::test]
async fn what_was_acknowledged_survives_a_kill_at_any_instant() {
    const ROUNDS: usize = 20;
    const BURST: usize = 8;
    let folder = folder();
    let server = Server::start(folder.path()).await;
    let ada = enter(&server, "ada").await;
    let bob = enter(&server, "bob").await;
    befriend(&ada, &bob).await;
    let conversation = ConversationId::direct(ada.user(), bob.user());
    let bob = bob.user();
    server.stop().await;

    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let server = Server::start(folder.path()).await;
        let ada = log_in(&client(&server), "ada").await;
        let mut tickets = Vec::new();
        for number in 0..BURST {
            tickets.push(ada.send(bob, format!("{round}/{number}")).await.unwrap());
        }
        // Another one each time, so that the kill falls between, before and after commits.
        let last = round % BURST;
        soon("an acknowledgement", tickets[last].sent()).await.unwrap();
        server.kill().await;
        for (number, ticket) in tickets.iter().enumerate() {
            if let Some(sent) = ticket.current().sent() {
                acknowledged.push((sent.seq, format!("{round}/{number}")));
            }
        }
        ada.close().await;
    }
    assert!(acknowledged.len() >= ROUNDS);

    let server = Server::start(folder.path()).await;
    let ada = log_in(&client(&server), "ada").await;
    let mut stored = Vec::new();
    loop {
        let after = stored.last().map_or(0, |(seq, _)| *seq);
        let page = ada.history_after(conversation, after, 0).await.unwrap().messages;
        if page.is_empty() {
            break;
        }
        stored.extend(page.into_iter().map(|message| (message.seq, message.text)));
    }
    let seqs: Vec<u64> = stored.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(seqs, (1..=u64::try_from(stored.len()).unwrap()).collect::<Vec<_>>(), "no holes");
    for kept in &acknowledged {
        assert!(stored.contains(kept), "{kept:?} was acknowledged and is gone");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_folder_has_one_server() {
    let folder = folder();
    let server = Server::start(folder.path()).await;
    let second = run(folder.path(), &["up", "--listen", "127.0.0.1:0"]).await;
    assert!(!second.status.success());
    assert!(complaint(&second).contains("another flux uses the data folder"), "{}", complaint(&second));
    let database = run(folder.path(), &["db", "new-epoch"]).await;
    assert!(!database.status.success());
    assert!(complaint(&database).contains("in use"), "{}", complaint(&database));
    server.stop().await;
}

#[tokio::test]
async fn a_restored_copy_begins_a_new_epoch() {
    let folder = folder();
    let server = Server::start(folder.path()).await;
    server.stop().await;
    let epoch = async |command: &str| {
        let shown = run(folder.path(), &["db", command]).await;
        assert!(shown.status.success(), "{}", complaint(&shown));
        let shown = text(&shown);
        let row = shown.lines().find(|line| line.starts_with("epoch")).unwrap();
        row.split_whitespace().last().unwrap().to_owned()
    };
    let before = epoch("info").await;
    assert_eq!(epoch("info").await, before);
    let after = epoch("new-epoch").await;
    assert_ne!(after, before);
    assert_eq!(epoch("info").await, after);
}

#[tokio::test]
async fn mail_that_was_captured_is_shown_with_its_code() {
    let folder = folder();
    let nothing = run(folder.path(), &["mail", "outbox"]).await;
    assert!(text(&nothing).contains("no mail was captured"), "{}", text(&nothing));
    let server = Server::start(folder.path()).await;
    let mut following = Terminal::start(folder.path(), &["mail", "outbox", "--follow"]);
    let client = client(&server);
    register(&server, &client, "ada").await;
    following.sees(&email("ada")).await;
    let code = server.code(&email("ada")).await;
    let shown = text(&run(folder.path(), &["mail", "outbox"]).await);
    let line = shown.lines().last().unwrap();
    assert!(line.contains(&email("ada")) && line.contains(&code), "{shown}");
    server.stop().await;
}
