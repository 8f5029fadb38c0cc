-- Pages of the past, each some ten thousands of bytes: rows of that size do not belong into the tree of the keys, and the
-- revision stands before the value so that it is read without it.
CREATE TABLE history (key TEXT PRIMARY KEY NOT NULL, revision INTEGER NOT NULL, value TEXT NOT NULL);
