//! The SQLite file, while no server uses it.

use std::sync::Arc;

use flux_core::message::MessageStore as _;
use flux_store::sqlite::SqliteStore;
use flux_store::system::{SystemClock, SystemEntropy};

use super::{done, row, size};
use crate::compose::{database, sqlite, with_advice};
use crate::config::Config;
use crate::failure::Failure;
use crate::terminal::Out;

pub(super) async fn run(config: &Config, new_epoch: bool) -> Result<(), Failure> {
    let path = database(&config.data_dir);
    if !path.is_file() {
        return Err(Failure::new(format!(
            "there is no database at {} yet: `flux up` makes one",
            path.display()
        )));
    }
    let mut file = sqlite(&path, config.storage.synchronous);
    if new_epoch {
        file = file.with_new_epoch();
    }
    let opened = SqliteStore::open(file, Arc::new(SystemClock::new()), Arc::new(SystemEntropy)).await;
    let store = opened.map_err(with_advice)?;
    let epoch = store.epoch();
    store.close().await;

    let out = Out::new();
    row(out, "database", path.display())?;
    row(out, "size", size(std::fs::metadata(&path)?.len()))?;
    row(out, "epoch", epoch)?;
    if new_epoch {
        done(out, "a new epoch has begun: clients start over when they come back")?;
    }
    Ok(())
}
