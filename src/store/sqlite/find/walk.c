/* Walks by date or name: parts of an index, put into the order that ties want. */
#include "store/sqlite/find/walk.h"

/* A name folds to at most 18 times its code points. */
#define NAME_MAX ((size_t)1 << 20)
/* Upwards, a piece that ends within a value is read again. */
#define LIMIT_MIN 16
/* A seek costs as much as so many rows. */
#define SEEK_ROWS 24
/* With a test a row may have sixteen before it that were passed over, which cost as much as four.
 */
#define TESTED_ROWS(rows) ((rows) / 4)
/* To look up the ranges costs about as much as so many rows. */
#define PATIENCE 64

void walk_release(struct walk *walk)
{
    buf_release(&walk->from.name);
    buf_release(&walk->value.name);
    buf_release(&walk->before.name);
}

static bool set_name(struct walk_value *value, struct span name)
{
    buf_clear(&value->name);
    if (name.len > 0)
        buf_add_span(&value->name, name);
    return !buf_failed(&value->name);
}

/* From the start of the range at hand on. */
static bool enter_range(struct walk *walk)
{
    walk->ended = walk->range == walk->ranges.count;
    walk->part = SHAPE_FROM;
    return walk->ended || set_name(&walk->from, walk->ranges.list[walk->range].start);
}

static bool start_names(struct walk *walk)
{
    if (walk->ranges.known)
        return enter_range(walk);
    walk->part = SHAPE_FIRST;
    return true;
}

static void start_dates(struct search *search, struct walk *walk)
{
    walk->part = SHAPE_BEYOND;
    walk->from.date = search->query->ascending ? INT64_MIN : INT64_MAX;
}

static bool start_behind(struct search *search, struct walk *walk)
{
    const struct place *after = &search->after;

    walk->below = after->position;
    walk->from.date = after->value;
    walk->part = !walk->by_name && after->value == JOB_NO_TIME ? SHAPE_ABSENT : SHAPE_INSIDE;
    return !walk->by_name || set_name(&walk->from, after->text);
}

enum problem walk_init(struct search *search, struct walk *walk)
{
    enum problem problem = PROBLEM_NONE;
    bool good = true;

    *walk = (struct walk){
        .by_name = search->query->order == ORDER_NAME,
        .tested = search->scope.person != 0 || search->scope.type_count > 0,
    };
    walk->patience = walk->tested ? TESTED_ROWS(PATIENCE) : PATIENCE;
    walk->from.name.ceiling = walk->value.name.ceiling = walk->before.name.ceiling = NAME_MAX;
    if (walk->by_name && search->by_name && search->query->match == MATCH_START)
        problem = walk_ranges_of_start(search, &walk->ranges);
    if (problem != PROBLEM_NONE)
        return problem;
    if (search->has_after)
        good = start_behind(search, walk);
    else if (walk->by_name)
        good = start_names(walk);
    else
        start_dates(search, walk);
    return good ? PROBLEM_NONE : problem_no_memory(search->err);
}

static struct shape_test test_of(const struct scope *scope)
{
    struct shape_test test = {.person = scope->person};

    for (size_t i = 0; i < scope->type_count; i++)
        test.types |= UINT64_C(1) << (scope->types[i] & 63);
    return test;
}

static void shape_piece(struct search *search, const struct walk *walk, size_t limit)
{
    struct shape_test test = test_of(&search->scope);
    struct shape_names names = {
        .ascending = search->query->ascending,
        .part = walk->part,
        .test = test,
        .value = buf_span(&walk->from.name),
        .below = walk->below,
        .limit = limit,
    };
    struct shape_dates dates = {
        .ended = search->query->order == ORDER_END_DATE,
        .ascending = search->query->ascending,
        .part = walk->part,
        .test = test,
        .statuses = search->scope.statuses,
        .value = walk->from.date,
        .below = walk->below,
        .limit = limit,
    };

    if (walk->by_name)
        shape_names(&search->shape, &names);
    else
        shape_dates(&search->shape, &dates);
}

