/* Gathering: streams of indexes, read one after another. */
#include "store/sqlite/find/gather.h"

/* From so many rows on it pays to know how many are left. */
#define OLDEST_ROWS 256

enum problem gather_init(struct search *search, struct gather *gather)
{
    struct source *source = &gather->source;
    enum problem problem;

    *gather = (struct gather){.oldest = INT64_MAX};
    problem = source_init(search, source, SOURCE_STREAMS, &search->scope, INT64_MAX);
    if (problem != PROBLEM_NONE)
        return problem;
    gather->streams = ARENA_ARRAY(&search->scratch, struct gather_stream, source->list_count);
    if (gather->streams == NULL)
        return problem_no_memory(search->err);
    for (size_t i = 0; i < source->list_count; i++)
        gather->streams[i] = (struct gather_stream){.below = INT64_MAX};
    return PROBLEM_NONE;
}

static enum problem place_at(struct search *search, sqlite3_stmt *row, struct place *ret_place)
{
    *ret_place = (struct place){.position = sqlite3_column_int64(row, 0)};
    return search_type_name(search, sqlite3_column_int64(row, 1), &ret_place->text);
}

static enum problem take_row(struct search *search, struct best *best, sqlite3_stmt *row)
{
    struct place place;
    enum problem problem = place_at(search, row, &place);

    if (problem == PROBLEM_NONE && search_is_behind(search, &place) &&
        !best_add(search, best, &place))
        problem = problem_no_memory(search->err);
    return problem;
}

static void count_row(struct gather_stream *stream, int64_t position)
{
    if (stream->rows++ == 0)
        stream->newest = position;
    stream->below = position;
}

static enum problem read_rows(struct search *search, struct gather_stream *stream,
                              struct best *best)
{
    sqlite3_stmt *statement = search_statement(search);
    enum problem problem = PROBLEM_NONE;
    int code = SQLITE_ERROR;

    while (problem == PROBLEM_NONE && statement != NULL &&
           (code = sqlite3_step(statement)) == SQLITE_ROW) {
        count_row(stream, sqlite3_column_int64(statement, 0));
        problem = take_row(search, best, statement);
    }
    if (problem == PROBLEM_NONE && code != SQLITE_DONE)
        problem = search_failed(search);
    sqlite_rewind(statement);
    return problem;
}

/* Reads from the stream `at`. */
static enum problem read_stream(struct search *search, struct gather *gather, size_t at,
                                struct best *best, size_t limit)
{
    struct shape_streams shape = gather->source.streams;
    struct gather_stream *stream = &gather->streams[at];
    size_t before = stream->rows;
    enum problem problem;

    shape.streams = &gather->source.list[at];
    shape.columns = SHAPE_WITH_TYPE;
    shape.below = stream->below;
    shape.limit = limit;
    shape_streams(&search->shape, &shape);
    problem = read_rows(search, stream, best);
    gather->rows += stream->rows - before;
    if (stream->rows - before < limit)
        stream->below = -1;
    return problem;
}

/* The stream to read next; one that has ended when all have. */
static size_t furthest_behind(const struct gather *gather)
{
    size_t found = 0;

    for (size_t i = 1; i < gather->source.list_count; i++) {
        if (gather->streams[i].below > gather->streams[found].below)
            found = i;
    }
    return found;
}

static enum problem read_oldest(struct search *search, struct gather *gather)
{
    sqlite3_stmt *statement;
    int code = SQLITE_ERROR;

    shape_oldest(&search->shape, &gather->source.streams, &gather->source.list[gather->largest]);
    statement = search_statement(search);
    if (statement != NULL)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        gather->oldest = sqlite3_column_int64(statement, 0);
    sqlite_rewind(statement);
    return code == SQLITE_ROW ? PROBLEM_NONE : search_failed(search);
}

/* Keeps the largest of the streams that go on, and its end. */
static enum problem weigh(struct search *search, struct gather *gather, size_t at)
{
    const struct gather_stream *streams = gather->streams;
    const struct gather_stream *largest = &streams[gather->largest];

    if (streams[at].below >= 0 && (largest->below < 0 || streams[at].rows > largest->rows)) {
        gather->largest = at;
        gather->oldest = INT64_MAX;
    }
    if (gather->oldest < INT64_MAX || streams[gather->largest].rows < OLDEST_ROWS)
        return PROBLEM_NONE;
    return read_oldest(search, gather);
}

enum problem gather_read(struct search *search, struct gather *gather, struct best *best,
                         size_t limit)
{
    enum problem problem = PROBLEM_NONE;

    gather->rows = 0;
    while (problem == PROBLEM_NONE && gather->rows < limit) {
        size_t at = furthest_behind(gather);
        gather->ended = gather->streams[at].below < 0;
        if (gather->ended)
            break;
        problem = read_stream(search, gather, at, best, limit - gather->rows);
        if (problem == PROBLEM_NONE)
            problem = weigh(search, gather, at);
    }
    return problem;
}

double gather_part(const struct gather *gather)
{
    const struct gather_stream *stream = &gather->streams[gather->largest];

    if (gather->oldest == INT64_MAX)
        return 0;
    if (stream->below < 0)
        return 1;
    return (double)(stream->newest - stream->below) / (double)(stream->newest - gather->oldest);
}
