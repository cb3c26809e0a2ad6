-- What jobs wrote, in pieces (see src/store/sqlite/write/output.c): the offset in the stream, and the bytes from there
-- on. The last piece ends where the stream does; a long stream has a hole in the middle.
CREATE TABLE output (
    position INTEGER NOT NULL REFERENCES job (position),
    offset INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (position, offset)
) STRICT, WITHOUT ROWID;
