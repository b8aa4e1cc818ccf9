-- The durable store of Flux on MySQL 8 and MariaDB 10.11: one set of statements for both.
--
-- Ids are the 16 bytes of a UUID, times are milliseconds since the Unix epoch (`_ms`). Texts state their collation and
-- compare by code point; what is looked up or unique by a text is kept as its bytes, since every collation of both
-- servers but a few takes 'a' and 'a ' for the same. A clustered key begins with the user or the conversation, and so
-- does every index that a request uses.
--
-- `changed` and `moved` are stamps: see the module `stamp`.
--
-- Each statement stands alone, because neither server undoes a change of the schema, and may be repeated, because the
-- one before may have been the last of a process that was ended. Statements end with a semicolon at the end of a line.

CREATE TABLE IF NOT EXISTS meta (
    only_row TINYINT NOT NULL PRIMARY KEY,
    epoch BINARY(16) NOT NULL
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS accounts (
    user_id BINARY(16) NOT NULL PRIMARY KEY,
    username VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    username_key VARBINARY(1024),
    display_name VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    bio VARCHAR(4096) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    email VARCHAR(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    email_key VARBINARY(1280),
    password_hash VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    state TINYINT NOT NULL,
    created_ms BIGINT NOT NULL,
    invisible TINYINT NOT NULL,
    last_seen_ms BIGINT,
    UNIQUE KEY accounts_by_username (username_key),
    UNIQUE KEY accounts_by_email (email_key)
) ENGINE=InnoDB;

-- Names that are taken, by what they look like. That of a deleted account is reserved for a while.
CREATE TABLE IF NOT EXISTS username_skeletons (
    skeleton VARBINARY(1024) NOT NULL PRIMARY KEY,
    user_id BINARY(16) NOT NULL,
    reserved_until_ms BIGINT,
    KEY skeletons_by_user (user_id)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS sessions (
    session_id BINARY(16) NOT NULL PRIMARY KEY,
    user_id BINARY(16) NOT NULL,
    device_name VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    device_class VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    created_ms BIGINT NOT NULL,
    last_used_ms BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    ended_ms BIGINT,
    end_reason VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    KEY sessions_of_user (user_id, ended_ms, created_ms, session_id),
    KEY sessions_by_use (ended_ms, last_used_ms),
    KEY sessions_by_end (ended_ms, session_id)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS refresh_tokens (
    hash BINARY(32) NOT NULL PRIMARY KEY,
    session_id BINARY(16) NOT NULL,
    number BIGINT NOT NULL,
    replaced_ms BIGINT,
    UNIQUE KEY refresh_tokens_by_session (session_id, number)
) ENGINE=InnoDB;

-- One row per pair, so that friendship cannot be one-sided.
CREATE TABLE IF NOT EXISTS friendships (
    low_id BINARY(16) NOT NULL,
    high_id BINARY(16) NOT NULL,
    since_ms BIGINT NOT NULL,
    low_remark VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    high_remark VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    PRIMARY KEY (low_id, high_id),
    KEY friends_of_low (low_id, since_ms, high_id),
    KEY friends_of_high (high_id, since_ms, low_id)
) ENGINE=InnoDB;

-- The pair of a pending request, in ascending order; NULL once it is answered. So there is at most one per pair.
CREATE TABLE IF NOT EXISTS friend_requests (
    request_id BINARY(16) NOT NULL PRIMARY KEY,
    from_id BINARY(16) NOT NULL,
    to_id BINARY(16) NOT NULL,
    greeting VARCHAR(4096) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    created_ms BIGINT NOT NULL,
    state VARCHAR(16) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    hidden TINYINT NOT NULL,
    pending_low BINARY(16),
    pending_high BINARY(16),
    UNIQUE KEY pending_requests_by_pair (pending_low, pending_high),
    KEY requests_sent (from_id, state, created_ms, request_id),
    KEY requests_received (to_id, state, hidden, created_ms, request_id)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS blocks (
    blocker_id BINARY(16) NOT NULL,
    blocked_id BINARY(16) NOT NULL,
    since_ms BIGINT NOT NULL,
    PRIMARY KEY (blocker_id, blocked_id),
    KEY blocks_in_order (blocker_id, since_ms, blocked_id),
    KEY blocks_by_blocked (blocked_id, blocker_id)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS conversations (
    conversation_id BINARY(16) NOT NULL PRIMARY KEY,
    low_id BINARY(16) NOT NULL,
    high_id BINARY(16) NOT NULL,
    policy TINYINT NOT NULL,
    head_seq BIGINT NOT NULL,
    last_message_ms BIGINT,
    changed BIGINT NOT NULL,
    KEY conversations_by_change (changed)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS members (
    conversation_id BINARY(16) NOT NULL,
    user_id BINARY(16) NOT NULL,
    delivered_seq BIGINT NOT NULL,
    read_seq BIGINT NOT NULL,
    moved BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, user_id),
    KEY members_by_user (user_id, conversation_id)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS messages (
    conversation_id BINARY(16) NOT NULL,
    seq BIGINT NOT NULL,
    sender_id BINARY(16) NOT NULL,
    message_id BINARY(16) NOT NULL,
    text MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, seq),
    UNIQUE KEY messages_by_id (conversation_id, message_id, sender_id)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS feed_heads (
    user_id BINARY(16) NOT NULL PRIMARY KEY,
    head_seq BIGINT NOT NULL,
    floor_seq BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    kept BIGINT GENERATED ALWAYS AS (head_seq - floor_seq) VIRTUAL,
    KEY feed_heads_by_change (changed),
    KEY feed_heads_by_length (kept)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS feed_entries (
    user_id BINARY(16) NOT NULL,
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    `change` MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    PRIMARY KEY (user_id, seq)
) ENGINE=InnoDB;

-- What goes to many feeds, page by page.
CREATE TABLE IF NOT EXISTS jobs (
    number BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    job_id BINARY(16) NOT NULL,
    kind TINYINT NOT NULL,
    user_id BINARY(16) NOT NULL,
    after_ms BIGINT NOT NULL,
    after_id VARBINARY(16) NOT NULL,
    UNIQUE KEY jobs_by_id (job_id)
) ENGINE=InnoDB;

-- Up to which change each channel has scanned the logs.
CREATE TABLE IF NOT EXISTS notice_places (
    channel VARBINARY(32) NOT NULL PRIMARY KEY,
    place BIGINT NOT NULL
) ENGINE=InnoDB;

-- Whom to tell of what waits for them: one row per channel and user who was ever to be told.
CREATE TABLE IF NOT EXISTS notices (
    channel VARBINARY(32) NOT NULL,
    user_id BINARY(16) NOT NULL,
    due_ms BIGINT,
    since_ms BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    turn BIGINT NOT NULL,
    quiet_until_ms BIGINT NOT NULL,
    PRIMARY KEY (channel, user_id),
    KEY notices_by_due (channel, due_ms)
) ENGINE=InnoDB;

-- What was noted and told in each conversation: something waits while more is noted than told.
CREATE TABLE IF NOT EXISTS notice_marks (
    channel VARBINARY(32) NOT NULL,
    user_id BINARY(16) NOT NULL,
    conversation_id BINARY(16) NOT NULL,
    noted_seq BIGINT NOT NULL,
    told_seq BIGINT NOT NULL,
    PRIMARY KEY (channel, user_id, conversation_id)
) ENGINE=InnoDB;

-- One row per connection of a store: whose it is, and the number of its newest committed transaction, by which a commit
-- whose answer was lost is told from one that did not happen.
CREATE TABLE IF NOT EXISTS connections (
    slot BINARY(16) NOT NULL PRIMARY KEY,
    node BINARY(16) NOT NULL,
    committed BIGINT NOT NULL,
    made_ms BIGINT NOT NULL,
    KEY connections_by_node (node, slot),
    KEY connections_by_age (made_ms)
) ENGINE=InnoDB;