/* Which of two names comes first: negative, zero, positive. */
static int order(const struct search *search, struct span a, struct span b)
{
    return search->query->ascending ? span_compare(a, b) : span_compare(b, a);
}

/* Leaves the ranges behind that end in front of a name. */
static bool is_in_range(const struct search *search, struct walk *walk, struct span name)
{
    const struct walk_ranges *ranges = &walk->ranges;

    while (walk->range < ranges->count && order(search, ranges->list[walk->range].end, name) < 0)
        walk->range++;
    return walk->range < ranges->count && order(search, ranges->list[walk->range].start, name) <= 0;
}

/* The value of this row becomes the last one, the last one the one before. */
static bool next_group(const struct search *search, struct walk *walk, int64_t date,
                       struct span name)
{
    struct walk_value before = walk->before;

    walk->before = walk->value;
    walk->value = before;
    walk->value.date = date;
    walk->group++;
    walk->group_rows = 0;
    walk->name_matches =
        !walk->by_name || !search->by_name || query_matches_folded(search->query, name);
    walk->outside = !walk->name_matches && walk->ranges.known && !is_in_range(search, walk, name);
    return !walk->by_name || set_name(&walk->value, name);
}

/* Takes note of the row's value; false without memory. */
static bool read_value(const struct search *search, struct walk *walk, sqlite3_stmt *row)
{
    struct span name = {0};
    int64_t date = JOB_NO_TIME;

    if (walk->by_name)
        name = sqlite_text(row, 0);
    else if (walk->part != SHAPE_ABSENT)
        date = sqlite3_column_int64(row, 0);
    if (walk->rows > 0 && date == walk->value.date && span_eq(name, buf_span(&walk->value.name)))
        return true;
    return next_group(search, walk, date, name);
}

static bool row_may_match(const struct search *search, const struct walk *walk, sqlite3_stmt *row)
{
    const struct scope *scope = &search->scope;

    if (!walk->name_matches)
        return false;
    if (scope->person != 0 && sqlite3_column_int64(row, 3) != scope->person)
        return false;
    return scope->type_count == 0 || scope_has_type(scope, sqlite3_column_int64(row, 2));
}

static bool read_row(const struct search *search, struct walk *walk, sqlite3_stmt *row)
{
    if (!read_value(search, walk, row))
        return false;
    walk->rows++;
    walk->group_rows++;
    walk->strangers += !walk->name_matches;
    walk->position = sqlite3_column_int64(row, 1);
    if (row_may_match(search, walk, row))
        walk->entries[walk->count++] = (struct walk_entry){walk->position, walk->group};
    return true;
}

/* Of a name that many jobs share but that does not match, the others need not be read. */
static bool is_in_vain(const struct walk *walk)
{
    size_t rows = walk->tested ? TESTED_ROWS(SEEK_ROWS) : SEEK_ROWS;

    return !walk->name_matches && walk->group_rows >= rows;
}

static enum problem read_piece(struct search *search, struct walk *walk, size_t limit)
{
    sqlite3_stmt *statement;
    enum problem problem = PROBLEM_NONE;
    int code = SQLITE_ERROR;

    walk->count = walk->rows = walk->group = walk->group_rows = 0;
    walk->outside = false;
    shape_piece(search, walk, limit);
    statement = search_statement(search);
    while (statement != NULL && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!read_row(search, walk, statement))
            problem = problem_no_memory(search->err);
        if (walk->outside || is_in_vain(walk) || problem != PROBLEM_NONE)
            break;
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        problem = search_failed(search);
    sqlite_rewind(statement);
    return problem;
}

static void turn(struct walk_entry *first, struct walk_entry *last)
{
    for (; first < last; first++, last--) {
        struct walk_entry entry = *first;
        *first = *last;
        *last = entry;
    }
}

