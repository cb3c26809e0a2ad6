-- The first schema on PostgreSQL. Everything lies in the first schema of the search path.

-- What a whole store has: one row. Written under an advisory lock that is the right to write (see
-- src/store/postgres/write/batch.c): whoever has it gives positions and change numbers, and commits before the next
-- one begins, so that neither ever becomes visible out of order.
CREATE TABLE writer (
    one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    position BIGINT NOT NULL, -- the last one given
    change BIGINT NOT NULL, -- likewise
    lease_time BIGINT NOT NULL, -- of the lease clock that all daemons share, when it was last kept
    kept_on BIGINT NOT NULL -- and the wall clock then
) WITH (fillfactor = 10);
INSERT INTO writer (position, change, lease_time, kept_on) VALUES (0, 0, 0, 0);

-- The last transaction of each daemon: by it a daemon whose connection broke in the middle of a COMMIT learns
-- whether that was done.
CREATE TABLE daemon (
    id UUID PRIMARY KEY,
    batch BIGINT NOT NULL,
    seen_on BIGINT NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE meta (
    key TEXT COLLATE "C" PRIMARY KEY,
    value BYTEA NOT NULL
);

CREATE TABLE account (
    uuid UUID PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    role TEXT COLLATE "C" NOT NULL,
    disabled BOOLEAN NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    created_on BIGINT NOT NULL
);
-- Moves whenever an account does.
CREATE TABLE accounts_version (
    one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    version BIGINT NOT NULL
) WITH (fillfactor = 10);
INSERT INTO accounts_version (version) VALUES (0);

-- What stays, or changes with the state. A progress report writes nothing here, so it touches none of the
-- indexes that lists are read from: PostgreSQL writes all indexes of a row of which one column is in any.
CREATE TABLE job (
    position BIGINT PRIMARY KEY,
    id UUID NOT NULL,
    status SMALLINT NOT NULL,
    self_managed BOOLEAN NOT NULL,
    priority INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    started_on BIGINT,
    ended_on BIGINT,
    run_after BIGINT,
    person UUID NOT NULL,
    created_by UUID NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    name_folded TEXT COLLATE "C" NOT NULL
);

-- What each report changes.
CREATE TABLE job_change (
    position BIGINT PRIMARY KEY,
    change BIGINT NOT NULL UNIQUE,
    modified_by UUID NOT NULL,
    modified_on BIGINT NOT NULL,
    progress SMALLINT,
    message TEXT COLLATE "C"
);

-- Streams: the jobs of the columns in front, newest first. A change of state writes all of them (some 5 µs each), a
-- report of progress none. The dates in those by type and user let all jobs of a filter be put in the order of a date
-- without reading the jobs themselves: 16 bytes an entry.
CREATE INDEX job_status ON job (status, position DESC);
CREATE INDEX job_type ON job (type, status, position DESC) INCLUDE (started_on, ended_on);
CREATE INDEX job_person ON job (person, status, position DESC) INCLUDE (started_on, ended_on);
CREATE INDEX job_person_type ON job (person, type, status, position DESC) INCLUDE (started_on, ended_on);
-- The orders by date, each status by itself, so that no job of another state is read; the words beside them let the
-- filters by type and user be tested without reading the jobs.
CREATE INDEX job_started ON job (status, started_on DESC NULLS LAST, position DESC) INCLUDE (type, person);
CREATE INDEX job_ended ON job (status, ended_on DESC NULLS LAST, position DESC) INCLUDE (type, person);

-- The order by name. Apart from `job`, since names never change: only a create writes here, a row and two index
-- entries by name, some 12 µs and 285 bytes. Two, for a name that a million jobs share is read newest first in both directions.
CREATE TABLE job_name (
    position BIGINT PRIMARY KEY,
    person UUID NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    -- As much of the folded name as fits into an index: what it is ordered by, for all but very long names.
    name_key TEXT COLLATE "C" NOT NULL
);
CREATE INDEX job_name_up ON job_name (name_key, position DESC) INCLUDE (type, person);
CREATE INDEX job_name_down ON job_name (name_key, position) INCLUDE (type, person);

-- What is searched in, behind the commits, so that nobody who creates or reports waits for it. How far it has come: one
-- row. Jobs up to a position are indexed, and have been given ordinals, a block of 1,024 at a time (see
-- src/store/postgres/names/job_bits.h); of what changes of them, what had changed up to a change number.
CREATE TABLE name_state (
    one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    version BIGINT NOT NULL, -- rises with all that is written, so that what was read before is known to be old
    last BIGINT NOT NULL, -- position
    block BIGINT NOT NULL, -- the next one
    change BIGINT NOT NULL
) WITH (fillfactor = 10);
INSERT INTO name_state (version, last, block, change) VALUES (0, -1, 0, 0);

-- What is in names: jobs in a row, and which of them have a word (see src/store/postgres/names/segment.h).
CREATE TABLE name_segment (
    first BIGINT PRIMARY KEY, -- positions, both inclusive
    last BIGINT NOT NULL,
    level SMALLINT NOT NULL, -- how often it was merged
    block BIGINT NOT NULL -- its first
);
CREATE TABLE name_posting (
    segment BIGINT NOT NULL, -- its first position
    word INTEGER NOT NULL, -- hashed
    jobs BYTEA NOT NULL, -- ordinals (see src/store/postgres/names/job_bits.h)
    PRIMARY KEY (segment, word)
);
ALTER TABLE name_posting ALTER COLUMN jobs SET STORAGE EXTERNAL; -- there is nothing left to compress
ALTER TABLE name_posting SET (toast_tuple_target = 8160); -- what fits into a page is read from it

-- The positions of 128 ordinals in a row.
CREATE TABLE name_place (
    place BIGINT PRIMARY KEY, -- ordinal / 128
    first BIGINT NOT NULL UNIQUE, -- of the positions
    positions BIGINT[] NOT NULL
);
ALTER TABLE name_place ALTER COLUMN positions SET STORAGE PLAIN;

-- The jobs of a segment by name, 384 at a time (see src/store/postgres/names/name_order.h): between which names and how new
-- they are, and their ordinals.
CREATE TABLE name_order (
    segment BIGINT NOT NULL,
    run BIGINT NOT NULL,
    first TEXT COLLATE "C" NOT NULL, -- name keys, both inclusive
    last TEXT COLLATE "C" NOT NULL,
    newest BIGINT NOT NULL, -- positions
    oldest BIGINT NOT NULL,
    ordinals BYTEA NOT NULL,
    PRIMARY KEY (segment, run)
);
-- Both ways, with the newest of those first that share a name.
CREATE INDEX name_order_up ON name_order (segment, last, run);
CREATE INDEX name_order_down ON name_order (segment, last DESC, run);
ALTER TABLE name_order ALTER COLUMN ordinals SET STORAGE EXTERNAL;

-- Which jobs have a status, or lack a date (see src/store/postgres/names/marks.h), 65,536 ordinals at a time; and between which dates
-- each 256 of these started (0) and ended (1).
CREATE TABLE job_set (
    kind SMALLINT NOT NULL,
    chunk BIGINT NOT NULL, -- ordinal / 65,536
    count INTEGER NOT NULL,
    jobs BYTEA NOT NULL,
    PRIMARY KEY (kind, chunk)
);
ALTER TABLE job_set ALTER COLUMN jobs SET STORAGE EXTERNAL;
ALTER TABLE job_set SET (toast_tuple_target = 8160);
CREATE TABLE date_zone (
    kind SMALLINT NOT NULL,
    chunk BIGINT NOT NULL,
    first BIGINT NOT NULL, -- of all, both inclusive
    last BIGINT NOT NULL,
    zones BYTEA NOT NULL,
    PRIMARY KEY (kind, chunk)
);
ALTER TABLE date_zone ALTER COLUMN zones SET STORAGE EXTERNAL;
ALTER TABLE date_zone SET (toast_tuple_target = 8160);

-- Between which names those lie that have a gram and begin with a byte (see src/store/name_range.h): the order
-- by name is read nowhere else. Written with the segments; 12 MB for a million jobs.
CREATE TABLE name_range (
    gram BIGINT NOT NULL, -- hashed
    head SMALLINT NOT NULL, -- the first byte; 0 for the empty name
    first TEXT COLLATE "C" NOT NULL, -- to be compared with name keys, both inclusive
    last TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (gram, head)
);

-- What claims read: waiting jobs (0 is WAITING) that are ready, the next one of a type first; and those
-- that are not ready before their time.
CREATE INDEX job_ready ON job (type, priority DESC, position)
    WHERE status = 0 AND NOT self_managed AND run_after IS NULL;
CREATE INDEX job_delayed ON job (run_after)
    WHERE status = 0 AND NOT self_managed AND run_after IS NOT NULL;

-- One for each job that was ever granted. Apart from `job`, so that a heartbeat writes little and is no
-- change of the job.
CREATE TABLE lease (
    position BIGINT PRIMARY KEY,
    fence BIGINT NOT NULL,
    held BOOLEAN NOT NULL,
    worker TEXT COLLATE "C" NOT NULL,
    account UUID NOT NULL,
    lease_ms BIGINT NOT NULL,
    expires_at BIGINT NOT NULL, -- by the lease clock
    beat_on BIGINT NOT NULL,
    progress_on BIGINT NOT NULL
);
CREATE INDEX lease_due ON lease (expires_at) WHERE held;
CREATE INDEX lease_progress ON lease (progress_on, position) WHERE held;

-- What claims with a request id were granted, for ten minutes: a row for each job.
CREATE TABLE claim_request (
    account UUID NOT NULL,
    request TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    granted_at BIGINT NOT NULL, -- by the lease clock
    PRIMARY KEY (account, request, position)
);
CREATE INDEX claim_request_age ON claim_request (granted_at);

CREATE TABLE payload (
    position BIGINT PRIMARY KEY,
    json TEXT COLLATE "C" NOT NULL
);

-- The first answer to an idempotent create: `count` jobs at consecutive positions with consecutive change
-- numbers. Their ids are in their rows, the rest comes from the drafts, which the digest stands for.
CREATE TABLE idempotency (
    account UUID NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    position BIGINT NOT NULL, -- of the first
    change BIGINT NOT NULL, -- of the first
    count BIGINT NOT NULL,
    created_on BIGINT NOT NULL,
    PRIMARY KEY (account, key)
);
CREATE INDEX idempotency_age ON idempotency (created_on);

-- Browsers that signed in, by digests of the tokens only they have (see src/model/session.h).
CREATE TABLE session (
    token BYTEA PRIMARY KEY,
    account UUID NOT NULL,
    proof BYTEA NOT NULL,
    created_on BIGINT NOT NULL,
    expires_on BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account, created_on);
CREATE INDEX session_expiry ON session (expires_on);

-- What jobs wrote, in pieces (see src/store/output_pieces.h): where each begins in the stream, and its bytes. The last
-- one ends where the stream does; a long stream has a hole in the middle.
CREATE TABLE output (
    position BIGINT NOT NULL,
    begins BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (position, begins)
);

-- How jobs ended, counted by type in buckets of time; see src/model/statistics.h. A bucket begins at a multiple of its
-- width since 1970, all in milliseconds. The type '' stands for all that are too many for a bucket. Written in the
-- transactions that end jobs, so the counts are never off; rows are thrown out when their time is over.
CREATE TABLE ended (
    bucket_ms BIGINT NOT NULL,
    at BIGINT NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    succeeded BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    aborted BIGINT NOT NULL,
    run_ms BIGINT NOT NULL,
    PRIMARY KEY (bucket_ms, at, type)
);
