/* Shapes of find as SQL: streams of indexes, merged. */
#include "store/sqlite/find/shapes.h"

#include "store/sqlite/sqlite.h"

#include <assert.h>

void shape_release(struct shape *shape)
{
    buf_release(&shape->sql);
}

static void start(struct shape *shape)
{
    buf_clear(&shape->sql);
    shape->value_count = 0;
}

/* Keeps a value; returns the number of its parameter. */
static unsigned keep(struct shape *shape, struct shape_value value)
{
    assert(shape->value_count < sizeof(shape->values) / sizeof(shape->values[0]));
    shape->values[shape->value_count] = value;
    return ++shape->value_count;
}

static unsigned number(struct shape *shape, int64_t value)
{
    return keep(shape, (struct shape_value){.number = value});
}

static unsigned text(struct shape *shape, struct span value)
{
    return keep(shape, (struct shape_value){.is_text = true, .text = value});
}

/* ` AND column = ?1`, without printf: this is half the work of a short find. */
static void condition(struct shape *shape, const char *before, unsigned parameter)
{
    buf_add_str(&shape->sql, before);
    buf_add_char(&shape->sql, '?');
    if (parameter >= 10)
        buf_add_char(&shape->sql, (char)('0' + parameter / 10));
    buf_add_char(&shape->sql, (char)('0' + parameter % 10));
}

static void add(struct shape *shape, const char *first, const char *second)
{
    buf_add_str(&shape->sql, first);
    buf_add_str(&shape->sql, second);
}

static void table(struct shape *shape, const char *index)
{
    buf_add_str(&shape->sql, " FROM job");
    if (index != NULL) /* without statistics SQLite prefers the primary key */
        add(shape, " INDEXED BY ", index);
}

/* The next power of two. */
static size_t rounded(size_t count)
{
    size_t size = 1;

    while (size < count)
        size *= 2;
    return size;
}

struct stream_index {
    const char *name;
    bool person, type, status;
};
static const struct stream_index stream_indexes[] = {
    [SHAPE_ALL] = {NULL, false, false, false},
    [SHAPE_STATUS] = {"job_status", false, false, true},
    [SHAPE_TYPE] = {"job_type", false, true, true},
    [SHAPE_PERSON] = {"job_person", true, false, true},
    [SHAPE_PERSON_TYPE] = {"job_person_type", true, true, true},
};

static const char *const stream_columns[] = {
    [SHAPE_POSITION] = "position",
    [SHAPE_WITH_TYPE] = "position, type",
    [SHAPE_CHANGE] = "position, change",
    [SHAPE_JOB] = (SQLITE_SHOWN_COLUMNS),
};

/* Behind a condition on the position. */
static void stream_values(struct shape *shape, enum shape_index index,
                          const struct shape_stream *stream)
{
    if (stream_indexes[index].person)
        condition(shape, " AND person = ", 4);
    if (stream_indexes[index].type)
        condition(shape, " AND type = ", number(shape, stream->type));
    if (stream_indexes[index].status)
        condition(shape, " AND status = ", number(shape, stream->status));
}

static void stream(struct shape *shape, const struct shape_streams *streams,
                   const struct shape_stream *stream)
{
    add(shape, "SELECT ", stream_columns[streams->columns]);
    table(shape, stream_indexes[streams->index].name);
    condition(shape, " WHERE position < ", 1);
    condition(shape, " AND position > ", 2);
    stream_values(shape, streams->index, stream);
}

/* The parameters 1 to 4. */
static void keep_range(struct shape *shape, const struct shape_streams *streams)
{
    number(shape, streams->below);
    number(shape, streams->above);
    number(shape, (int64_t)streams->limit);
    if (stream_indexes[streams->index].person)
        number(shape, streams->person);
}

void shape_streams(struct shape *shape, const struct shape_streams *streams)
{
    static const struct shape_stream nothing = {.type = 0, .status = -1};

    assert(streams->count > 0 && streams->count <= SHAPE_STREAMS_MAX);
    start(shape);
    keep_range(shape, streams);
    for (size_t i = 0; i < rounded(streams->count); i++) {
        if (i > 0)
            buf_add_str(&shape->sql, " UNION ALL ");
        stream(shape, streams, i < streams->count ? &streams->streams[i] : &nothing);
    }
    condition(shape, " ORDER BY position DESC LIMIT ", 3);
}

void shape_oldest(struct shape *shape, const struct shape_streams *streams,
                  const struct shape_stream *stream)
{
    start(shape);
    keep_range(shape, streams);
    buf_add_str(&shape->sql, "SELECT min(position)");
    table(shape, stream_indexes[streams->index].name);
    condition(shape, " WHERE position > ", 2);
    stream_values(shape, streams->index, stream);
}

