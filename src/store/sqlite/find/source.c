/* Sources: streams of the indexes, and the index with the jobs it lacks. */
#include "store/sqlite/find/source.h"

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

/* The scope of an order's value differs from that of the search in what is chosen last. */
static enum problem init_index(struct search *search, struct source *source)
{
    const struct scope *scope = &source->scope;
    bool one_type = scope->type_count == 1 && search->scope.type_count != 1;
    enum problem problem = PROBLEM_NONE;

    if (!source->filter.in_use)
        problem = index_filter_init(search, &source->filter, &search->scope);
    index_filter_choose(&source->filter, scope->statuses != STATUS_MASK_ALL ? scope->statuses : 0,
                        one_type ? scope->types[0] : 0);
    if (problem == PROBLEM_NONE)
        problem = init_streams(search, source);
    source->streams.above = search->index.watermark;
    return problem;
}

enum problem source_init(struct search *search, struct source *source, enum source_kind kind,
                         const struct scope *scope, int64_t below)
{
    struct source old = *source;

    *source = (struct source){.kind = kind, .scope = *scope, .below = below};
    source->positions = old.positions;
    source->room = old.room;
    source->filter = old.filter;
    switch (kind) {
    case SOURCE_STREAMS:
        return init_streams(search, source);
    case SOURCE_INDEX:
        return init_index(search, source);
    }
    return PROBLEM_NONE;
}

void source_release(struct source *source)
{
    index_filter_release(&source->filter);
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

/* Reads what a statement yields, which are no more rows than there is room for. */
static enum problem read_rows(struct search *search, sqlite3_stmt *statement,
                              int64_t *ret_positions, size_t *ret_count)
{
    size_t count = 0;
    int code = SQLITE_ERROR;
    enum problem problem = PROBLEM_NONE;

    while (statement != NULL && (code = sqlite3_step(statement)) == SQLITE_ROW)
        ret_positions[count++] = sqlite3_column_int64(statement, 0);
    if (code != SQLITE_DONE)
        problem = search_failed(search);
    sqlite_rewind(statement);
    *ret_count = count;
    return problem;
}

static enum problem read_shape(struct search *search, struct source *source)
{
    return read_rows(search, search_statement(search), source->positions, &source->count);
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
        if (source->count == limit)
            group.above = source->positions[limit - 1];
        shape_streams(&search->shape, &group);
        problem = read_rows(search, search_statement(search), search->merge, &count);
        if (problem != PROBLEM_NONE)
            return problem;
        merge(search, source, search->merge, count, limit);
    }
    return PROBLEM_NONE;
}

void source_shape(struct search *search, struct source *source, enum shape_columns columns,
                  size_t limit)
{
    source->streams.below = source->below;
    source->streams.limit = limit;
    source->streams.columns = columns;
    if (source->list_count > 0) {
        source->streams.streams = source->list;
        source->streams.count = source->list_count;
    }
    shape_streams(&search->shape, &source->streams);
}

static enum problem read_streams(struct search *search, struct source *source, size_t limit)
{
    enum problem problem;

    if (source->list_count > SHAPE_STREAMS_MAX) {
        source->streams.below = source->below;
        source->streams.limit = limit;
        source->streams.columns = SHAPE_POSITION;
        problem = read_groups(search, source, limit);
    } else {
        source_shape(search, source, SHAPE_POSITION, limit);
        problem = read_shape(search, source);
    }
    source->ended = source->count < limit;
    return problem;
}

/* For a whole name there is another index. */
static enum problem read_same_name(struct search *search, struct source *source, size_t limit)
{
    source->streams.below = source->below;
    source->streams.limit = limit;
    shape_same_name(&search->shape, search->query->name_folded, &source->streams);
    return read_shape(search, source);
}

/* The jobs that the index lacks. */
static enum problem read_unindexed(struct search *search, struct source *source, size_t limit)
{
    enum problem problem;

    if (search->query->match == MATCH_EXACT)
        return read_same_name(search, source, limit);
    problem = read_streams(search, source, limit);
    source->ended = false; /* these have */
    return problem;
}

static enum problem read_indexed(struct search *search, struct source *source, size_t limit)
{
    enum problem problem = index_filter_read(search, &source->filter, source->below, limit,
                                             source->positions, &source->count);

    source->ended = source->count < limit;
    return problem;
}

static enum problem read_candidates(struct search *search, struct source *source, size_t limit)
{
    int64_t watermark = search->index.watermark;
    enum problem problem = PROBLEM_NONE;

    if (source->below <= watermark + 1)
        return read_indexed(search, source, limit);
    if (!search->index.complete)
        problem = read_unindexed(search, source, limit);
    if (problem != PROBLEM_NONE || source->count == limit)
        return problem;
    source->below = watermark + 1;
    source->ended = watermark < 0;
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
    problem = source->kind == SOURCE_STREAMS ? read_streams(search, source, limit)
                                             : read_candidates(search, source, limit);
    if (problem == PROBLEM_NONE && source->count == limit)
        source->below = source->positions[limit - 1];
    return problem;
}
