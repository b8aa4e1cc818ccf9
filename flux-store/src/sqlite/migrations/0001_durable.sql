-- The durable store of Flux.
--
-- Ids are the 16 bytes of a UUID, times are milliseconds since the Unix epoch (`_ms`), texts compare by code point
-- (BINARY, the default). Tables whose rows are found by a key that is no number are WITHOUT ROWID: the key is the
-- table, and a look-up is one descent. Where a foreign key would cost a look-up per message there is none: the core's
-- plan has read the row that it would check.
--
-- `changed` is a stamp: a number that the one writer gives out, greater with every log that a transaction touches. It
-- orders the changes of all logs, so that "what changed since" is a range of an index.

-- What is true of the whole store; one row.
CREATE TABLE meta (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    -- Names this life of the store.
    epoch BLOB NOT NULL CHECK (length(epoch) = 16)
) STRICT;

CREATE TABLE accounts (
    user_id BLOB NOT NULL PRIMARY KEY CHECK (length(user_id) = 16),
    -- NULL once the account is deleted, like everything else that is personal.
    username TEXT,
    -- What the account is found and searched by.
    username_key TEXT UNIQUE,
    display_name TEXT NOT NULL,
    bio TEXT NOT NULL,
    email TEXT,
    -- What an address is unique by.
    email_key TEXT UNIQUE,
    -- In PHC string format.
    password_hash TEXT,
    -- 0 active, 1 disabled, 2 deleted.
    state INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
    created_ms INTEGER NOT NULL,
    invisible INTEGER NOT NULL CHECK (invisible IN (0, 1)),
    last_seen_ms INTEGER
) STRICT, WITHOUT ROWID;

