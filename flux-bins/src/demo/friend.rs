//! The other side of the demonstration: reads after a moment, and says something friendly.

use std::time::Duration;

use flux_client::{ClientError, Event, Message, Session};

/// How long until it looks at a message: so that the person sees it delivered before it is read.
const LOOK: Duration = Duration::from_millis(900);

/// How long it writes.
const WRITE: Duration = Duration::from_millis(1_400);

/// What it says, one after the other.
const LINES: [&str; 8] = [
    "Hi! Your words are on disk: the tick says so. Two ticks when my device had them, and green now that I read them.",
    "Try /friends to see who is there, or /status away to be seen as away.",
    "Messages have numbers without gaps, the same for both of us. /history shows the older ones.",
    "Stop the server with Ctrl-C while you write: your message waits here, and goes out once it is back.",
    "You can call me something else: /remark and my name, and then what you like.",
    "If you leave and come back with `flux chat`, you are still logged in and all of this is still there.",
    "The same works with curl and any WebSocket tool. The API page of the server shows how.",
    "That is all I was written to say. But I do read what you write.",
];

/// Plays until the session ends.
pub(super) async fn play(session: Session) {
    let mut events = session.events();
    let mut said = 0;
    while let Some(event) = events.next().await {
        if let Event::Message(message) = event
            && message.sender != session.user()
        {
            match answer(&session, &message, LINES.get(said).copied()).await {
                Ok(()) => said += 1,
                Err(error) => tracing::debug!(%error, "the script could not answer"),
            }
        }
    }
}

async fn answer(session: &Session, message: &Message, line: Option<&str>) -> Result<(), ClientError> {
    tokio::time::sleep(LOOK).await;
    session.mark_read(message.conversation, message.seq).await?;
    let Some(line) = line else { return Ok(()) };
    session.set_typing(message.conversation, true).await?;
    tokio::time::sleep(WRITE).await;
    session.send(message.conversation, line).await?;
    Ok(())
}
