//! Two people at two terminals, through pipes.

use crate::harness::{Server, Terminal, complaint, folder, run};
use crate::people::{PASSWORD, email};

/// Registers at a terminal, typing the code of the captured mail.
async fn register(server: &Server, name: &str) {
    let args = ["register", name, "--email", &email(name), "--password", PASSWORD, "--server", &server.url];
    let mut terminal = Terminal::start(server.folder(), &args);
    terminal.sees("a code was sent").await;
    terminal.say(&server.code(&email(name)).await).await;
    terminal.sees(&format!("{name} is registered")).await;
    assert!(terminal.leave().await.success());
}

fn chat(server: &Server, name: &str, more: &[&str]) -> Terminal {
    let args: Vec<&str> =
        ["chat", "--as", name, "--server", &server.url].iter().chain(more).copied().collect();
    Terminal::start(server.folder(), &args)
}

#[tokio::test]
async fn two_people_talk_at_their_terminals() {
    let folder = folder();
    let server = Server::start(folder.path()).await;
    register(&server, "ada").await;
    register(&server, "bob").await;
    let mut ada = chat(&server, "ada", &["--password", PASSWORD]);
    let mut bob = chat(&server, "bob", &["--password", PASSWORD]);
    ada.sees("you are ada").await;
    bob.sees("you are bob").await;
    ada.sees("no friends here yet").await;

    ada.say("/add bob it is me").await;
    let asked = bob.sees("ada wants to be your friend").await;
    assert!(asked.contains("it is me"), "{asked}");
    bob.say("/accept ada").await;
    ada.sees("bob and you are friends now").await;
    bob.sees("ada and you are friends now").await;

    ada.say("hello bob").await;
    bob.sees("ada: hello bob").await;
    for step in ["[queued]", "[stored]", "[delivered]", "[read]"] {
        ada.sees(&format!("{step} hello bob")).await;
    }
    bob.say("hello ada").await;
    ada.sees("bob: hello ada").await;
    bob.sees("[read] hello ada").await;

    bob.say("/status away").await;
    ada.sees("bob is away").await;
    ada.say("/friends").await;
    ada.sees("bob  ◐ away").await;
    ada.say("/remark bob Bobby").await;
    ada.sees("you call them Bobby now").await;
    bob.say("again").await;
    ada.sees("Bobby: again").await;

    // What a terminal would obey is shown, not sent on to it.
    bob.say("\u{1b}[2Jhidden").await;
    bob.sees("! ").await;
    ada.say("/block bob").await;
    ada.sees("you blocked bob").await;
    bob.say("can you hear me").await;
    bob.sees("[failed] can you hear me").await;
    ada.say("/unblock bob").await;
    ada.sees("you unblocked").await;
    assert!(ada.leave().await.success());
    assert!(bob.leave().await.success());
    server.stop().await;
}

#[tokio::test]
async fn history_and_the_session_are_there_the_next_time() {
    let folder = folder();
    let server = Server::start(folder.path()).await;
    let address = server.authority().to_owned();
    register(&server, "ada").await;
    register(&server, "bob").await;
    let mut ada = chat(&server, "ada", &["--password", PASSWORD]);
    let mut bob = chat(&server, "bob", &["--password", PASSWORD]);
    bob.sees("you are bob").await;
    ada.sees("you are ada").await;
    ada.say("/add bob").await;
    bob.sees("ada wants to be your friend").await;
    bob.say("/accept ada").await;
    ada.sees("friends now").await;
    ada.say("before").await;
    bob.sees("ada: before").await;
    ada.sees("[read] before").await;
    bob.say("/quit").await;
    assert!(bob.leave().await.success());
    // Bob is away, and the end of the pipe waits until the server has it.
    ada.say("while you were away").await;
    ada.sees("[stored] while you were away").await;
    assert!(ada.leave().await.success());
    server.stop().await;

    let server = Server::start_with(folder.path(), &["--set", &format!("http.listen={address}")]).await;
    // No password: the session was kept.
    let mut bob = chat(&server, "bob", &[]);
    bob.sees("ada: before").await;
    bob.sees("ada: while you were away").await;
    let mut ada = chat(&server, "ada", &[]);
    ada.sees("[read] before").await;
    ada.sees("[read] while you were away").await;
    ada.say("/logout").await;
    ada.sees("logged out").await;
    assert!(ada.leave().await.success());
    assert!(bob.leave().await.success());

    // Logged out is logged out.
    let again = run(server.folder(), &["chat", "--as", "ada", "--server", &server.url]).await;
    assert!(!again.status.success());
    assert!(complaint(&again).contains("no password was given"), "{}", complaint(&again));
    server.stop().await;
}

