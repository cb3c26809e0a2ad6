/* Walks by date or name: parts of an index, put into the order that ties want. */
#include "store/sqlite/walk.h"

/* A name folds to at most 18 times its code points. */
#define TEXT_MAX ((size_t)1 << 20)
#define TEXTS_MAX ((size_t)64 << 20)
/* Upwards, a piece that ends within a value is read again. */
#define LIMIT_MIN 16

void walk_release(struct walk *walk)
{
    buf_release(&walk->text);
    arena_release(&walk->texts);
}

static bool set_text(struct walk *walk, struct span text)
{
    buf_clear(&walk->text);
    if (text.len > 0)
        buf_add_span(&walk->text, text);
    return !buf_failed(&walk->text);
}

static bool has_prefix(const struct search *search)
{
    return search->by_name && search->query->match == MATCH_START;
}

/* Downwards a prefix is entered from above: behind its last name, which no 0xFF is in. */
static bool start_names(struct search *search, struct walk *walk)
{
    walk->part = SHAPE_FIRST;
    if (!has_prefix(search))
        return true;
    walk->part = SHAPE_FROM;
    if (!set_text(walk, search->query->name_folded))
        return false;
    if (!search->query->ascending)
        buf_add_char(&walk->text, '\xff');
    return !buf_failed(&walk->text);
}

static void start_dates(struct search *search, struct walk *walk)
{
    walk->part = SHAPE_BEYOND;
    walk->value = search->query->ascending ? INT64_MIN : INT64_MAX;
    walk->ended = search->scope.statuses == 0;
}

static bool start_behind(struct search *search, struct walk *walk)
{
    const struct place *after = &search->after;

    walk->below = after->position;
    walk->value = after->value;
    walk->part = !walk->by_name && after->value == JOB_NO_TIME ? SHAPE_ABSENT : SHAPE_INSIDE;
    return !walk->by_name || set_text(walk, after->text);
}

enum problem walk_init(struct search *search, struct walk *walk)
{
    bool good = true;

    *walk = (struct walk){.by_name = search->query->order == ORDER_NAME, .text = BUF(TEXT_MAX)};
    arena_init(&walk->texts, TEXTS_MAX);
    if (search->has_after)
        good = start_behind(search, walk);
    else if (walk->by_name)
        good = start_names(search, walk);
    else
        start_dates(search, walk);
    return good ? PROBLEM_NONE : problem_no_memory(search->err);
}

static void shape_piece(struct search *search, const struct walk *walk, size_t limit)
{
    struct shape_names names = {
        .ascending = search->query->ascending,
        .part = walk->part,
        .value = buf_span(&walk->text),
        .below = walk->below,
        .limit = limit,
    };
    struct shape_dates dates = {
        .ended = search->query->order == ORDER_END_DATE,
        .ascending = search->query->ascending,
        .part = walk->part,
        .statuses = search->scope.statuses,
        .value = walk->value,
        .below = walk->below,
        .limit = limit,
    };

    if (walk->by_name)
        shape_names(&search->shape, &names);
    else
        shape_dates(&search->shape, &dates);
}

static bool read_row(struct walk *walk, sqlite3_stmt *row)
{
    struct walk_entry *entry = &walk->entries[walk->count];
    bool absent = sqlite3_column_type(row, 0) == SQLITE_NULL;

    *entry = (struct walk_entry){.type = sqlite3_column_int64(row, 2),
                                 .person = sqlite3_column_int64(row, 3)};
    entry->place.position = sqlite3_column_int64(row, 1);
    walk->count++;
    if (!walk->by_name) {
        entry->place.value = absent ? JOB_NO_TIME : sqlite3_column_int64(row, 0);
        return true;
    }
    entry->place.text = arena_span(&walk->texts, search_text(row, 0));
    return entry->place.text.ptr != NULL;
}

static enum problem read_piece(struct search *search, struct walk *walk, size_t limit)
{
    sqlite3_stmt *statement;
    enum problem problem = PROBLEM_NONE;
    int code = SQLITE_ERROR;

    shape_piece(search, walk, limit);
    statement = search_statement(search);
    while (statement != NULL && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!read_row(walk, statement)) {
            problem = problem_no_memory(search->err);
            break;
        }
    }
    if (problem == PROBLEM_NONE && code != SQLITE_DONE)
        problem = search_failed(search);
    sqlite_rewind(statement);
    return problem;
}

