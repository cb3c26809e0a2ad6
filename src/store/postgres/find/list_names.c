/* Listings by name: from each segment the runs of names that come first. */
#include "store/postgres/find/listing.h"

#include "base/mem.h"
#include "base/scope.h"
#include "store/name_grams.h"
#include "store/name_key.h"
#include "store/name_range.h"
#include "store/postgres/names/name_order.h"
#include "store/postgres/read.h"

#include "store/postgres/find/costs.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* Names among which all that match are, both inclusive. */
struct stretch {
    struct span first, last;
    bool open; /* without a last one */
};

struct run {
    struct span first, last;
    int64_t newest;
    struct span ordinals;
    bool is_next; /* the first of its segment that may be lacking behind it */
};

struct by_name {
    const struct find_search *search;
    struct pg_connection *connection;
    struct err *err;
    struct stretch *stretches; /* in the order of the query */
    size_t stretch_count;
    struct run *runs;
    size_t run_count;
};

static void release(struct by_name *by_name)
{
    mem_free(by_name->stretches);
    mem_free(by_name->runs);
}

static bool is_ascending(const struct by_name *by_name)
{
    return by_name->search->query->ascending;
}

/* The ranges that all grams of the pattern have in common, a first byte after another. */
static const char ranges[] =
    "SELECT first, last FROM (SELECT head, max(first) AS first, min(last) AS last FROM name_range "
    "WHERE gram = ANY($1::int8[]) GROUP BY head HAVING count(*) = (SELECT count(DISTINCT g) FROM "
    "unnest($1::int8[]) AS g)) AS p WHERE first <= last ORDER BY head";

static enum problem ask_ranges(struct by_name *by_name)
{
    const struct query *query = by_name->search->query;
    struct arena *arena = by_name->search->arena;
    struct pg_params params = {0};
    int64_t grams[NAME_GRAMS_ASKED];
    size_t count = name_grams_ask(query, NAME_RANGE_GRAM, grams);
    const PGresult *result;

    for (size_t i = 0; i < count; i++)
        grams[i] = (int64_t)(uint32_t)grams[i];
    param_numbers(&params, arena, grams, count);
    if (count == 0)
        return problem_no_memory(by_name->err);
    result = pg_ask(by_name->connection, ranges, &params);
    if (result == NULL)
        return pg_failed(by_name->connection, by_name->err);
    by_name->stretch_count = pg_rows(result);
    by_name->stretches = mem_alloc(pg_rows(result) + 1, sizeof(*by_name->stretches));
    for (size_t i = 0; i < pg_rows(result) && by_name->stretches != NULL; i++) {
        struct pg_row row = {result, (int)i};
        size_t at = is_ascending(by_name) ? i : pg_rows(result) - 1 - i;
        by_name->stretches[at] =
            (struct stretch){row_text(row, 0, arena), row_text(row, 1, arena), false};
    }
    pg_clear(by_name->connection);
    return by_name->stretches != NULL ? PROBLEM_NONE : problem_no_memory(by_name->err);
}

/* All names, those that begin with the pattern, or the one that is folded alike. */
static enum problem make_stretch(struct by_name *by_name)
{
    const struct query *query = by_name->search->query;
    struct stretch stretch = {{"", 0}, {"", 0}, true};
    char *text;

    by_name->stretches = mem_alloc(1, sizeof(*by_name->stretches));
    if (by_name->stretches == NULL)
        return problem_no_memory(by_name->err);
    if (query->has_name && query->name_folded.len > 0) {
        stretch.first = name_key(query->name_folded);
        text = arena_alloc(by_name->search->arena, 1, stretch.first.len + 4);
        if (text == NULL)
            return problem_no_memory(by_name->err);
        stretch.open = !name_successor(stretch.first, text, &stretch.last);
    }
    by_name->stretches[0] = stretch;
    by_name->stretch_count = 1;
    return PROBLEM_NONE;
}

/* Leaves of the stretches what comes at the place or behind it. */
static void cut_stretches(struct by_name *by_name)
{
    struct span key;
    size_t count = 0;

    if (by_name->search->place == NULL)
        return;
    key = name_key(by_name->search->place->text);
    for (size_t i = 0; i < by_name->stretch_count; i++) {
        struct stretch stretch = by_name->stretches[i];
        if (is_ascending(by_name)) {
            if (!stretch.open && span_compare(stretch.last, key) < 0)
                continue;
            if (span_compare(stretch.first, key) < 0)
                stretch.first = key;
        } else {
            if (span_compare(stretch.first, key) > 0)
                continue;
            if (stretch.open || span_compare(stretch.last, key) > 0)
                stretch.last = key;
            stretch.open = false;
        }
        by_name->stretches[count++] = stretch;
    }
    by_name->stretch_count = count;
}

