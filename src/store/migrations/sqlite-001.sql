-- The first schema. Small integers stand for types and persons, so that the indexes below stay small:
-- each of them is a list of its columns' jobs, newest first, because SQLite ends every index with the
-- rowid, which is the position. References are not enforced (foreign_keys stays off): the one writer
-- takes every number from the dictionaries itself, and checking each again would cost four look-ups
-- a create. Rows of the dictionaries never change and are never deleted: connections remember them.

-- cursor_key (32 random bytes), accounts_version (a counter), name_watermark (a position), change_watermark (a
-- change), probes (a counter), lease_time (what the lease clock stood at, see src/store/lease_clock.h).
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta (key, value) VALUES ('accounts_version', 0);

CREATE TABLE type (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE person (
    id INTEGER PRIMARY KEY,
    uuid BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16)
) STRICT;

CREATE TABLE account (
    uuid BLOB PRIMARY KEY CHECK (length(uuid) = 16),
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    hash TEXT NOT NULL,
    created_on INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE job (
    position INTEGER PRIMARY KEY,
    id BLOB NOT NULL CHECK (length(id) = 16),
    change INTEGER NOT NULL,
    status INTEGER NOT NULL,
    type INTEGER NOT NULL REFERENCES type (id),
    person INTEGER NOT NULL REFERENCES person (id),
    created_by INTEGER NOT NULL REFERENCES person (id),
    modified_by INTEGER NOT NULL REFERENCES person (id),
    modified_on INTEGER NOT NULL,
    started_on INTEGER,
    ended_on INTEGER,
    progress INTEGER,
    self_managed INTEGER NOT NULL,
    run_after INTEGER,
    priority INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    message TEXT
) STRICT;

-- What a filter or an order reads (see src/store/sqlite/find/find.c). Each is made of streams, newest first or in
-- the order of a date or name, and the latter carry what filters look at. `position` is written out in the middle
-- of these, where the rowid that SQLite ends every index with would come too late. Statuses fall, so that those
-- that end last stand beside those that run, and these beside the next to be claimed: one page of each index, not
-- two or three, is written where a job ends and another one is claimed.
CREATE INDEX job_status ON job (status DESC);
CREATE INDEX job_type ON job (type, status DESC);
CREATE INDEX job_person ON job (person, status DESC);
CREATE INDEX job_person_type ON job (person, type, status DESC);
CREATE INDEX job_started ON job (status DESC, started_on, position, type, person);
CREATE INDEX job_ended ON job (status DESC, ended_on, position, type, person);
CREATE INDEX job_name ON job (name_folded, position, type, person);
-- The change feed.
CREATE UNIQUE INDEX job_change ON job (change);

-- What claims read: waiting jobs (0 is WAITING) that are ready, the next one of a type first. And those
-- that are not ready before their time. The columns of the conditions are in the indexes because SQLite
-- looks at them again.
CREATE INDEX job_ready ON job (type, priority DESC, position, status, self_managed, run_after)
    WHERE status = 0 AND self_managed = 0 AND run_after IS NULL;
CREATE INDEX job_delayed ON job (run_after, status, self_managed)
    WHERE status = 0 AND self_managed = 0 AND run_after IS NOT NULL;

-- One for each job that was ever granted. Apart from `job`, so that a heartbeat writes little and is no
-- change of the job.
CREATE TABLE lease (
    position INTEGER PRIMARY KEY REFERENCES job (position),
    fence INTEGER NOT NULL,
    held INTEGER NOT NULL,
    worker TEXT NOT NULL,
    account INTEGER NOT NULL REFERENCES person (id),
    lease_ms INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, -- by the lease clock
    beat_on INTEGER NOT NULL,
    progress_on INTEGER NOT NULL
) STRICT;
CREATE INDEX lease_due ON lease (expires_at, held) WHERE held = 1;

-- What claims with a request id were granted, for ten minutes: a row for each job.
CREATE TABLE claim_request (
    account BLOB NOT NULL CHECK (length(account) = 16),
    request TEXT NOT NULL,
    position INTEGER NOT NULL REFERENCES job (position),
    fence INTEGER NOT NULL,
    granted_at INTEGER NOT NULL, -- by the lease clock
    PRIMARY KEY (account, request, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX claim_request_age ON claim_request (granted_at);

CREATE TABLE payload (
    position INTEGER PRIMARY KEY REFERENCES job (position),
    json TEXT NOT NULL
) STRICT;

-- The first answer to an idempotent create: `count` jobs at consecutive positions with consecutive
-- change numbers. Their ids are in their rows, the rest comes from the drafts, which the digest
-- stands for.
CREATE TABLE idempotency (
    account BLOB NOT NULL CHECK (length(account) = 16),
    key TEXT NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    position INTEGER NOT NULL, -- of the first
    change INTEGER NOT NULL, -- of the first
    count INTEGER NOT NULL,
    created_on INTEGER NOT NULL,
    PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (created_on);

-- The index (see src/store/sqlite/index/), built behind the commit: what never changes of the jobs up to the position
-- in meta 'name_watermark', and what does, as of the change in 'change_watermark'. 256 jobs a row, numbered without
-- gaps in the order of their positions: 64-bit integers, the lowest byte first.
CREATE TABLE name_job (
    block INTEGER PRIMARY KEY,
    first INTEGER NOT NULL UNIQUE, -- position
    positions BLOB NOT NULL
) STRICT;
-- Runs of these numbers; the states are those of src/store/sqlite/index/segment.h.
CREATE TABLE name_segment (
    id INTEGER PRIMARY KEY,
    first INTEGER NOT NULL, -- number
    count INTEGER NOT NULL,
    state INTEGER NOT NULL
) STRICT;
CREATE INDEX name_segment_first ON name_segment (first);
-- The numbers of a segment's jobs that have a gram, in the portable format of Roaring bitmaps; the key is 2^32
-- times the segment plus the gram. Segment 0 is none: its postings are the sets of
-- src/store/sqlite/index/job_set.h.
CREATE TABLE name_posting (
    key INTEGER PRIMARY KEY,
    ordinals BLOB NOT NULL
) STRICT;
-- How often the sets of 65,536 jobs (chunk: their numbers divided by that) were written: who has read them knows by that
-- whether they are still the same.
CREATE TABLE mark_version (
    chunk INTEGER PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT;
-- Between which dates 65,536 jobs started (key: their numbers divided by that) or ended (2^32 more), and each 256 of
-- them: pairs of 64-bit integers, the lowest byte first. Neither is ever narrowed.
CREATE TABLE date_zone (
    key INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    blocks BLOB NOT NULL
) STRICT;
-- Between which names those lie that have a gram and begin with a byte (see src/store/name_range.h): the order by name
-- is read nowhere else. Built with the name index.
CREATE TABLE name_range (
    gram INTEGER NOT NULL, -- hashed
    head INTEGER NOT NULL, -- the first byte; 0 for the empty name
    first TEXT NOT NULL, -- name keys, both inclusive
    last TEXT NOT NULL,
    PRIMARY KEY (gram, head)
) STRICT, WITHOUT ROWID;
-- Ranges of names, by which numbered jobs have a word each (see src/store/sqlite/index/name_bucket.h). The open ones
-- are all names there can be, and take in the jobs to come; a closed one is that of the jobs that came while it was open.
CREATE TABLE name_bucket (
    id INTEGER PRIMARY KEY,
    first TEXT NOT NULL, -- name keys
    last TEXT, -- of an open one it is the next one's first; NULL: there is none
    since INTEGER NOT NULL, -- the first number that its jobs can have
    until INTEGER, -- behind the last one; NULL: it is open
    jobs INTEGER NOT NULL -- about
) STRICT;
INSERT INTO name_bucket (id, first, since, jobs) VALUES (1, '', 0, 0);
