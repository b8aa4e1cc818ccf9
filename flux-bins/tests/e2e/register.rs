//! Registering at a terminal, with codes that were mistyped.

use crate::harness::{Server, Terminal, complaint, folder, run};
use crate::people::{PASSWORD, email};

/// Any code but that one.
fn another(code: &str) -> &'static str {
    if code == "123456" { "654321" } else { "123456" }
}

#[tokio::test]
async fn a_mistyped_code_is_asked_for_again_and_the_password_is_not() {
    let folder = folder();
    let server = Server::start(folder.path()).await;
    let args = ["register", "ada", "--email", &email("ada"), "--server", &server.url];
    let mut terminal = Terminal::start(server.folder(), &args);
    terminal.sees("a code was sent").await;
    let code = server.code(&email("ada")).await;
    terminal.say(another(&code)).await;
    terminal.say(PASSWORD).await;
    terminal.sees("not the code, or it is older than ten minutes; tries left: 4").await;
    // A line without anything is no try.
    terminal.say("").await;
    terminal.say(&code).await;
    terminal.sees("ada is registered").await;
    assert!(terminal.leave().await.success());
    // It is the password of then.
    let args = ["chat", "--as", "ada", "--password", PASSWORD, "--server", &server.url];
    let mut ada = Terminal::start(server.folder(), &args);
    ada.sees("you are ada").await;
    assert!(ada.leave().await.success());
    server.stop().await;
}

#[tokio::test]
async fn a_code_that_was_wrong_too_often_is_asked_for_no_more() {
    let folder = folder();
    let server = Server::start(folder.path()).await;
    let args = ["register", "ada", "--email", &email("ada"), "--password", PASSWORD, "--server", &server.url];
    let mut terminal = Terminal::start(server.folder(), &args);
    terminal.sees("a code was sent").await;
    let code = server.code(&email("ada")).await;
    for left in (1..5).rev() {
        terminal.say(another(&code)).await;
        terminal.sees(&format!("tries left: {left}")).await;
    }
    terminal.say(another(&code)).await;
    terminal.complains("wrong too often").await;
    assert!(!terminal.leave().await.success());

    // It is void by now; who gives the code as an argument, and is asked for nothing, hears so at once.
    let given: Vec<&str> = args.iter().chain(&["--code", &code]).copied().collect();
    let told = complaint(&run(folder.path(), &given).await);
    assert!(told.contains("verification code is not valid"), "{told}");
    server.stop().await;
}
