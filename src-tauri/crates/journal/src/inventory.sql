-- What was known of an environment in peacetime; the newest of an account's is the one that counts.
CREATE TABLE inventory (
    number      INTEGER PRIMARY KEY,
    environment TEXT NOT NULL,
    account     TEXT NOT NULL,
    taken       TEXT NOT NULL,
    body        TEXT NOT NULL,
    hash        TEXT NOT NULL
) STRICT;

CREATE TRIGGER inventory_no_update BEFORE UPDATE ON inventory
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER inventory_no_delete BEFORE DELETE ON inventory
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
