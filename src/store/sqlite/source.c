/* Sources: streams of the indexes, the name index with the jobs it lacks, one folded name. */
#include "store/sqlite/source.h"

#include "store/sqlite/gram.h"

static const struct shape_stream everything = {.type = 0, .status = 0};

static enum shape_index index_of(const struct scope *scope)
{
    if (scope->person != 0)
        return scope->type_count > 0 ? SHAPE_PERSON_TYPE : SHAPE_PERSON;
    if (scope->type_count > 0)
        return SHAPE_TYPE;
    return scope->statuses == STATUS_MASK_ALL ? SHAPE_ALL : SHAPE_STATUS;
}

/* A stream for each pair of a type and a status. */
static enum problem list_streams(struct search *search, struct source *source)
{
    const struct scope *scope = &source->scope;
    size_t types = scope->type_count > 0 ? scope->type_count : 1;

    source->list = ARENA_ARRAY(&search->scratch, struct shape_stream, types * STATUS_COUNT);
    if (source->list == NULL)
        return problem_no_memory(search->err);
    for (size_t i = 0; i < types; i++) {
        for (int status = 0; status < STATUS_COUNT; status++) {
            if ((scope->statuses & 1u << status) == 0)
                continue;
            source->list[source->list_count++] = (struct shape_stream){
                .type = scope->type_count > 0 ? scope->types[i] : 0, .status = status};
        }
    }
    return PROBLEM_NONE;
}

static enum problem init_streams(struct search *search, struct source *source)
{
    source->streams = (struct shape_streams){
        .index = index_of(&source->scope),
        .person = source->scope.person,
        .streams = &everything,
        .count = 1,
        .above = -1,
    };
    source->ended = source->scope.statuses == 0;
    if (source->streams.index == SHAPE_ALL || source->ended)
        return PROBLEM_NONE;
    return list_streams(search, source);
}

static enum problem init_grams(struct search *search, struct source *source)
{
    enum problem problem = gram_watermark(search->reader, &source->watermark, search->err);

    if (problem != PROBLEM_NONE)
        return problem;
    return gram_expression(&search->scratch, search->query, &source->scope, &source->expression)
               ? PROBLEM_NONE
               : problem_no_memory(search->err);
}

enum problem source_init(struct search *search, struct source *source, enum source_kind kind,
                         const struct scope *scope, int64_t below)
{
    struct source old = *source;

    *source = (struct source){.kind = kind, .scope = *scope, .below = below};
    source->positions = old.positions;
    source->room = old.room;
    switch (kind) {
    case SOURCE_STREAMS:
        return init_streams(search, source);
    case SOURCE_GRAMS:
        source->ended = scope->statuses == 0;
        return init_grams(search, source);
    case SOURCE_NAME:
        source->ended = scope->statuses == 0;
        break;
    }
    return PROBLEM_NONE;
}

static bool grow(struct arena *arena, int64_t **positions, size_t *room, size_t need)
{
    size_t size = *room > 0 ? *room : 64;

    if (*room >= need)
        return true;
    while (size < need)
        size *= 2;
    *positions = ARENA_ARRAY(arena, int64_t, size);
    *room = *positions != NULL ? size : 0;
    return *positions != NULL;
}

/* Reads the positions a statement yields, `limit` at most, from a column. */
static enum problem read_positions(struct search *search, sqlite3_stmt *statement, int column,
                                   int64_t *ret_positions, size_t *ret_count)
{
    size_t count = 0;
    int code = SQLITE_ERROR;
    enum problem problem = PROBLEM_NONE;

    while (statement != NULL && (code = sqlite3_step(statement)) == SQLITE_ROW)
        ret_positions[count++] = sqlite3_column_int64(statement, column);
    if (code != SQLITE_DONE)
        problem = search_failed(search);
    sqlite_rewind(statement);
    *ret_count = count;
    return problem;
}

/* Merges sorted `more` into the first `limit` of the source's positions. */
static void merge(struct search *search, struct source *source, const int64_t *more,
                  size_t more_count, size_t limit)
{
    int64_t *merged = search->merge + limit;
    size_t count = 0, i = 0, j = 0;

    while (count < limit && (i < source->count || j < more_count)) {
        bool ours = j == more_count || (i < source->count && source->positions[i] > more[j]);
        merged[count++] = ours ? source->positions[i++] : more[j++];
    }
    memcpy(source->positions, merged, count * sizeof(*merged));
    source->count = count;
}

