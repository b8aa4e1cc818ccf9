//! `flux chat`: the terminal client.

mod app;
mod arrive;
mod command;
mod home;
mod input;
mod news;
mod obey;
mod people;
mod screen;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;
use flux_client::{Client, ClientError, Device, DeviceClass, ErrorCode, Secret, Session};

use crate::cli::invocation;
use crate::failure::Failure;
use crate::register;
use crate::terminal::clock::Zone;
use crate::terminal::{Paint, is_interactive, prompt};

pub(crate) use app::App;
pub(crate) use home::{Home, explain, said};
pub(crate) use input::{Input, Names};
pub(crate) use screen::{Screen, Terminal};

/// Which server, for commands that talk to one.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ServerArgs {
    /// Where the server is.
    #[arg(long, value_name = "URL", env = "FLUX_SERVER", default_value = "http://127.0.0.1:8080")]
    pub(crate) server: String,
}

/// What `flux chat` takes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Your username, or your e-mail address.
    #[arg(long = "as", value_name = "NAME")]
    name: String,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    password: PasswordArgs,
    /// Make the account first, with this e-mail address.
    #[arg(long, value_name = "EMAIL")]
    register: Option<String>,
    /// Talk with this friend first [default: whom you talked with last].
    #[arg(long, value_name = "NAME")]
    with: Option<String>,
    /// Folder to keep the session in [default: the user's state folder].
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

/// A password, for commands that need one; it is asked for where none is given.
#[derive(Debug, ClapArgs)]
pub(crate) struct PasswordArgs {
    /// Password. Others on this machine can see it while the command runs; without it you are asked.
    #[arg(long, value_name = "TEXT", conflicts_with = "password_file")]
    password: Option<String>,
    /// File that holds the password.
    #[arg(long, value_name = "PATH")]
    password_file: Option<PathBuf>,
}

impl PasswordArgs {
    /// Whether a person is asked, and can be asked again.
    pub(crate) fn is_asked(&self) -> bool {
        self.password.is_none() && self.password_file.is_none() && is_interactive()
    }

    /// The password, from the arguments or the person.
    pub(crate) fn get(&self, question: &str) -> Result<Secret, Failure> {
        if let Some(password) = &self.password {
            return Ok(Secret::from(password.as_str()));
        }
        if let Some(path) = &self.password_file {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Failure::new(format!("{} cannot be read: {error}", path.display())))?;
            return Ok(Secret::from(text.trim_end_matches(['\n', '\r'])));
        }
        prompt::ask_secret(question)?.ok_or_else(|| Failure::new("no password was given"))
    }
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let home = Home::open(args.state.as_deref(), &args.server.server, &args.name)?;
    let client = home.client(&args.server.server)?;
    let session = match &args.register {
        Some(email) => {
            let password =
                register::register(&client, &args.server.server, &args.name, email, None, &args.password)
                    .await?;
            log_in(&client, &args, &password).await?
        }
        None => come_back(&client, &args).await?,
    };
    let (screen, input, names) = surroundings()?;
    let me = name_of(&session, &args.name).await;
    App::new(session, me, screen, input, names).run(args.with.as_deref()).await
}

/// Goes on with the session of the last time, or logs in.
async fn come_back(client: &Client, args: &Args) -> Result<Session, Failure> {
    let kept = client.resume_stored().await.map_err(|error| explain(&args.server.server, &error))?;
    if let Some(session) = kept {
        match tokio::time::timeout(Duration::from_secs(5), session.online()).await {
            // It may have ended since: then there is a new login.
            Ok(Err(ClientError::SessionEnded(_))) => {}
            Ok(Err(error)) => return Err(explain(&args.server.server, &error)),
            Ok(Ok(())) | Err(_) => return Ok(session),
        }
    }
    let password = args.password.get(&format!("password of {}: ", args.name))?;
    log_in(client, args, &password).await
}

async fn log_in(client: &Client, args: &Args, password: &Secret) -> Result<Session, Failure> {
    let logged_in = client.login(&args.name, password, device()).await;
    logged_in.map_err(|error| match error.code() {
        Some(ErrorCode::InvalidCredentials) => Failure::new(format!(
            "{}\nif there is no account yet: {} chat --as {} --register you@example.org",
            said(&error),
            invocation(),
            args.name
        )),
        _ => explain(&args.server.server, &error),
    })
}

/// This program, on this machine.
pub(crate) fn device() -> Device {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = format!("flux on {}", if machine.trim().is_empty() { "a terminal" } else { machine.trim() });
    Device::new(name.chars().take(64).collect::<String>(), DeviceClass::Desktop)
}

/// What others call the person; what they logged in as where that cannot be asked now.
async fn name_of(session: &Session, logged_in_as: &str) -> String {
    session.account().await.map_or_else(|_| logged_in_as.to_owned(), |account| account.profile.username)
}

/// A screen and a keyboard, or two pipes.
pub(crate) fn surroundings() -> Result<(Screen, Input, Names), Failure> {
    let names = Names::default();
    if !is_interactive() {
        return Ok((Screen::Plain, Input::pipe()?, names));
    }
    // A terminal that cannot move its cursor is written to like a pipe.
    let Ok((input, printer)) = Input::terminal(names.clone()) else {
        return Ok((Screen::Plain, Input::pipe()?, names));
    };
    let terminal = Terminal::new(printer, Paint::detect(true), Zone::local());
    Ok((Screen::Terminal(Box::new(terminal)), input, names))
}
