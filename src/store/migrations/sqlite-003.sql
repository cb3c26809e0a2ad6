-- Browsers that signed in, by digests of the tokens only they have (see src/model/session.h).
CREATE TABLE session (
    token BLOB PRIMARY KEY CHECK (length(token) = 32),
    account BLOB NOT NULL CHECK (length(account) = 16),
    proof BLOB NOT NULL CHECK (length(proof) = 32),
    created_on INTEGER NOT NULL,
    expires_on INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_account ON session (account, created_on);
CREATE INDEX session_expiry ON session (expires_on);
