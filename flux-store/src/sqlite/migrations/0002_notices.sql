-- Who is to be told, by a channel, that messages wait for them. A channel is known by its name.

-- Up to which change each channel has scanned the logs.
CREATE TABLE notice_places (
    channel TEXT NOT NULL PRIMARY KEY,
    place INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row per channel and user who was ever to be told.
CREATE TABLE notices (
    channel TEXT NOT NULL,
    user_id BLOB NOT NULL CHECK (length(user_id) = 16),
    -- When to tell, or to try again; NULL if nothing waits.
    due_ms INTEGER,
    -- Since when what waits is due.
    since_ms INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    -- Raised whenever somebody takes or settles it: the fencing number.
    turn INTEGER NOT NULL,
    -- Before this the user is left in peace.
    quiet_until_ms INTEGER NOT NULL,
    PRIMARY KEY (channel, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX notices_by_due ON notices (channel, due_ms) WHERE due_ms IS NOT NULL;

-- What was noted and told in each conversation: something waits while more is noted than told.
CREATE TABLE notice_marks (
    channel TEXT NOT NULL,
    user_id BLOB NOT NULL,
    conversation_id BLOB NOT NULL,
    noted_seq INTEGER NOT NULL,
    told_seq INTEGER NOT NULL,
    PRIMARY KEY (channel, user_id, conversation_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX notice_marks_waiting ON notice_marks (channel, user_id, conversation_id) WHERE noted_seq > told_seq;
