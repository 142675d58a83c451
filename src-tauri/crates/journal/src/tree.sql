-- An RFC 6962 Merkle tree over every entry, in the order in which they were appended.
CREATE TABLE leaf (
    number INTEGER PRIMARY KEY,
    run    TEXT    NOT NULL,
    seq    INTEGER NOT NULL,
    UNIQUE (run, seq)
) STRICT;

-- The hash of every complete subtree: of the 2^level leaves from number * 2^level on. A leaf's own is at level 0.
CREATE TABLE node (
    level  INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hash   BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, number)
) STRICT, WITHOUT ROWID;

-- The public half of every key that checkpoints were signed with, as a note's verifier key.
CREATE TABLE verifier (
    key TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Signed notes, each over the first `size` leaves.
CREATE TABLE checkpoint (
    number INTEGER PRIMARY KEY,
    size   INTEGER NOT NULL,
    note   TEXT    NOT NULL
) STRICT;

CREATE TRIGGER leaf_in_order BEFORE INSERT ON leaf
WHEN NEW.number <> (SELECT coalesce(max(number) + 1, 0) FROM leaf)
  OR EXISTS (SELECT 1 FROM leaf WHERE run = NEW.run AND seq = NEW.seq)
BEGIN SELECT raise(ABORT, 'the journal only grows at its end'); END;
CREATE TRIGGER leaf_no_update BEFORE UPDATE ON leaf
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER leaf_no_delete BEFORE DELETE ON leaf
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;

CREATE TRIGGER node_once BEFORE INSERT ON node
WHEN EXISTS (SELECT 1 FROM node WHERE level = NEW.level AND number = NEW.number)
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER node_no_update BEFORE UPDATE ON node
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER node_no_delete BEFORE DELETE ON node
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;

CREATE TRIGGER verifier_no_update BEFORE UPDATE ON verifier
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER verifier_no_delete BEFORE DELETE ON verifier
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;

CREATE TRIGGER checkpoint_in_order BEFORE INSERT ON checkpoint
WHEN NEW.number <> (SELECT coalesce(max(number) + 1, 0) FROM checkpoint)
  OR NEW.size < (SELECT coalesce(max(size), 0) FROM checkpoint)
BEGIN SELECT raise(ABORT, 'the journal only grows at its end'); END;
CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
