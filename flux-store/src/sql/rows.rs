//! Reading rows and binding values: the one place that knows how the core's types stand in columns, whichever database
//! the columns are in.

use flux_core::account::{
    Account, AccountState, Bio, Card, DisplayName, Email, Profile, Username, Visibility,
};
use flux_core::session::{Device, DeviceClass, DeviceName, Session};
use flux_core::{
    ConversationId, Epoch, Generation, JobId, MessageId, RequestId, Secret, Seq, SessionId, StoreError,
    Timestamp, UserId, message::Stamp,
};

/// The columns that [`Columns::profile`] reads, of the table or alias `$t`.
macro_rules! profile_columns {
    ($t:literal) => {
        concat!($t, ".user_id, ", $t, ".username, ", $t, ".display_name, ", $t, ".bio")
    };
}
/// The columns that [`Columns::account`] reads, of `accounts AS a`.
macro_rules! account_columns {
    () => {
        "a.user_id, a.username, a.display_name, a.bio, \
         a.email, a.password_hash, a.state, a.created_ms, a.invisible, a.last_seen_ms"
    };
}
/// The columns that [`Columns::session`] reads, of `sessions AS s`.
macro_rules! session_columns {
    () => {
        "s.session_id, s.user_id, s.device_name, s.device_class, s.created_ms, s.last_used_ms"
    };
}
pub(crate) use {account_columns, profile_columns, session_columns};

/// An id that is kept as the 16 bytes of its UUID.
pub(crate) trait Id: Sized {
    fn read(bytes: &[u8]) -> Option<Self>;
    fn blob(&self) -> Vec<u8>;
}

macro_rules! ids {
    ($($name:ident)*) => {$(
        impl Id for $name {
            fn read(bytes: &[u8]) -> Option<Self> {
                Self::from_slice(bytes).ok()
            }
            fn blob(&self) -> Vec<u8> {
                self.as_bytes().to_vec()
            }
        }
    )*};
}
ids! { ConversationId Epoch JobId MessageId RequestId SessionId UserId }

/// What no version of Flux writes stands in column `what`.
pub(crate) const fn corrupt(what: &'static str) -> StoreError {
    StoreError::Corrupt { what }
}

/// A number as databases keep it. None that Flux counts comes near the limit.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A limit as databases take it.
pub(crate) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// What a driver's row can do. An error means that what stands there is of another type.
pub(crate) trait SqlRow {
    /// The number in a column, unless it is NULL.
    fn int(&self, at: usize) -> Result<Option<i64>, sqlx::Error>;
    /// The text in a column, unless it is NULL.
    fn text(&self, at: usize) -> Result<Option<String>, sqlx::Error>;
    /// The bytes in a column, unless it is NULL.
    fn bytes(&self, at: usize) -> Result<Option<&[u8]>, sqlx::Error>;
}

/// Reads a row from left to right.
pub(crate) struct Columns<'r, R> {
    row: &'r R,
    next: usize,
}

impl<'r, R: SqlRow> Columns<'r, R> {
    pub(crate) fn of(row: &'r R) -> Self {
        Self { row, next: 0 }
    }

    fn next(&mut self) -> usize {
        let at = self.next;
        self.next += 1;
        at
    }

    pub(crate) fn int_or_null(&mut self, what: &'static str) -> Result<Option<i64>, StoreError> {
        let at = self.next();
        self.row.int(at).map_err(|_| corrupt(what))
    }