-- Names that are taken, by what they look like. That of a deleted account is reserved for a while.
CREATE TABLE username_skeletons (
    skeleton TEXT NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL,
    -- NULL as long as the account is there.
    reserved_until_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX skeletons_by_user ON username_skeletons (user_id);

CREATE TABLE sessions (
    session_id BLOB NOT NULL PRIMARY KEY CHECK (length(session_id) = 16),
    user_id BLOB NOT NULL REFERENCES accounts (user_id),
    device_name TEXT NOT NULL,
    device_class TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    -- When it was last refreshed or claimed.
    last_used_ms INTEGER NOT NULL,
    -- Raised by every claim of a connection: the fencing number.
    generation INTEGER NOT NULL,
    ended_ms INTEGER,
    end_reason TEXT,
    CHECK ((ended_ms IS NULL) = (end_reason IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX open_sessions_by_user ON sessions (user_id, created_ms, session_id) WHERE ended_ms IS NULL;
-- What has not been used for long.
CREATE INDEX open_sessions_by_use ON sessions (last_used_ms) WHERE ended_ms IS NULL;
-- Revocations are read by time.
CREATE INDEX ended_sessions ON sessions (ended_ms, session_id) WHERE ended_ms IS NOT NULL;

-- The refresh tokens of open sessions, hashed: the newest, and those before it, whose reuse is a sign of theft.
CREATE TABLE refresh_tokens (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    session_id BLOB NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    -- 1, 2, 3 ... within the session.
    number INTEGER NOT NULL,
    -- When it was first exchanged for another.
    replaced_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX refresh_tokens_by_session ON refresh_tokens (session_id, number);

-- One row per pair, so that friendship cannot be one-sided.
CREATE TABLE friendships (
    low_id BLOB NOT NULL,
    high_id BLOB NOT NULL,
    since_ms INTEGER NOT NULL,
    -- What the one with the smaller id calls the other, and the other way round.
    low_remark TEXT NOT NULL,
    high_remark TEXT NOT NULL,
    PRIMARY KEY (low_id, high_id),
    CHECK (low_id < high_id)
) STRICT, WITHOUT ROWID;

-- A user's friends, oldest first: the two halves of the list.
CREATE INDEX friends_of_low ON friendships (low_id, since_ms, high_id);
CREATE INDEX friends_of_high ON friendships (high_id, since_ms, low_id);

CREATE TABLE friend_requests (
    request_id BLOB NOT NULL PRIMARY KEY CHECK (length(request_id) = 16),
    from_id BLOB NOT NULL,
    to_id BLOB NOT NULL,
    greeting TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    state TEXT NOT NULL,
    -- Whether only the one who made it sees it.
    hidden INTEGER NOT NULL CHECK (hidden IN (0, 1))
) STRICT, WITHOUT ROWID;

-- At most one pending request per pair, in whichever direction.
CREATE UNIQUE INDEX pending_requests_by_pair ON friend_requests (min(from_id, to_id), max(from_id, to_id))
    WHERE state = 'pending';
CREATE INDEX pending_requests_sent ON friend_requests (from_id, created_ms, request_id) WHERE state = 'pending';
CREATE INDEX pending_requests_received ON friend_requests (to_id, hidden, created_ms, request_id)
    WHERE state = 'pending';

CREATE TABLE blocks (
    blocker_id BLOB NOT NULL,
    blocked_id BLOB NOT NULL,
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (blocker_id, blocked_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX blocks_in_order ON blocks (blocker_id, since_ms, blocked_id);
CREATE INDEX blocks_by_blocked ON blocks (blocked_id, blocker_id);

CREATE TABLE conversations (
    conversation_id BLOB NOT NULL PRIMARY KEY CHECK (length(conversation_id) = 16),
    -- The two members, ascending, of a direct conversation.
    low_id BLOB NOT NULL,
    high_id BLOB NOT NULL,
    -- Who may write: bit 0 friends, bit 1 low blocks, bit 2 high blocks, bit 3 closed.
    policy INTEGER NOT NULL,
    -- The newest seq; 0 before the first message.
    head_seq INTEGER NOT NULL,
    last_message_ms INTEGER,
    changed INTEGER NOT NULL,
    CHECK (low_id < high_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX conversations_by_change ON conversations (changed);

CREATE TABLE members (
    user_id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    delivered_seq INTEGER NOT NULL,
    read_seq INTEGER NOT NULL,
    -- The stamp of the last move.
    moved INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, conversation_id),
    CHECK (0 <= read_seq AND read_seq <= delivered_seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX members_by_conversation ON members (conversation_id, user_id);

CREATE TABLE messages (
    conversation_id BLOB NOT NULL,
    seq INTEGER NOT NULL CHECK (seq > 0),
    sender_id BLOB NOT NULL,
    -- Chosen by the sender: makes a repeated send harmless.
    message_id BLOB NOT NULL,
    text TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, seq)
) STRICT, WITHOUT ROWID;

-- The message id comes first because it begins with the time of its making: new entries are neighbours, whichever
-- conversation they are in, and a batch writes few pages of this index instead of one per message.
CREATE UNIQUE INDEX messages_by_id ON messages (message_id, conversation_id, sender_id);

-- Where each feed ends, and up to where it was cut.
CREATE TABLE feed_heads (
    user_id BLOB NOT NULL PRIMARY KEY CHECK (length(user_id) = 16),
    head_seq INTEGER NOT NULL,
    floor_seq INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    CHECK (0 <= floor_seq AND floor_seq <= head_seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX feed_heads_by_change ON feed_heads (changed);
CREATE INDEX feed_heads_by_length ON feed_heads (head_seq - floor_seq);

CREATE TABLE feed_entries (
    user_id BLOB NOT NULL,
    seq INTEGER NOT NULL CHECK (seq > 0),
    at_ms INTEGER NOT NULL,
    -- What happened, as JSON.
    change TEXT NOT NULL,
    PRIMARY KEY (user_id, seq)
) STRICT, WITHOUT ROWID;

-- What goes to many feeds, page by page.
CREATE TABLE jobs (
    -- The order of their making.
    number INTEGER PRIMARY KEY,
    job_id BLOB NOT NULL UNIQUE CHECK (length(job_id) = 16),
    -- 0 tells friends of a new profile, 1 clears up after a deleted account.
    kind INTEGER NOT NULL CHECK (kind IN (0, 1)),
    user_id BLOB NOT NULL,
    -- After which friendship (time, other user) the next page starts, for kind 0; after which conversation, for kind 1.
    after_ms INTEGER NOT NULL,
    after_id BLOB NOT NULL
) STRICT;
