CREATE TABLE entry (
    run      TEXT    NOT NULL,
    seq      INTEGER NOT NULL CHECK (seq > 0),
    at       TEXT    NOT NULL,
    actor    TEXT    NOT NULL,
    event    TEXT    NOT NULL,
    previous TEXT    NOT NULL,
    hash     TEXT    NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE attachment (
    digest TEXT    NOT NULL PRIMARY KEY,
    bytes  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The content of an attachment, in pieces, so that none has to be held in memory whole.
CREATE TABLE piece (
    digest TEXT    NOT NULL REFERENCES attachment (digest),
    number INTEGER NOT NULL,
    data   BLOB    NOT NULL,
    PRIMARY KEY (digest, number)
) STRICT;

CREATE TRIGGER entry_in_order BEFORE INSERT ON entry
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM entry WHERE run = NEW.run)
BEGIN SELECT raise(ABORT, 'the journal only grows at its end'); END;

CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;

CREATE TRIGGER attachment_once BEFORE INSERT ON attachment
WHEN EXISTS (SELECT 1 FROM attachment WHERE digest = NEW.digest)
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER attachment_no_update BEFORE UPDATE ON attachment
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER attachment_no_delete BEFORE DELETE ON attachment
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;

CREATE TRIGGER piece_once BEFORE INSERT ON piece
WHEN EXISTS (SELECT 1 FROM piece WHERE digest = NEW.digest AND number = NEW.number)
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER piece_no_update BEFORE UPDATE ON piece
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER piece_no_delete BEFORE DELETE ON piece
BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