/* Turns the entries of each value around: newest first. */
static void turn_groups(struct walk *walk)
{
    for (size_t start = 0, end; start < walk->count; start = end) {
        for (end = start + 1; end < walk->count; end++) {
            if (walk->entries[end].group != walk->entries[start].group)
                break;
        }
        turn(&walk->entries[start], &walk->entries[end - 1]);
    }
}

static bool go_on(struct walk *walk, enum shape_part part, const struct walk_value *value,
                  int64_t below)
{
    walk->part = part;
    walk->below = below;
    walk->from.date = value->date;
    return !walk->by_name || set_name(&walk->from, buf_span(&value->name));
}

/* A full piece upwards: what is after its last whole value comes again, by itself if need be. */
static bool cut_upwards(struct walk *walk)
{
    while (walk->count > 0 && walk->entries[walk->count - 1].group == walk->group)
        walk->count--;
    if (walk->group == 1)
        return go_on(walk, SHAPE_INSIDE, &walk->value, INT64_MAX);
    turn_groups(walk);
    return go_on(walk, SHAPE_BEYOND, &walk->before, 0);
}

/* A value, or those without one, newest first. */
static bool move_within(struct walk *walk, bool full)
{
    if (full)
        return go_on(walk, walk->part, &walk->value, walk->position);
    walk->ended = walk->part == SHAPE_ABSENT;
    walk->part = SHAPE_BEYOND; /* what `from` holds already */
    return true;
}

/* Behind the last value are those without a date. */
static bool move_on(struct walk *walk, bool full, bool ascending)
{
    if ((full || walk->outside || is_in_vain(walk)) && !walk->name_matches) {
        if (ascending)
            turn_groups(walk);
        return walk->outside ? enter_range(walk) : go_on(walk, SHAPE_BEYOND, &walk->value, 0);
    }
    if (walk->part == SHAPE_INSIDE || walk->part == SHAPE_ABSENT)
        return move_within(walk, full);
    if (full && ascending)
        return cut_upwards(walk);
    if (full)
        return go_on(walk, SHAPE_INSIDE, &walk->value, walk->position);
    if (ascending)
        turn_groups(walk);
    walk->ended = walk->ended || walk->by_name;
    walk->part = SHAPE_ABSENT;
    walk->below = INT64_MAX;
    return true;
}

static bool make_room(struct search *search, struct walk *walk, size_t need)
{
    size_t room = walk->room > 0 ? walk->room : 64;

    if (walk->room >= need)
        return true;
    while (room < need)
        room *= 2;
    walk->entries = ARENA_ARRAY(&search->scratch, struct walk_entry, room);
    walk->room = walk->entries != NULL ? room : 0;
    return walk->entries != NULL;
}

/*
 * Looks up the ranges when it went by many names. While more jobs wait to be indexed than it has
 * read, these would cost more than they save.
 */
static enum problem narrow(struct search *search, struct walk *walk)
{
    enum problem problem;

    if (!walk->by_name || walk->ranges.known || walk->strangers < walk->patience)
        return PROBLEM_NONE;
    walk->patience = 4 * walk->strangers;
    problem = walk_ranges_of_grams(search, walk->strangers, &walk->ranges);
    walk->ended = walk->ranges.known && walk->ranges.count == 0;
    return problem;
}

enum problem walk_read(struct search *search, struct walk *walk, size_t limit)
{
    size_t rows = walk->tested ? TESTED_ROWS(limit) : limit;
    size_t size = rows > LIMIT_MIN ? rows : LIMIT_MIN;
    enum problem problem = walk->ended ? PROBLEM_NONE : narrow(search, walk);

    walk->count = walk->rows = 0;
    if (walk->ended || problem != PROBLEM_NONE)
        return problem;
    if (!make_room(search, walk, size))
        return problem_no_memory(search->err);
    problem = read_piece(search, walk, size);
    if (problem != PROBLEM_NONE)
        return problem;
    if (!move_on(walk, walk->rows == size, search->query->ascending))
        return problem_no_memory(search->err);
    return PROBLEM_NONE;
}
