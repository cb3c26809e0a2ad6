-- How jobs ended, counted by type in buckets of time; see src/model/statistics.h. A bucket begins at a multiple of
-- its width since 1970, all in milliseconds. Type 0 stands for all that are too many for a bucket. Written in the
-- transactions that end jobs, so the counts are never off; rows are thrown out when their time is over.
CREATE TABLE ended (
    bucket_ms INTEGER NOT NULL,
    at INTEGER NOT NULL,
    type INTEGER NOT NULL,
    succeeded INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    aborted INTEGER NOT NULL,
    run_ms INTEGER NOT NULL,
    PRIMARY KEY (bucket_ms, at, type)
) STRICT, WITHOUT ROWID;

-- What ended before counts as well. Statuses 2, 3, 7, 8 stand for success, with errors or not; 5, 9 for failure.
WITH level (width, keep) AS (VALUES (60000, 60000000), (900000, 180000000), (3600000, 2880000000)),
counted AS (
    SELECT width, ended_on - ended_on % width AS at, type,
        sum(status IN (2, 3, 7, 8)) AS succeeded, sum(status IN (5, 9)) AS failed,
        sum(status IN (4, 6, 10)) AS aborted, sum(max(ended_on - ifnull(started_on, ended_on), 0)) AS run_ms,
        row_number() OVER (PARTITION BY width, ended_on - ended_on % width ORDER BY count(*) DESC) AS place
    FROM level CROSS JOIN job INDEXED BY job_ended
    WHERE status IN (2, 3, 4, 5, 6, 7, 8, 9, 10) AND ended_on >= unixepoch() * 1000 - keep
    GROUP BY 1, 2, 3
)
INSERT INTO ended
SELECT width, at, iif(place <= 50, type, 0), sum(succeeded), sum(failed), sum(aborted), sum(run_ms)
FROM counted GROUP BY 1, 2, 3;
