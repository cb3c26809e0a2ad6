/* Gathering: streams of indexes, read one after another. */
#include "store/sqlite/gather.h"

#include <assert.h>

enum problem gather_init(struct search *search, struct gather *gather)
{
    *gather = (struct gather){0};
    return source_init(search, &gather->source, SOURCE_STREAMS, &search->scope, INT64_MAX);
}

static enum shape_columns columns_of(enum query_order order)
{
    switch (order) {
    case ORDER_START_DATE:
        return SHAPE_WITH_STARTED;
    case ORDER_END_DATE:
        return SHAPE_WITH_ENDED;
    case ORDER_NAME:
        return SHAPE_WITH_NAME;
    case ORDER_TYPE:
        return SHAPE_WITH_TYPE;
    case ORDER_CREATED:
    case ORDER_STATE:
    case ORDER_RESULT:
        break;
    }
    assert(false && "the streams are in this order themselves");
    return SHAPE_POSITION;
}

static enum problem place_at(struct search *search, sqlite3_stmt *row, struct place *ret_place)
{
    *ret_place = (struct place){.position = sqlite3_column_int64(row, 0)};
    if (search->query->order == ORDER_TYPE)
        return search_type_name(search, sqlite3_column_int64(row, 1), &ret_place->text);
    if (search->query->order == ORDER_NAME)
        ret_place->text = search_text(row, 1);
    else
        ret_place->value = search_date(row, 1);
    return PROBLEM_NONE;
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

/* Of the stream at hand. */
static enum problem read_rows(struct search *search, struct gather *gather, struct best *best)
{
    sqlite3_stmt *statement = search_statement(search);
    enum problem problem = PROBLEM_NONE;
    int code = SQLITE_ERROR;

    while (problem == PROBLEM_NONE && statement != NULL &&
           (code = sqlite3_step(statement)) == SQLITE_ROW) {
        gather->rows++;
        gather->source.below = sqlite3_column_int64(statement, 0);
        problem = take_row(search, best, statement);
    }
    if (problem == PROBLEM_NONE && code != SQLITE_DONE)
        problem = search_failed(search);
    sqlite_rewind(statement);
    return problem;
}

static void shape_rows(struct search *search, const struct gather *gather, size_t limit)
{
    struct shape_streams stream = gather->source.streams;

    stream.streams = gather->source.list + gather->at;
    stream.columns = columns_of(search->query->order);
    stream.below = gather->source.below;
    stream.limit = limit;
    shape_streams(&search->shape, &stream);
}

enum problem gather_read(struct search *search, struct gather *gather, struct best *best,
                         size_t limit)
{
    enum problem problem = PROBLEM_NONE;

    gather->rows = 0;
    while (problem == PROBLEM_NONE && !gather->ended && gather->rows < limit) {
        shape_rows(search, gather, limit - gather->rows);
        problem = read_rows(search, gather, best);
        if (gather->rows == limit)
            break;
        gather->source.below = INT64_MAX;
        gather->ended = ++gather->at == gather->source.list_count;
    }
    return problem;
}
