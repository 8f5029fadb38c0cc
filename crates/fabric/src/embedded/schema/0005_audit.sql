-- Who has changed what. Keys are numbers of sixteen digits, so that they sort as they rise.
CREATE TABLE audit (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID;