/* Of each segment the first runs from a name on. Those of that name alone are left out that are of
 * newer jobs than the place. */
#define RUNS_FROM                                                                                  \
    "SELECT s.first, o.* FROM (SELECT first FROM name_segment) AS s CROSS JOIN LATERAL ("
#define RUNS                                                                                       \
    "(SELECT first, last, newest, ordinals FROM name_order WHERE segment = s.first AND NOT "       \
    "(first = $1 AND last = $1 AND oldest >= $2) AND "

static const char upwards[] = RUNS_FROM RUNS "last >= $1 ORDER BY last, run LIMIT $3)) AS o";

/* At most one run begins before the name and ends behind it. */
static const char downwards[] = RUNS_FROM
    "SELECT * FROM (SELECT first, last, newest, ordinals FROM name_order WHERE segment = s.first "
    "AND last > $1 ORDER BY last, run LIMIT 1) AS b WHERE first <= $1 UNION ALL " RUNS
    "last <= $1 ORDER BY last DESC, run LIMIT $3)) AS o";
static const char from_the_end[] = RUNS_FROM
    "(SELECT first, last, newest, ordinals FROM name_order WHERE segment = s.first ORDER BY last "
    "DESC, run LIMIT $1)) AS o";

static struct run run_of(struct pg_row row)
{
    return (struct run){row_span(row, 1), row_span(row, 2), row_number(row, 3, 0), row_span(row, 4),
                        false};
}

static int upward(const void *a, const void *b)
{
    const struct run *left = a, *right = b;
    int order = span_compare(left->first, right->first);

    return order != 0 ? order : (left->newest < right->newest) - (left->newest > right->newest);
}

static int downward(const void *a, const void *b)
{
    const struct run *left = a, *right = b;
    int order = span_compare(right->last, left->last);

    return order != 0 ? order : (left->newest < right->newest) - (left->newest > right->newest);
}

/* The runs of a segment follow each other; the last of `most` is that behind which some lack. */
static bool take_runs(struct by_name *by_name, const PGresult *result, size_t most)
{
    size_t in_row = 0;

    mem_free(by_name->runs);
    by_name->runs = mem_alloc(pg_rows(result) + 1, sizeof(*by_name->runs));
    by_name->run_count = 0;
    for (size_t i = 0; i < pg_rows(result) && by_name->runs != NULL; i++) {
        struct pg_row row = {result, (int)i}, before = {result, (int)i - 1};
        in_row = i > 0 && row_number(row, 0, 0) == row_number(before, 0, 0) ? in_row + 1 : 1;
        by_name->runs[by_name->run_count] = run_of(row);
        by_name->runs[by_name->run_count++].is_next = in_row == most;
    }
    if (by_name->run_count > 0)
        qsort(by_name->runs, by_name->run_count, sizeof(*by_name->runs),
              is_ascending(by_name) ? upward : downward);
    return by_name->runs != NULL;
}

static void list_run(struct find_listing *listing, const struct run *run)
{
    uint32_t ordinal;

    for (size_t at = 0; at + sizeof(ordinal) <= run->ordinals.len; at += sizeof(ordinal)) {
        memcpy(&ordinal, run->ordinals.ptr + at, sizeof(ordinal));
        ordinal = ntohl(ordinal);
        if (ordinal < listing->left->blocks * JOB_BLOCK)
            find_list_add(listing, ordinal);
    }
}

/* Where a run begins. What is behind a key that was cut off is no key: all that begin so come
 * before. */
static enum problem set_bound(const struct by_name *by_name, struct span key, int64_t newest,
                              struct find_listing *listing)
{
    char *text = arena_alloc(by_name->search->arena, 1, key.len + 4);

    if (text == NULL)
        return problem_no_memory(by_name->err);
    memcpy(text, key.ptr, key.len);
    listing->bound = BOUND_NAME;
    listing->text = (struct span){text, key.len};
    listing->position = newest;
    if (is_ascending(by_name) || key.len <= NAME_KEY_WHOLE)
        return PROBLEM_NONE;
    if (!name_successor(key, text, &listing->text))
        listing->bound = BOUND_NOWHERE;
    listing->position = INT64_MAX;
    return PROBLEM_NONE;
}

static bool is_beyond(const struct by_name *by_name, const struct stretch *stretch,
                      const struct run *run)
{
    if (is_ascending(by_name))
        return !stretch->open && span_compare(run->first, stretch->last) > 0;
    return span_compare(run->last, stretch->first) < 0;
}

