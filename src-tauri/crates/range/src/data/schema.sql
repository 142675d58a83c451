-- The Portal DB of the practice range. Times are UTC. As in the Portal, references between tables are the
-- application's to keep: the environment's checks look for those that lead nowhere.
SET sql_log_bin = 0;
USE portal;

CREATE TABLE organizations (
    id          VARCHAR(24)  NOT NULL PRIMARY KEY,
    parent_id   VARCHAR(24)  NULL,               -- NULL for a customer, the customer for its divisions
    name        VARCHAR(100) NOT NULL,
    created_at  DATETIME     NOT NULL,
    changed_at  DATETIME     NOT NULL
) ENGINE = InnoDB;

CREATE TABLE record_properties (                 -- a group of card records
    id              INT          NOT NULL PRIMARY KEY,
    organization_id VARCHAR(24)  NOT NULL,
    name            VARCHAR(100) NOT NULL,
    created_at      DATETIME     NOT NULL,
    changed_at      DATETIME     NOT NULL,
    KEY (organization_id)
) ENGINE = InnoDB;

CREATE TABLE card_records (                      -- a badge holder
    id              INT          NOT NULL PRIMARY KEY,
    organization_id VARCHAR(24)  NOT NULL,
    properties_id   INT          NOT NULL,
    holder          VARCHAR(60)  NOT NULL,
    state           ENUM ('New', 'Approved', 'Printed', 'Inactive') NOT NULL,
    badge_number    VARCHAR(12)  NULL,           -- NULL while the state is New
    created_at      DATETIME     NOT NULL,
    changed_at      DATETIME     NOT NULL,
    KEY (organization_id),
    KEY (properties_id)
) ENGINE = InnoDB;

CREATE TABLE photos (                            -- one for each edition of a photo; the bytes lie in S3
    id          INT          NOT NULL PRIMARY KEY,
    card_id     INT          NOT NULL,
    s3_key      VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    bytes       INT          NOT NULL,
    md5         CHAR(32)     CHARACTER SET ascii NOT NULL,
    current     TINYINT      NOT NULL,           -- 1 for the edition that the bucket should show
    original_id INT          NULL,               -- NULL for the original
    created_at  DATETIME     NOT NULL,
    KEY (card_id),
    KEY (s3_key),
    KEY (original_id)
) ENGINE = InnoDB;
