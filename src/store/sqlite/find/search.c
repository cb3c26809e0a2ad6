/* One find: its filters in numbers, and the test of a single job. */
#include "store/sqlite/find/search.h"

#include "store/sqlite/index/watermark.h"

/* So many names of types fill the memory for them, at four bytes a code point. */
#define NAMES_KEPT 1024

/* The columns of a probe: no more than what the query looks at, for each costs its share. */
enum { STATUS, TYPE, PERSON, NAME, DATE };
#define PROBE(name, date) "SELECT status, type, person, " name date " FROM job WHERE position = ?1"
static const char *const probes[2][3] = {
    {PROBE("name_folded", ""), PROBE("name_folded", ", started_on"),
     PROBE("name_folded", ", ended_on")},
    {PROBE("name", ""), PROBE("name", ", started_on"), PROBE("name", ", ended_on")},
};

void search_release(struct search *search)
{
    sqlite_rewind(search->probe);
    doubtful_release(&search->doubtful);
    arena_release(&search->names);
    arena_clear(&search->scratch);
    search->reader->memory = (struct search_memory){search->scratch, search->shape.sql};
}

enum problem search_failed(struct search *search)
{
    if (buf_failed(&search->shape.sql))
        return problem_no_memory(search->err);
    return sqlite_problem(search->reader->db, search->err);
}

sqlite3_stmt *search_statement(struct search *search)
{
    const struct shape *shape = &search->shape;
    sqlite3_stmt *statement;

    if (buf_failed(&shape->sql))
        return NULL;
    statement = sqlite_prepare_cached(search->reader, shape->sql.ptr);
    if (statement == NULL)
        return NULL;
    for (unsigned i = 0; i < shape->value_count; i++) {
        const struct shape_value *value = &shape->values[i];
        if (value->is_text)
            sqlite_bind_span(statement, (int)i + 1, value->text);
        else
            sqlite3_bind_int64(statement, (int)i + 1, value->number);
    }
    return statement;
}

bool scope_has_type(const struct scope *scope, int64_t type)
{
    for (size_t i = 0; i < scope->type_count; i++) {
        if (scope->types[i] == type)
            return true;
    }
    return scope->type_count == 0;
}

/* Of the types asked for, those that some job has; the order stays, which is by name. */
static enum problem resolve_types(struct search *search)
{
    const struct query *query = search->query;
    int64_t *types = ARENA_ARRAY(&search->scratch, int64_t, query->type_count);
    size_t count = 0;

    if (types == NULL)
        return problem_no_memory(search->err);
    for (size_t i = 0; i < query->type_count; i++) {
        enum problem problem =
            sqlite_type_id(search->reader, query->types[i], &types[count], search->err);
        if (problem != PROBLEM_NONE)
            return problem;
        if (types[count] != 0)
            count++;
    }
    search->scope.types = types;
    search->scope.type_count = count;
    if (count == 0)
        search->scope.statuses = 0;
    return PROBLEM_NONE;
}

static enum problem resolve(struct search *search)
{
    const struct query *query = search->query;
    enum problem problem = PROBLEM_NONE;

    search->scope.statuses = query->statuses & STATUS_MASK_ALL;
    if (query->type_count > 0)
        problem = resolve_types(search);
    if (problem != PROBLEM_NONE || !query->has_user)
        return problem;
    problem = sqlite_person_id(search->reader, &query->user, &search->scope.person, search->err);
    if (search->scope.person == 0)
        search->scope.statuses = 0;
    return problem;
}

static enum problem read_place_text(struct search *search, sqlite3_stmt *statement)
{
    struct span text;
    int code;

    sqlite3_bind_int64(statement, 1, search->after.position);
    code = sqlite3_step(statement);
    if (code == SQLITE_DONE)
        return PROBLEM_INVALID_CURSOR;
    if (code != SQLITE_ROW)
        return search_failed(search);
    text = sqlite_text(statement, 0);
    search->after.text = arena_span(&search->scratch, text);
    return search->after.text.ptr != NULL ? PROBLEM_NONE : problem_no_memory(search->err);
}

/* Names and types never change, so a cursor does not carry them. */
static enum problem resolve_after(struct search *search, const struct cursor *after)
{
    enum query_order order = search->query->order;
    sqlite3_stmt *statement;
    enum problem problem;