/// Ada and Bob at their terminals, friends, on a server at this address.
async fn two_friends(server: &Server) -> (Terminal, Terminal) {
    register(server, "ada").await;
    register(server, "bob").await;
    let mut ada = chat(server, "ada", &["--password", PASSWORD]);
    let mut bob = chat(server, "bob", &["--password", PASSWORD]);
    ada.sees("you are ada").await;
    bob.sees("you are bob").await;
    ada.say("/add bob").await;
    bob.sees("ada wants to be your friend").await;
    bob.say("/accept ada").await;
    ada.sees("friends now").await;
    bob.sees("friends now").await;
    (ada, bob)
}

#[tokio::test]
async fn what_two_type_at_once_is_shown_to_both() {
    const COUNT: u32 = 60;
    let folder = folder();
    let server = Server::start(folder.path()).await;
    let (mut ada, mut bob) = two_friends(&server).await;
    for number in 1..=COUNT {
        ada.say(&format!("from ada {number}.")).await;
        bob.say(&format!("from bob {number}.")).await;
    }
    // Of what is stored before one's own words it is often heard after these were acknowledged.
    for number in 1..=COUNT {
        bob.sees(&format!("ada: from ada {number}.")).await;
        ada.sees(&format!("bob: from bob {number}.")).await;
    }
    assert!(ada.leave().await.success());
    assert!(bob.leave().await.success());
    server.stop().await;
}

#[tokio::test]
async fn who_was_away_for_long_is_shown_all_that_was_not_read() {
    const COUNT: u32 = 25;
    let folder = folder();
    let server = Server::start(folder.path()).await;
    let (mut ada, bob) = two_friends(&server).await;
    assert!(bob.leave().await.success());
    for number in 1..=COUNT {
        ada.say(&format!("number {number}.")).await;
    }
    ada.sees(&format!("[stored] number {COUNT}.")).await;
    let mut bob = chat(&server, "bob", &[]);
    for number in 1..=COUNT {
        bob.sees(&format!("ada: number {number}.")).await;
    }
    bob.say("I am back").await;
    ada.sees("bob: I am back").await;
    assert!(ada.leave().await.success());
    assert!(bob.leave().await.success());
    server.stop().await;
}

#[tokio::test]
async fn the_demonstration_runs_by_itself() {
    let folder = folder();
    let server = Server::start(folder.path()).await;
    let mut demo = Terminal::start(server.folder(), &["demo", "--server", &server.url]);
    demo.sees("they are friends").await;
    demo.sees("nothing was said here yet").await;
    demo.say("hello").await;
    for step in ["[stored]", "[delivered]", "[read]"] {
        demo.sees(&format!("{step} hello")).await;
    }
    demo.sees("Your words are on disk").await;
    demo.say("/quit").await;
    let command = demo.sees("chat --as ada-").await;
    demo.sees("chat --as bob-").await;
    assert!(demo.leave().await.success());

    // The command that it names works, without a password.
    let name = command.split_whitespace().skip_while(|word| *word != "--as").nth(1).unwrap();
    let mut ada = chat(&server, name, &[]);
    ada.sees("[read] hello").await;
    assert!(ada.leave().await.success());
    server.stop().await;
}

#[tokio::test]
async fn an_account_is_made_on_the_way_in() {
    let folder = folder();
    let server = Server::start(folder.path()).await;
    let mut ada = chat(&server, "ada", &["--register", &email("ada")]);
    ada.sees("a code was sent").await;
    ada.say(&server.code(&email("ada")).await).await;
    ada.say(PASSWORD).await;
    ada.sees("ada is registered").await;
    ada.sees("you are ada").await;
    ada.say("/who").await;
    ada.sees("you are ada, connected").await;
    assert!(ada.leave().await.success());
    server.stop().await;
}

#[tokio::test]
async fn what_goes_wrong_is_said_with_what_to_do() {
    let folder = folder();
    let nobody = ["chat", "--as", "ada", "--password", "whatever-1", "--server", "http://127.0.0.1:1"];
    let told = complaint(&run(folder.path(), &nobody).await);
    assert!(told.contains("no server answers at http://127.0.0.1:1") && told.contains("flux up"), "{told}");

    let server = Server::start(folder.path()).await;
    let stranger = ["chat", "--as", "nobody", "--password", "whatever-1", "--server", &server.url];
    let told = complaint(&run(folder.path(), &stranger).await);
    assert!(told.contains("--register"), "{told}");

    register(&server, "ada").await;
    let mut ada = chat(&server, "ada", &["--password", PASSWORD]);
    ada.sees("you are ada").await;
    let second = run(folder.path(), &["chat", "--as", "ada", "--server", &server.url]).await;
    assert!(complaint(&second).contains("--state"), "{}", complaint(&second));
    for (line, answer) in [
        ("hello", "whom to?"),
        ("/with bob", "bob is no friend of yours"),
        ("/freinds", "there is no /freinds; /friends?"),
        ("/add nobody", "there is no nobody"),
        ("/help", "/status online|away|invisible"),
    ] {
        ada.say(line).await;
        ada.sees(answer).await;
    }
    assert!(ada.leave().await.success());
    server.stop().await;
}
