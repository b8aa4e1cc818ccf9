//! `flux register`: a new account, with the code that came by mail.

use clap::Args as ClapArgs;
use flux_client::{Client, CodePurpose, ErrorCode, Registration, Secret};

use crate::chat::{PasswordArgs, ServerArgs, explain, said};
use crate::cli::invocation;
use crate::failure::Failure;
use crate::terminal::{Out, Tone, clean, prompt};

/// How many wrong tries make a code void.
const CODE_TRIES: u32 = 5;

/// What `flux register` takes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// The username: what others find you by.
    name: String,
    /// Your e-mail address; a code is sent there.
    #[arg(long)]
    email: String,
    /// The code, if you have it already.
    #[arg(long)]
    code: Option<String>,
    #[command(flatten)]
    password: PasswordArgs,
    #[command(flatten)]
    server: ServerArgs,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let server = &args.server.server;
    let client = Client::builder(server).build().map_err(|error| explain(server, &error))?;
    register(&client, server, &args.name, &args.email, args.code.as_deref(), &args.password).await?;
    let out = Out::new();
    let next = format!("{} chat --as {}", invocation(), clean::line(&args.name));
    out.line(format_args!("next: {}", out.paint.tone(Tone::Accent, next)))?;
    Ok(())
}

/// Has a code sent, asks for what is not known yet, and makes the account. Returns the password.
pub(crate) async fn register(
    client: &Client,
    server: &str,
    name: &str,
    email: &str,
    code: Option<&str>,
    password: &PasswordArgs,
) -> Result<Secret, Failure> {
    let out = Out::new();
    // Where nobody is asked for anything, nobody is there to type a code again.
    let can_retype = code.is_none() || password.is_asked();
    let mut code = match code {
        Some(code) => Secret::from(code),
        None => ask_code(client, server, email, out).await?,
    };
    let ask_password = || password.get(&format!("a password for {}: ", clean::line(name)));
    let mut chosen = ask_password()?;
    let mut tries = CODE_TRIES;
    let account = loop {
        let registration = Registration {
            email: email.to_owned(),
            code: code.clone(),
            username: name.to_owned(),
            display_name: None,
            password: chosen.clone(),
        };
        match client.register(&registration).await {
            Ok(account) => break account,
            // The code is good for another try.
            Err(error) if error.code() == Some(ErrorCode::WeakPassword) && password.is_asked() => {
                out.line(format_args!("{}", out.paint.tone(Tone::Warn, said(&error))))?;
                chosen = ask_password()?;
            }
            // The password stays: what was mistyped is the code.
            Err(error) if error.code() == Some(ErrorCode::InvalidCode) && can_retype => {
                tries -= 1;
                if tries == 0 {
                    let again = "the code was wrong too often, and is void: start again, for a new one";
                    return Err(Failure::new(again));
                }
                let wrong =
                    format!("that is not the code, or it is older than ten minutes; tries left: {tries}");
                out.line(format_args!("{}", out.paint.tone(Tone::Warn, wrong)))?;
                code = match read_code()? {
                    Some(again) => again,
                    None => return Err(explain(server, &error)),
                };
            }
            Err(error) => return Err(explain(server, &error)),
        }
    };
    let made = format!("✓ {} is registered", clean::line(&account.profile.username));
    out.line(format_args!("{}", out.paint.tone(Tone::Good, made)))?;
    Ok(chosen)
}

async fn ask_code(client: &Client, server: &str, email: &str, out: Out) -> Result<Secret, Failure> {
    client.request_code(email, CodePurpose::Register).await.map_err(|error| explain(server, &error))?;
    out.line(format_args!("a code was sent to {}", clean::line(email)))?;
    if is_this_machine(server) {
        let command = out.paint.tone(Tone::Accent, format!("{} mail outbox", invocation()));
        out.line(format_args!(
            "if your server captures mail, see it in another terminal, in its folder: {command}"
        ))?;
    }
    read_code()?.ok_or_else(|| Failure::new("no code was given"))
}

/// What is typed as a code; an empty line is not taken for one. `None` where nothing more comes.
fn read_code() -> Result<Option<Secret>, Failure> {
    while let Some(line) = prompt::ask("code: ")? {
        let code = line.trim();
        if !code.is_empty() {
            return Ok(Some(Secret::from(code)));
        }
    }
    Ok(None)
}

fn is_this_machine(server: &str) -> bool {
    ["http://127.0.0.1", "http://localhost", "http://[::1]"].iter().any(|start| server.starts_with(start))
}