    search->has_after = true;
    search->after = (struct place){.value = after->value, .position = after->position};
    if (order != ORDER_NAME && order != ORDER_TYPE)
        return PROBLEM_NONE;
    statement = sqlite_prepare_cached(
        search->reader, order == ORDER_NAME
                            ? "SELECT name_folded FROM job WHERE position = ?1"
                            : "SELECT type.name FROM job JOIN type ON type.id = job.type "
                              "WHERE position = ?1");
    problem = statement != NULL ? read_place_text(search, statement) : search_failed(search);
    sqlite_rewind(statement);
    return problem;
}

enum problem search_init(struct search *search, struct sqlite_reader *reader,
                         struct store_find *find)
{
    const struct query *query = find->query;
    enum problem problem;

    *search = (struct search){
        .reader = reader,
        .query = query,
        .err = &find->call.err,
        .shape = {.sql = reader->memory.sql},
        .scratch = reader->memory.scratch,
        .by_name = query->has_name && (query->match == MATCH_EXACT || query->name_folded.len > 0),
        .want = query->page_size + 1,
    };
    arena_init(&search->names, SEARCH_MEMORY_MAX);
    problem = resolve(search);
    if (problem == PROBLEM_NONE && find->after != NULL)
        problem = resolve_after(search, find->after);
    return problem;
}

static enum problem read_complete(struct search *search)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(search->reader, "SELECT max(position) FROM job");
    int code = statement != NULL ? sqlite3_step(statement) : SQLITE_ERROR;

    if (code == SQLITE_ROW)
        search->index.complete = sqlite3_column_type(statement, 0) == SQLITE_NULL ||
                                 sqlite3_column_int64(statement, 0) <= search->index.watermark;
    sqlite_rewind(statement);
    return code == SQLITE_ROW ? PROBLEM_NONE : search_failed(search);
}

enum problem search_index(struct search *search)
{
    struct search_index *index = &search->index;
    enum problem problem = PROBLEM_NONE;

    if (index->known)
        return PROBLEM_NONE;
    problem = watermark_read(search->reader, WATERMARK_JOBS, &index->watermark, search->err);
    if (problem == PROBLEM_NONE)
        problem = read_complete(search);
    if (problem == PROBLEM_NONE)
        problem = segments_read(search->reader, 1U << SEGMENT_LIVE, &search->scratch,
                                &index->segments, search->err);
    index->known = problem == PROBLEM_NONE;
    return problem;
}

enum problem search_doubtful(struct search *search)
{
    enum problem problem = search_index(search);

    if (problem == PROBLEM_NONE && !search->doubtful_known)
        problem = doubtful_read(search->reader, search->index.watermark, &search->scratch,
                                &search->doubtful, search->err);
    search->doubtful_known = problem == PROBLEM_NONE;
    return problem;
}

enum problem search_type_name(struct search *search, int64_t id, struct span *ret_name)
{
    struct search_type *slot = &search->types[(uint64_t)id % SEARCH_TYPE_SLOTS];
    enum problem problem;

    if (slot->id != id) {
        if (search->name_count++ % NAMES_KEPT == 0) {
            memset(search->types, 0, sizeof(search->types));
            arena_clear(&search->names);
        }
        problem = sqlite_type_name(search->reader, id, &search->names, &slot->name, search->err);
        if (problem != PROBLEM_NONE)
            return problem;
        slot->id = id;
    }
    *ret_name = slot->name;
    return PROBLEM_NONE;
}

/* Then a probe has names as they are. */
static bool is_exact(const struct search *search)
{
    return search->by_name && search->query->match == MATCH_EXACT;
}

static bool row_matches(const struct search *search, const struct scope *scope, sqlite3_stmt *row)
{
    if ((scope->statuses & 1u << sqlite3_column_int(row, STATUS)) == 0)
        return false;
    if (scope->person != 0 && sqlite3_column_int64(row, PERSON) != scope->person)
        return false;
    if (scope->type_count > 0 && !scope_has_type(scope, sqlite3_column_int64(row, TYPE)))
        return false;
    if (!search->by_name)
        return true;
    if (is_exact(search))
        return span_eq(sqlite_text(row, NAME), search->query->name);
    return query_matches_folded(search->query, sqlite_text(row, NAME));
}

