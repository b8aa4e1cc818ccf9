//! What works without the mail server, and that mail arrives when it is back (F33).

use std::time::Duration;

use serde_json::{Value, json};

use crate::fake_smtp::FakeSmtp;
use crate::harness::{REPAIRED, soon, until, within};
use crate::http::call;
use crate::people::{PASSWORD, log_in};
use crate::world::{Plan, World};
use flux_bins::chaos::world::port;
use flux_bins::chaos::world::{Proxy, Wire};

/// Whoever asks does not wait for a mail server, which has 10 s for each step; the rest is for this machine.
const QUICK: Duration = Duration::from_secs(2);

/// A code is asked for, and the answer says nothing about what becomes of the mail.
async fn asks(world: &World, email: &str, purpose: &str) -> Value {
    let body = json!({"email": email, "purpose": purpose});
    let asking = call(&world.front, "POST", "/v1/verification-codes", None, Some(body));
    let answer = within(QUICK, "the answer to whoever asks for a code", asking).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.body
}

/// To whom the next mail is that the server takes, and its code.
async fn mailed(server: &FakeSmtp) -> (String, String) {
    let mail = soon("a mail", server.next()).await;
    let words = mail.data.split(|letter: char| !letter.is_ascii_alphanumeric());
    let mut codes = words.filter(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()));
    let code = codes.next().unwrap_or_else(|| panic!("{}", mail.data)).to_owned();
    (mail.to.concat(), code)
}

/// Registers with a code that was mailed.
async fn registers(world: &World, name: &str, code: &str) {
    let body = json!({
        "email": format!("{name}@example.org"), "code": code, "username": name, "password": PASSWORD,
    });
    call(&world.front, "POST", "/v1/users", None, Some(body)).await.ok();
    log_in(world, name).await.ok();
}

/// Waits until flux-verify has put off so many mails.
async fn put_off(world: &World, count: usize) {
    let log = || world.verify.log().matches("mail not sent").count();
    until(REPAIRED, "a mail being put off", async || (log() >= count).then_some(())).await;
}

#[tokio::test]
async fn f33_codes_are_answered_whatever_the_mail_server_does_and_arrive_when_it_is_back() {
    // Where it will be.
    let port = port();
    let wire = Proxy::new(format!("127.0.0.1:{port}")).await.unwrap();
    let world = Plan::chats(1)
        .set("mail.mode=smtp")
        .set("mail.language=english")
        .set("smtp.host=127.0.0.1")
        .set(format!("smtp.port={}", wire.address.port()))
        .set("smtp.security=none")
        .set("smtp.from=no-reply@example.org")
        .start()
        .await;

    // Down: connections end at once.
    let answer = asks(&world, "ada@example.org", "register").await;
    put_off(&world, 1).await;
    // Then it refuses for now, as those do that want to see whether it is meant seriously.
    let server =
        FakeSmtp::start_on(port, |said| (said == (1, "RCPT")).then_some("451 4.7.1 try again")).await;
    let (to, code) = mailed(&server).await;
    assert_eq!((to.as_str(), server.said("MAIL")), ("<ada@example.org>", 2));
    registers(&world, "ada", &code).await;

    // It takes connections and says nothing. Who has an account, who has none and who wants one are told the same.
    wire.set(Wire::STALLED);
    for (email, purpose) in [
        ("ada@example.org", "reset_password"),
        ("nobody@example.org", "reset_password"),
        ("bob@example.org", "register"),
    ] {
        assert_eq!(asks(&world, email, purpose).await, answer, "{email}");
    }
    // Then the connections break.
    wire.set(Wire::CUT);
    put_off(&world, 3).await;
    wire.set(Wire::OPEN);
    let mut mails = [mailed(&server).await, mailed(&server).await];
    mails.sort();
    let [(to_ada, _), (to_bob, code)] = mails;
    assert_eq!((to_ada.as_str(), to_bob.as_str()), ("<ada@example.org>", "<bob@example.org>"));
    registers(&world, "bob", &code).await;
    // Each was taken once, and nothing was given up.
    assert_eq!(server.said("MAIL"), 4);
    assert!(!world.verify.log().contains("mail given up"), "{}", world.verify.log());
    server.stop().await;
}