    pub(crate) fn bytes(&mut self, what: &'static str) -> Result<&'r [u8], StoreError> {
        self.bytes_or_null(what)?.ok_or(corrupt(what))
    }

    pub(crate) fn bytes_or_null(&mut self, what: &'static str) -> Result<Option<&'r [u8]>, StoreError> {
        let at = self.next();
        self.row.bytes(at).map_err(|_| corrupt(what))
    }

    pub(crate) fn id<T: Id>(&mut self, what: &'static str) -> Result<T, StoreError> {
        T::read(self.bytes(what)?).ok_or(corrupt(what))
    }

    pub(crate) fn text(&mut self, what: &'static str) -> Result<String, StoreError> {
        self.text_or_null(what)?.ok_or(corrupt(what))
    }

    pub(crate) fn text_or_null(&mut self, what: &'static str) -> Result<Option<String>, StoreError> {
        let at = self.next();
        self.row.text(at).map_err(|_| corrupt(what))
    }

    pub(crate) fn int(&mut self, what: &'static str) -> Result<i64, StoreError> {
        self.int_or_null(what)?.ok_or(corrupt(what))
    }

    pub(crate) fn count(&mut self, what: &'static str) -> Result<usize, StoreError> {
        usize::try_from(self.int(what)?).map_err(|_| corrupt(what))
    }

    pub(crate) fn flag(&mut self, what: &'static str) -> Result<bool, StoreError> {
        match self.int(what)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(corrupt(what)),
        }
    }

    pub(crate) fn time(&mut self, what: &'static str) -> Result<Timestamp, StoreError> {
        self.int(what).map(Timestamp::from_millis)
    }

    pub(crate) fn time_or_null(&mut self, what: &'static str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.int_or_null(what)?.map(Timestamp::from_millis))
    }

    pub(crate) fn seq(&mut self, what: &'static str) -> Result<Seq, StoreError> {
        Seq::from_i64(self.int(what)?).ok_or(corrupt(what))
    }

    pub(crate) fn seq_or_null(&mut self, what: &'static str) -> Result<Option<Seq>, StoreError> {
        self.int_or_null(what)?.map(|seq| Seq::from_i64(seq).ok_or(corrupt(what))).transpose()
    }

    pub(crate) fn stamp(&mut self, what: &'static str) -> Result<Stamp, StoreError> {
        u64::try_from(self.int(what)?).map(Stamp).map_err(|_| corrupt(what))
    }

    /// Of an aggregate: NULL where there is nothing.
    #[cfg(feature = "mysql")]
    pub(crate) fn stamp_or_zero(&mut self, what: &'static str) -> Result<Stamp, StoreError> {
        u64::try_from(self.int_or_null(what)?.unwrap_or(0)).map(Stamp).map_err(|_| corrupt(what))
    }

    pub(crate) fn generation(&mut self, what: &'static str) -> Result<Generation, StoreError> {
        u64::try_from(self.int(what)?).map(Generation::new).map_err(|_| corrupt(what))
    }

    /// Of `profile_columns!`.
    pub(crate) fn profile(&mut self) -> Result<Profile, StoreError> {
        Ok(Profile {
            user: self.id("accounts.user_id")?,
            username: self.text_or_null("accounts.username")?.map(Username::from_store),
            display_name: DisplayName::from_store(self.text("accounts.display_name")?),
            bio: Bio::from_store(self.text("accounts.bio")?),
        })
    }

    pub(crate) fn account_state(&mut self) -> Result<AccountState, StoreError> {
        match self.int("accounts.state")? {
            0 => Ok(AccountState::Active),
            1 => Ok(AccountState::Disabled),
            2 => Ok(AccountState::Deleted),
            _ => Err(corrupt("accounts.state")),
        }
    }

    /// Of `profile_columns!` and the state.
    pub(crate) fn card(&mut self) -> Result<Card, StoreError> {
        Ok(Card { profile: self.profile()?, state: self.account_state()? })
    }

    /// Of `account_columns!`.
    pub(crate) fn account(&mut self) -> Result<Account, StoreError> {
        Ok(Account {
            profile: self.profile()?,
            email: self.text_or_null("accounts.email")?.map(Email::from_store),
            password_hash: self.text_or_null("accounts.password_hash")?.map(Secret::new),
            state: self.account_state()?,
            created: self.time("accounts.created_ms")?,
            invisible: self.flag("accounts.invisible")?,
            last_seen: self.time_or_null("accounts.last_seen_ms")?,
        })
    }

    /// Of the columns of [`Visibility`].
    pub(crate) fn visibility(&mut self) -> Result<Visibility, StoreError> {
        let (user, state) = (self.id("accounts.user_id")?, self.account_state()?);
        let (invisible, last_seen) =
            (self.flag("accounts.invisible")?, self.time_or_null("accounts.last_seen_ms")?);
        Ok(Visibility { user, visible: state == AccountState::Active && !invisible, last_seen })
    }

    /// Of `session_columns!`.
    pub(crate) fn session(&mut self) -> Result<Session, StoreError> {
        Ok(Session {
            session: self.id("sessions.session_id")?,
            user: self.id("sessions.user_id")?,
            device: Device {
                name: DeviceName::from_store(self.text("sessions.device_name")?),
                class: DeviceClass::parse(&self.text("sessions.device_class")?)
                    .ok_or(corrupt("sessions.device_class"))?,
            },
            created: self.time("sessions.created_ms")?,
            last_used: self.time("sessions.last_used_ms")?,
        })
    }
}
