-- Pieces from before are as they were given; since then each is packed with zstd by itself.
ALTER TABLE piece ADD COLUMN packed INTEGER NOT NULL DEFAULT 0;