static enum problem row_place(struct search *search, sqlite3_stmt *row, struct place *place)
{
    enum job_status status = (enum job_status)sqlite3_column_int(row, STATUS);

    switch (search->query->order) {
    case ORDER_CREATED:
        break;
    case ORDER_NAME: /* jobs of one whole name fold alike */
        place->text = is_exact(search) ? search->query->name_folded : sqlite_text(row, NAME);
        break;
    case ORDER_TYPE:
        return search_type_name(search, sqlite3_column_int64(row, TYPE), &place->text);
    case ORDER_START_DATE:
    case ORDER_END_DATE:
        place->value = sqlite_date(row, DATE);
        break;
    case ORDER_STATE:
        place->value = (int64_t)status_state(status);
        break;
    case ORDER_RESULT:
        place->value = (int64_t)status_result(status);
        break;
    }
    return PROBLEM_NONE;
}

static sqlite3_stmt *probe(struct search *search)
{
    const struct query *query = search->query;
    int date = query->order == ORDER_START_DATE ? 1 : query->order == ORDER_END_DATE ? 2 : 0;

    if (search->probe != NULL)
        return search->probe;
    return sqlite_prepare_cached(search->reader, probes[is_exact(search)][date]);
}

/*
 * The statement is left on its row, which holds the place's text; while it is on a row, the cache
 * keeps it.
 */
enum problem search_probe(struct search *search, const struct scope *scope, int64_t position,
                          bool *ret_match, struct place *ret_place)
{
    sqlite3_stmt *statement = probe(search);
    int code;

    if (statement == NULL)
        return search_failed(search);
    sqlite3_reset(statement);
    sqlite3_bind_int64(statement, 1, position);
    code = sqlite3_step(statement);
    search->probe = code == SQLITE_ROW ? statement : NULL;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return search_failed(search);
    if (code == SQLITE_ROW && (unsigned)sqlite3_column_int(statement, STATUS) >= STATUS_COUNT) {
        err_set(search->err, "The store is damaged: the row %lld is no job.", (long long)position);
        return PROBLEM_INTERNAL;
    }
    *ret_match = code == SQLITE_ROW && row_matches(search, scope, statement);
    *ret_place = (struct place){.position = position};
    return *ret_match ? row_place(search, statement, ret_place) : PROBLEM_NONE;
}

enum problem search_has_status(struct search *search, int64_t position, bool *ret_has)
{
    int64_t person = search->scope.person;
    sqlite3_stmt *statement = sqlite_prepare_cached(
        search->reader, person != 0 ? "SELECT 1 FROM job INDEXED BY job_person "
                                      "WHERE status = ?1 AND position = ?2 AND person = ?3"
                                    : "SELECT 1 FROM job INDEXED BY job_status "
                                      "WHERE status = ?1 AND position = ?2");
    int code = statement != NULL ? SQLITE_DONE : SQLITE_ERROR;

    for (int status = 0; code == SQLITE_DONE && status < STATUS_COUNT; status++) {
        if ((search->scope.statuses & 1u << status) == 0)
            continue;
        sqlite3_reset(statement);
        sqlite3_bind_int(statement, 1, status);
        sqlite3_bind_int64(statement, 2, position);
        if (person != 0)
            sqlite3_bind_int64(statement, 3, person);
        code = sqlite3_step(statement);
    }
    sqlite_rewind(statement);
    *ret_has = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? PROBLEM_NONE : search_failed(search);
}

int search_compare(const struct search *search, const struct place *a, const struct place *b)
{
    int absent = (a->value == JOB_NO_TIME) - (b->value == JOB_NO_TIME);
    int order = span_compare(a->text, b->text);

    if (absent != 0)
        return absent;
    if (order == 0)
        order = (a->value > b->value) - (a->value < b->value);
    if (order != 0)
        return search->query->ascending ? order : -order;
    return (a->position < b->position) - (a->position > b->position);
}

bool search_is_behind(const struct search *search, const struct place *place)
{
    return !search->has_after || search_compare(search, place, &search->after) > 0;
}
