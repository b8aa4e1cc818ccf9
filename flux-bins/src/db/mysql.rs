//! MySQL or MariaDB, whoever uses it.

use flux_store::mysql::{self, Description, EpochBegun};
use flux_store::system::SystemEntropy;

use super::{done, row, size};
use crate::compose;
use crate::config::Config;
use crate::failure::Failure;
use crate::terminal::Out;

pub(super) async fn run(config: &Config, new_epoch: bool) -> Result<(), Failure> {
    let database = compose::mysql_settings(config)?;
    let out = Out::new();
    if new_epoch {
        let begun = mysql::begin_epoch(&database, &SystemEntropy).await;
        let EpochBegun { former, epoch, .. } = begun.map_err(compose::mysql_advice)?;
        row(out, "database", &database)?;
        if let Some(former) = former {
            row(out, "before", former)?;
        }
        row(out, "epoch", epoch)?;
        return done(
            out,
            "a new epoch has begun: gates and chat nodes that run end within a second, to be started again, and clients \
             start over when they come back",
        );
    }
    let Description {
        version,
        schema,
        epoch,
        bytes,
        accounts,
        conversations,
        messages,
        processes,
        connections,
        ..
    } = mysql::describe(&database).await.map_err(compose::mysql_advice)?;
    row(out, "database", &database)?;
    row(out, "server", version)?;
    row(out, "schema", schema)?;
    row(out, "size", format_args!("about {}", size(bytes)))?;
    row(
        out,
        "rows",
        format_args!("about {accounts} accounts, {conversations} conversations, {messages} messages"),
    )?;
    row(out, "open", format_args!("by {processes} processes, over {connections} connections"))?;
    match epoch {
        Some(epoch) => row(out, "epoch", epoch),
        None => row(out, "epoch", "none yet"),
    }
}