static bool same_value(const struct walk_entry *a, const struct walk_entry *b)
{
    return a->place.value == b->place.value && span_eq(a->place.text, b->place.text);
}

/* Where the entries of the same value as the one before `end` begin. */
static size_t group_start(const struct walk *walk, size_t end)
{
    size_t start = end - 1;

    while (start > 0 && same_value(&walk->entries[start - 1], &walk->entries[end - 1]))
        start--;
    return start;
}

/* Turns each group of entries of the same value around: newest first. */
static void turn_groups(struct walk *walk)
{
    for (size_t end = walk->count; end > 0;) {
        size_t start = group_start(walk, end);
        for (size_t i = start, j = end - 1; i < j; i++, j--) {
            struct walk_entry entry = walk->entries[i];
            walk->entries[i] = walk->entries[j];
            walk->entries[j] = entry;
        }
        end = start;
    }
}

static bool go_on(struct walk *walk, enum shape_part part, const struct walk_entry *entry,
                  int64_t below)
{
    walk->part = part;
    walk->value = entry->place.value;
    walk->below = below;
    return !walk->by_name || set_text(walk, entry->place.text);
}

/* What was behind the last value: those without a date. */
static void go_beyond_all(struct walk *walk)
{
    walk->ended = walk->by_name;
    walk->part = SHAPE_ABSENT;
    walk->below = INT64_MAX;
}

/* A full piece upwards: what is after its last whole value comes again, by itself if need be. */
static bool cut_upwards(struct walk *walk)
{
    size_t start = group_start(walk, walk->count);

    walk->count = start;
    if (start == 0)
        return go_on(walk, SHAPE_INSIDE, &walk->entries[0], INT64_MAX);
    turn_groups(walk);
    return go_on(walk, SHAPE_BEYOND, &walk->entries[start - 1], 0);
}

/* Goes on behind the last entry of a full piece. */
static bool go_on_behind(struct walk *walk, enum shape_part part)
{
    const struct walk_entry *last = &walk->entries[walk->count - 1];

    return go_on(walk, part, last, last->place.position);
}

static bool move_on(struct walk *walk, bool full, bool ascending)
{
    if (walk->part == SHAPE_INSIDE && !full) {
        walk->part = SHAPE_BEYOND;
        return true;
    }
    if (walk->part == SHAPE_ABSENT && !full) {
        walk->ended = true;
        return true;
    }
    if (walk->part == SHAPE_INSIDE || walk->part == SHAPE_ABSENT)
        return go_on_behind(walk, walk->part);
    if (full && ascending)
        return cut_upwards(walk);
    if (full)
        return go_on_behind(walk, SHAPE_INSIDE);
    if (ascending)
        turn_groups(walk);
    go_beyond_all(walk);
    return true;
}

/* Behind the prefix nothing matches. */
static void cut_at_prefix(const struct search *search, struct walk *walk)
{
    if (!walk->by_name || !has_prefix(search))
        return;
    for (size_t i = 0; i < walk->count; i++) {
        if (!search_name_matches(search, walk->entries[i].place.text)) {
            walk->count = i;
            walk->ended = true;
        }
    }
}

static bool make_room(struct search *search, struct walk *walk, size_t need)
{
    size_t room = walk->room > 0 ? walk->room : 64;

    arena_clear(&walk->texts);
    walk->count = 0;
    if (walk->room >= need)
        return true;
    while (room < need)
        room *= 2;
    walk->entries = ARENA_ARRAY(&search->scratch, struct walk_entry, room);
    walk->room = walk->entries != NULL ? room : 0;
    return walk->entries != NULL;
}

enum problem walk_read(struct search *search, struct walk *walk, size_t limit)
{
    size_t size = limit > LIMIT_MIN ? limit : LIMIT_MIN;
    enum problem problem;

    if (!make_room(search, walk, size))
        return problem_no_memory(search->err);
    if (walk->ended)
        return PROBLEM_NONE;
    problem = read_piece(search, walk, size);
    if (problem != PROBLEM_NONE)
        return problem;
    walk->cost = walk->count + 1;
    if (!move_on(walk, walk->count == size, search->query->ascending))
        return problem_no_memory(search->err);
    cut_at_prefix(search, walk);
    return PROBLEM_NONE;
}