/* Each group of streams only has to yield what is newer than the oldest one that is wanted so far.
 */
static enum problem read_groups(struct search *search, struct source *source, size_t limit)
{
    size_t count;

    if (!grow(&search->scratch, &search->merge, &search->merge_room, 2 * limit))
        return problem_no_memory(search->err);
    for (size_t i = 0; i < source->list_count; i += SHAPE_STREAMS_MAX) {
        size_t rest = source->list_count - i;
        struct shape_streams group = source->streams;
        enum problem problem;

        group.streams = source->list + i;
        group.count = rest < SHAPE_STREAMS_MAX ? rest : SHAPE_STREAMS_MAX;
        group.above = source->count == limit ? source->positions[limit - 1] : -1;
        shape_streams(&search->shape, &group);
        problem = read_positions(search, search_statement(search), 0, search->merge, &count);
        if (problem != PROBLEM_NONE)
            return problem;
        merge(search, source, search->merge, count, limit);
    }
    return PROBLEM_NONE;
}

static enum problem read_streams(struct search *search, struct source *source, size_t limit)
{
    enum problem problem;

    source->streams.below = source->below;
    source->streams.limit = limit;
    if (source->list_count > SHAPE_STREAMS_MAX) {
        problem = read_groups(search, source, limit);
    } else {
        if (source->list_count > 0) {
            source->streams.streams = source->list;
            source->streams.count = source->list_count;
        }
        shape_streams(&search->shape, &source->streams);
        problem =
            read_positions(search, search_statement(search), 0, source->positions, &source->count);
    }
    source->ended = source->count < limit;
    return problem;
}

/* The jobs that the index lacks. */
static enum problem read_newest(struct search *search, struct source *source, size_t limit)
{
    struct shape_streams newest = {
        .index = SHAPE_ALL,
        .streams = &everything,
        .count = 1,
        .below = source->below,
        .above = source->watermark,
        .limit = limit,
    };

    shape_streams(&search->shape, &newest);
    return read_positions(search, search_statement(search), 0, source->positions, &source->count);
}

static enum problem read_index(struct search *search, struct source *source, size_t limit)
{
    sqlite3_stmt *statement = gram_statement(search->reader, source->expression, source->below);

    if (statement != NULL)
        sqlite3_bind_int64(statement, 3, (int64_t)limit);
    return read_positions(search, statement, 0, source->positions, &source->count);
}

/* Without an expression the index cannot tell anything: all jobs are candidates. */
static enum problem read_grams(struct search *search, struct source *source, size_t limit)
{
    enum problem problem = PROBLEM_NONE;

    if (source->expression.len == 0)
        source->watermark = -1;
    if (source->below > source->watermark + 1)
        problem = read_newest(search, source, limit);
    if (problem != PROBLEM_NONE || source->count > 0)
        return problem;
    if (source->below > source->watermark)
        source->below = source->watermark + 1;
    source->ended = source->watermark < 0;
    if (source->ended)
        return PROBLEM_NONE;
    problem = read_index(search, source, limit);
    source->ended = source->count < limit;
    return problem;
}

static enum problem read_name(struct search *search, struct source *source, size_t limit)
{
    struct shape_names names = {
        .part = SHAPE_INSIDE,
        .value = search->query->name_folded,
        .below = source->below,
        .limit = limit,
    };
    enum problem problem;

    shape_names(&search->shape, &names);
    problem =
        read_positions(search, search_statement(search), 1, source->positions, &source->count);
    source->ended = source->count < limit;
    return problem;
}

static enum problem read_kind(struct search *search, struct source *source, size_t limit)
{
    switch (source->kind) {
    case SOURCE_STREAMS:
        return read_streams(search, source, limit);
    case SOURCE_GRAMS:
        return read_grams(search, source, limit);
    case SOURCE_NAME:
        return read_name(search, source, limit);
    }
    return PROBLEM_NONE;
}

enum problem source_read(struct search *search, struct source *source, size_t limit)
{
    enum problem problem;

    source->count = 0;
    if (source->ended)
        return PROBLEM_NONE;
    if (!grow(&search->scratch, &source->positions, &source->room, limit))
        return problem_no_memory(search->err);
    problem = read_kind(search, source, limit);
    if (problem == PROBLEM_NONE && source->count > 0)
        source->below = source->positions[source->count - 1];
    return problem;
}