/* Lists the stretch's runs up to the first that must not be, or until there are enough. */
static enum problem list_runs(const struct by_name *by_name, const struct stretch *stretch,
                              size_t wanted, struct find_listing *listing, bool *ret_all)
{
    *ret_all = true;
    for (size_t i = 0; i < by_name->run_count; i++) {
        const struct run *run = &by_name->runs[i];
        if (is_beyond(by_name, stretch, run))
            break;
        if (run->is_next || listing->count >= wanted) {
            *ret_all = false;
            return set_bound(by_name, is_ascending(by_name) ? run->first : run->last, run->newest,
                             listing);
        }
        list_run(listing, run);
    }
    return PROBLEM_NONE;
}

/* Whether all that have this key have the place's whole name. */
static bool is_key_of(const struct find_place *place, struct span key)
{
    return place->text.len <= NAME_KEY_WHOLE && span_eq(place->text, key);
}

static enum problem list_stretch(struct by_name *by_name, const struct stretch *stretch,
                                 size_t runs, size_t wanted, struct find_listing *listing,
                                 bool *ret_all)
{
    const struct find_place *place = by_name->search->place;
    struct span from = is_ascending(by_name) ? stretch->first : stretch->last;
    bool whole = !is_ascending(by_name) && stretch->open;
    struct pg_params params = {0};
    const PGresult *result;
    enum problem problem;

    if (!whole) {
        param_text(&params, from);
        param_number(&params,
                     place != NULL && is_key_of(place, from) ? place->numbers.position : INT64_MAX);
    }
    param_number(&params, (int64_t)runs + 1);
    result = pg_ask(by_name->connection,
                    whole                   ? from_the_end
                    : is_ascending(by_name) ? upwards
                                            : downwards,
                    &params);
    if (result == NULL)
        return pg_failed(by_name->connection, by_name->err);
    problem = take_runs(by_name, result, runs + 1)
                  ? list_runs(by_name, stretch, wanted, listing, ret_all)
                  : problem_no_memory(by_name->err);
    pg_clear(by_name->connection);
    return problem;
}

/* The last run of each segment that is listed goes beyond the bound. */
static size_t beyond(const struct find_names *names)
{
    double jobs = NAME_ORDER_RUN * names->jobs / (names->words.jobs + 1);

    return (size_t)(jobs * names->words.segments);
}

/* Of few candidates all are sooner read. */
static bool are_few(const struct find_names *names, double runs, size_t wanted)
{
    double spared = names->jobs - (double)wanted;

    return spared * FIND_LISTED_US < runs * names->words.segments * FIND_RUN_US;
}

/* Before all of a stretch. */
static enum problem stop_before(const struct by_name *by_name, const struct stretch *stretch,
                                struct find_listing *listing)
{
    struct span key = is_ascending(by_name) ? stretch->first : stretch->last;

    listing->whole = false;
    if (!is_ascending(by_name) && stretch->open) {
        listing->bound = BOUND_NOWHERE;
        return PROBLEM_NONE;
    }
    return set_bound(by_name, key, INT64_MAX, listing);
}

enum problem find_list_names(const struct find_search *search, struct pg_connection *connection,
                             size_t wanted, struct find_listing *listing, struct err *err)
{
    AUTO(release) struct by_name by_name = {search, connection, err, NULL, 0, NULL, 0};
    const struct query *query = search->query;
    bool ranged =
        find_by_name(query) && (query->match == MATCH_ANYWHERE || query->match == MATCH_END);
    enum problem problem;
    double runs;

    wanted += search->names->thorough ? 0 : beyond(search->names);
    runs = 1.25 * find_names_runs(search->names, search->names->jobs, (double)wanted);
    listing->whole = true;
    if (are_few(search->names, runs, wanted) && !search->names->thorough) {
        find_list_newest(listing, NULL, INT64_MAX, SIZE_MAX);
        return PROBLEM_NONE;
    }
    problem = ranged ? ask_ranges(&by_name) : make_stretch(&by_name);

    if (problem == PROBLEM_NONE)
        cut_stretches(&by_name);
    for (size_t i = 0; i < by_name.stretch_count && problem == PROBLEM_NONE && listing->whole; i++)
        problem = listing->count >= wanted
                      ? stop_before(&by_name, &by_name.stretches[i], listing)
                      : list_stretch(&by_name, &by_name.stretches[i], (size_t)runs, wanted, listing,
                                     &listing->whole);
    return problem;
}
