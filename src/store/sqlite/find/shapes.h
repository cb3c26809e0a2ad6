/* Shapes of find: the SQL texts that read jobs in an order an index has, and their values. */
#ifndef JOBD_STORE_SQLITE_FIND_SHAPES_H
#define JOBD_STORE_SQLITE_FIND_SHAPES_H

#include "base/buf.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A text depends on the shape of what is asked, never on a value, so that prepared statements are
 * found again. Filters over several values are as many streams `(value…, status) → position DESC`,
 * merged by UNION ALL without a sort. Their number is rounded up to a power of two by streams that
 * hold nothing, and bounded: whoever has more asks in groups, each above what the ones before
 * found.
 */
#define SHAPE_STREAMS_MAX 32

struct shape_value {
    bool is_text;
    int64_t number;
    struct span text;
};

/* A statement: its text and the values of parameters 1, 2, … */
struct shape {
    struct buf sql;
    struct shape_value values[4 + 2 * SHAPE_STREAMS_MAX];
    unsigned value_count;
};

#define SHAPE_SQL_MAX 16384
#define SHAPE()                                                                                    \
    {                                                                                              \
        .sql = BUF(SHAPE_SQL_MAX)                                                                  \
    }
void shape_release(struct shape *shape);

/* Each of these starts the shape anew; shape->sql has failed when there was no memory. */

/* Which index holds the streams, and which of their values count. */
enum shape_index {
    SHAPE_ALL, /* the primary key; one stream without values */
    SHAPE_STATUS,
    SHAPE_TYPE, /* with status */
    SHAPE_PERSON, /* with status */
    SHAPE_PERSON_TYPE, /* with status */
};

struct shape_stream {
    int64_t type;
    int status;
};

/* What a stream yields a job: its position, or with it what an order goes by, its change number, or
 * all that is shown of it. */
enum shape_columns {
    SHAPE_POSITION,
    SHAPE_WITH_TYPE,
    SHAPE_CHANGE,
    SHAPE_JOB,
};

struct shape_streams {
    enum shape_index index;
    enum shape_columns columns;
    int64_t person;
    const struct shape_stream *streams;
    size_t count; /* 1..SHAPE_STREAMS_MAX */
    int64_t below, above; /* positions, both exclusive */
    size_t limit;
};

/* Columns: position, and what was asked for besides; by position, newest first. */
void shape_streams(struct shape *shape, const struct shape_streams *streams);

/* Column: the least position of one of the streams; NULL where it has none. */
void shape_oldest(struct shape *shape, const struct shape_streams *streams,
                  const struct shape_stream *stream);

/* The same as shape_streams of the jobs of one folded name; of `streams` the positions and the
 * limit count. */
void shape_same_name(struct shape *shape, struct span name_folded,
                     const struct shape_streams *streams);

/*
 * An order by a value and then by position, newest first, is read in parts, because an index that
 * is read upwards has the positions upwards too.
 */
enum shape_part {
    SHAPE_FIRST, /* from the first value on (names only; a date has a lowest and a highest) */
    SHAPE_FROM, /* from the value on, itself included (names only) */
    SHAPE_BEYOND, /* the values behind `value`; upwards: each one's jobs oldest first */
    SHAPE_INSIDE, /* the jobs of `value` below the position, newest first */
    SHAPE_ABSENT, /* those without a value below the position, newest first (dates only) */
};

/*
 * What is asked of a row besides, where the index tells. One row in sixteen comes whether it passes
 * or not: whoever reads a piece of an order learns from these how far it came, however few pass.
 */
struct shape_test {
    int64_t person; /* 0: any */
    uint64_t types; /* bits 1 << type % 64, so that others pass too; 0: any */
};

struct shape_dates {
    bool ended; /* ended_on, not started_on */
    bool ascending;
    enum shape_part part;
    struct shape_test test;
    uint32_t statuses;
    int64_t value, below;
    size_t limit;
};

/* Columns: the date, position; with a test also type, person. */
void shape_dates(struct shape *shape, const struct shape_dates *dates);

struct shape_names {
    bool ascending;
    enum shape_part part;
    struct shape_test test;
    struct span value;
    int64_t below;
    size_t limit;
};

/* Columns: name_folded, position; with a test also type, person. */
void shape_names(struct shape *shape, const struct shape_names *names);

#endif