void shape_same_name(struct shape *shape, struct span name_folded,
                     const struct shape_streams *streams)
{
    start(shape);
    buf_add_str(&shape->sql, "SELECT position");
    table(shape, "job_name");
    condition(shape, " WHERE name_folded = ", text(shape, name_folded));
    condition(shape, " AND position < ", number(shape, streams->below));
    condition(shape, " AND position > ", number(shape, streams->above));
    condition(shape, " ORDER BY position DESC LIMIT ", number(shape, (int64_t)streams->limit));
}

/* One in sixteen, by the millisecond and the number within it that a position is made of. */
#define STRAYS "((position >> 20) + position) & 15 = 0"

static bool has_test(const struct shape_test *test)
{
    return test->person != 0 || test->types != 0;
}

/* The number of the first parameter of a test; the others follow. */
static unsigned keep_test(struct shape *shape, const struct shape_test *test)
{
    unsigned first = shape->value_count + 1;

    if (test->person != 0)
        number(shape, test->person);
    if (test->types != 0)
        number(shape, (int64_t)test->types);
    return first;
}

static void add_test(struct shape *shape, const char *before, const struct shape_test *test,
                     unsigned parameter)
{
    if (!has_test(test))
        return;
    add(shape, before, "(" STRAYS " OR ");
    if (test->person != 0)
        condition(shape, "person = ", parameter++);
    if (test->person != 0 && test->types != 0)
        buf_add_str(&shape->sql, " AND ");
    if (test->types != 0)
        condition(shape, "1 << (type & 63) & ", parameter);
    buf_add_char(&shape->sql, ')');
}

static void date_stream(struct shape *shape, const struct shape_dates *dates, unsigned test,
                        int status)
{
    const char *column = dates->ended ? "ended_on" : "started_on";

    add(shape, "SELECT ", column);
    buf_add_str(&shape->sql, has_test(&dates->test) ? ", position, type, person" : ", position");
    table(shape, dates->ended ? "job_ended" : "job_started");
    condition(shape, " WHERE status = ", number(shape, status));
    add(shape, " AND ", column);
    switch (dates->part) {
    case SHAPE_FIRST:
    case SHAPE_FROM:
        assert(false && "dates have no such part");
        break;
    case SHAPE_BEYOND:
        condition(shape, dates->ascending ? " > " : " < ", 2);
        break;
    case SHAPE_INSIDE:
        condition(shape, " = ", 2);
        condition(shape, " AND position < ", 3);
        break;
    case SHAPE_ABSENT:
        buf_add_str(&shape->sql, " IS NULL");
        condition(shape, " AND position < ", 2);
        break;
    }
    add_test(shape, " AND ", &dates->test, test);
}

static void end_of_part(struct shape *shape, enum shape_part part, bool ascending)
{
    if (part == SHAPE_INSIDE || part == SHAPE_ABSENT)
        buf_add_str(&shape->sql, " ORDER BY 2 DESC");
    else
        buf_add_str(&shape->sql, ascending ? " ORDER BY 1, 2" : " ORDER BY 1 DESC, 2 DESC");
    condition(shape, " LIMIT ", 1);
}

void shape_dates(struct shape *shape, const struct shape_dates *dates)
{
    int statuses[32];
    size_t count = 0;
    unsigned test;

    start(shape);
    number(shape, (int64_t)dates->limit);
    if (dates->part != SHAPE_ABSENT)
        number(shape, dates->value);
    if (dates->part != SHAPE_BEYOND)
        number(shape, dates->below);
    test = keep_test(shape, &dates->test);
    for (int status = 0; status < 32; status++) {
        if ((dates->statuses & 1u << status) != 0)
            statuses[count++] = status;
    }
    for (size_t i = 0; i < rounded(count); i++) {
        if (i > 0)
            buf_add_str(&shape->sql, " UNION ALL ");
        date_stream(shape, dates, test, i < count ? statuses[i] : -1);
    }
    end_of_part(shape, dates->part, dates->ascending);
}

void shape_names(struct shape *shape, const struct shape_names *names)
{
    start(shape);
    number(shape, (int64_t)names->limit);
    add(shape, "SELECT name_folded, position", has_test(&names->test) ? ", type, person" : "");
    table(shape, "job_name");
    switch (names->part) {
    case SHAPE_FIRST:
        break;
    case SHAPE_FROM:
        condition(shape, names->ascending ? " WHERE name_folded >= " : " WHERE name_folded <= ",
                  text(shape, names->value));
        break;
    case SHAPE_BEYOND:
        condition(shape, names->ascending ? " WHERE name_folded > " : " WHERE name_folded < ",
                  text(shape, names->value));
        break;
    case SHAPE_INSIDE:
        condition(shape, " WHERE name_folded = ", text(shape, names->value));
        condition(shape, " AND position < ", number(shape, names->below));
        break;
    case SHAPE_ABSENT:
        assert(false && "every job has a name");
        break;
    }
    add_test(shape, names->part == SHAPE_FIRST ? " WHERE " : " AND ", &names->test,
             keep_test(shape, &names->test));
    end_of_part(shape, names->part, names->ascending);
}
