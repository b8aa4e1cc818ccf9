//! What becomes of bytes on their way.

use std::time::Duration;

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Both ends are told that there is nothing more (FIN).
    Close,
    /// Both ends are told that it broke (RST).
    Reset,
}

/// What becomes of the bytes of one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// They pass.
    Open,
    /// They wait: nobody hears anything, not even of an end.
    Stalled,
    /// What comes waits this long, and up to `jitter` longer, before it passes, in order.
    Delayed {
        /// At least.
        by: Duration,
        /// And up to this much more.
        jitter: Duration,
    },
    /// So many pass in a second.
    Trickle {
        /// So many.
        bytes_per_second: u32,
    },
    /// So many pass, counted from when this was set or the connection began; then nothing more, and after `wait` the
    /// connection ends.
    Truncated {
        /// So many.
        after: u64,
        /// How long the ends hear nothing.
        wait: Duration,
        /// And then.
        end: End,
    },
}

/// What becomes of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// They stand, and what goes over them goes like this.
    Up {
        /// To who listens.
        to_server: Flow,
        /// To who connected.
        to_client: Flow,
    },
    /// They end like this, and new ones too.
    Down(End),
}

impl Wire {
    /// Everything passes.
    pub const OPEN: Self = Self::both(Flow::Open);
    /// Nothing passes, and nobody is told.
    pub const STALLED: Self = Self::both(Flow::Stalled);
    /// Connections are closed, and new ones too.
    pub const CUT: Self = Self::Down(End::Close);
    /// Connections are reset, and new ones too.
    pub const RESET: Self = Self::Down(End::Reset);

    /// The same for both directions.
    #[must_use]
    pub const fn both(flow: Flow) -> Self {
        Self::Up { to_server: flow, to_client: flow }
    }

    /// This towards the server, the other way everything passes.
    #[must_use]
    pub const fn to_server(flow: Flow) -> Self {
        Self::Up { to_server: flow, to_client: Flow::Open }
    }

    /// This towards the client, the other way everything passes.
    #[must_use]
    pub const fn to_client(flow: Flow) -> Self {
        Self::Up { to_server: Flow::Open, to_client: flow }
    }
}
