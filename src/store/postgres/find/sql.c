/* The statement of a way: its candidates, the tests they have to pass, the order, the jobs. */
#include "store/postgres/find/sql.h"

#include "store/postgres/find/listing.h"
#include "store/postgres/find/writing.h"
#include "store/postgres/names/segment.h"

static int64_t limit_of(const struct find_writing *w)
{
    return (int64_t)w->query->page_size + 1;
}

static void add_status_test(struct find_writing *w, const char *column)
{
    int64_t numbers[STATUS_COUNT];
    size_t count = 0;

    for (int status = 0; status < STATUS_COUNT; status++)
        if (w->query->statuses & (1u << status))
            numbers[count++] = status;
    param_numbers(w->params, w->search->arena, numbers, count);
    buf_printf(w->sql, " AND %s = ANY($%d)", column, w->params->count);
}

static void add_word_tests(struct find_writing *w)
{
    if (w->query->type_count > 0) {
        param_texts(w->params, w->search->arena, w->query->types, w->query->type_count);
        find_add(w, " AND c.type = ANY(");
        find_add_last(w);
        find_add(w, ")");
    }
    if (w->query->has_user) {
        param_uuid(w->params, &w->query->user);
        find_add(w, " AND c.person = ");
        find_add_last(w);
    }
}

/* A column of the candidate, which is looked up where only few are asked for it. */
static void add_column(struct find_writing *w, const char *column)
{
    if (find_is_lazy(w))
        buf_printf(w->sql, "(SELECT job.%s FROM job WHERE job.position = c.position)", column);
    else
        buf_printf(w->sql, "c.%s", column);
}

static void add_name_test(struct find_writing *w)
{
    bool exact = w->query->match == MATCH_EXACT;

    if (!find_by_name(w->query))
        return;
    find_add(w, " AND ");
    add_column(w, exact ? "name" : "name_folded");
    if (exact) {
        find_add(w, " = ");
        find_add_text(w, w->query->name);
    } else
        buf_printf(w->sql, " LIKE $%d", find_pattern(w));
}

/*
 * What the index by name lacks is looked up, where the rest of the tests is passed: by a subquery
 * with a value, for one of EXISTS the planner might read all jobs of a status beforehand.
 */
static void add_key_tests(struct find_writing *w)
{
    bool status = w->query->statuses != STATUS_MASK_ALL;
    bool exact = find_by_name(w->query) && w->query->match == MATCH_EXACT;

    add_word_tests(w);
    if (find_by_name(w->query) && !exact)
        buf_printf(w->sql,
                   " AND CASE WHEN octet_length(c.name_key) <= " FIND_KEY_WHOLE
                   " THEN c.name_key LIKE $%d ELSE (SELECT job.name_folded LIKE $%d FROM job "
                   "WHERE job.position = c.position) END",
                   find_pattern(w), find_pattern(w));
    if (!status && !exact)
        return;
    find_add(w, " AND (SELECT TRUE");
    if (status)
        add_status_test(w, "job.status");
    if (exact) {
        find_add(w, " AND job.name = ");
        find_add_text(w, w->query->name);
    }
    find_add(w, " FROM job WHERE job.position = c.position)");
}

/* What the source does not see to itself. */
static void add_tests(struct find_writing *w)
{
    enum find_source source = w->way->source;

    find_add(w, "(TRUE");
    if (find_reads_names(w)) {
        add_key_tests(w);
    } else {
        if (source == FIND_LISTED && w->query->statuses != STATUS_MASK_ALL)
            add_status_test(w, "c.status");
        if (source == FIND_LISTED || source == FIND_DATES)
            add_word_tests(w);
        add_name_test(w);
    }
    find_add(w, ")");
}

/* The enum values are in the order of the wire's texts. */
static int64_t value_of(const struct query *query, enum job_status status)
{
    return query->order == ORDER_STATE ? (int64_t)status_state(status)
                                       : (int64_t)status_result(status);
}

/* What the order compares before the position. */
static void add_value(struct find_writing *w)
{
    switch (w->query->order) {
    case ORDER_CREATED:
        break;
    case ORDER_NAME:
        add_column(w, "name_folded");
        break;
    case ORDER_TYPE:
        add_column(w, "type");
        break;
    case ORDER_START_DATE:
    case ORDER_END_DATE:
        buf_printf(w->sql, "c.%s", find_date(w->query));
        break;
    case ORDER_STATE:
    case ORDER_RESULT:
        find_add(w, "('{");
        for (int status = 0; status < STATUS_COUNT; status++)
            buf_printf(w->sql, "%s%d", status > 0 ? "," : "",
                       (int)value_of(w->query, (enum job_status)status));
        find_add(w, "}'::int[])[c.status + 1]");
        break;
    }
}

static void add_order(struct find_writing *w)
{
    find_add(w, " ORDER BY ");
    if (w->query->order != ORDER_CREATED) {
        add_value(w);
        find_add(w, w->query->ascending ? " ASC NULLS LAST, " : " DESC NULLS LAST, ");
    }
    find_add(w, "c.position DESC");
}

static bool is_date(enum query_order order)
{
    return order == ORDER_START_DATE || order == ORDER_END_DATE;
}

/* Behind the place: a further value, or the same and an older job; those without a date last. */
static void add_behind(struct find_writing *w)
{
    const struct query *query = w->query;

    if (w->place == NULL)
        return;
    find_add(w, " AND (");
    if (is_date(query->order) && w->place->numbers.value == JOB_NO_TIME) {
        add_value(w);
        find_add(w, " IS NULL AND ");
    } else if (query->order != ORDER_CREATED) {
        if (query->order == ORDER_NAME || query->order == ORDER_TYPE)
            param_text(w->params, w->place->text);
        else
            param_number(w->params, w->place->numbers.value);
        w->value = w->params->count;
        add_value(w);
        buf_printf(w->sql, " %s $%d OR ", query->ascending ? ">" : "<", w->value);
        if (is_date(query->order)) {
            add_value(w);
            find_add(w, " IS NULL OR ");
        }
        add_value(w);
        buf_printf(w->sql, " = $%d AND ", w->value);
    }
    find_add(w, "c.position < ");
    find_add_number(w, w->place->numbers.position);
    find_add(w, ")");
}

/* Whether a job is at the last ordinal of a listing, or newer. */
static void add_newer(struct find_writing *w)
{
    param_number(w->params, w->search->listing->last_ordinal);
    buf_printf(w->sql,
               "c.position >= (SELECT positions[$%d %% " NAME_PLACE_TEXT " + 1] FROM "
               "name_place WHERE place = $%d / " NAME_PLACE_TEXT ")",
               w->params->count, w->params->count);
}

/* The value comes before the bound's, or it is the same one. */
static void add_before(struct find_writing *w, bool text)
{
    if (text)
        param_text(w->params, w->search->listing->text);
    else
        param_number(w->params, w->search->listing->value);
    add_value(w);
    buf_printf(w->sql, " %s $%d", w->query->ascending ? "<" : ">", w->params->count);
}

/* That nothing which the listing lacks comes before it. */
static void add_bound(struct find_writing *w)
{
    const struct find_listing *listing = w->search->listing;

    if (w->way->source != FIND_LISTED || listing->whole || listing->bound == BOUND_NONE)
        return;
    find_add(w, " AND (");
    switch (listing->bound) {
    case BOUND_NONE:
    case BOUND_NOWHERE:
        find_add(w, "FALSE");
        break;
    case BOUND_VALUE:
    case BOUND_TYPE:
    case BOUND_NAME:
        add_before(w, listing->bound != BOUND_VALUE);
        find_add(w, " OR ");
        add_value(w);
        buf_printf(w->sql, " = $%d AND ", w->params->count);
        if (listing->bound != BOUND_NAME)
            add_newer(w);
        else {
            find_add(w, "c.position > ");
            find_add_number(w, listing->position);
        }
        break;
    case BOUND_DATE:
        add_before(w, false);
        break;
    case BOUND_ABSENT:
        add_value(w);
        find_add(w, " IS NOT NULL OR ");
        add_newer(w);
        break;
    }
    find_add(w, ")");
}

/* In order, as far as a page goes or the budget: then its last row is there, whatever it is. */
static void add_in_order(struct find_writing *w)
{
    find_add(w, "SELECT x.position, x.rank, x.verdict, NULL::int8 AS seen FROM (SELECT c.position, "
                "row_number() OVER () AS rank, CASE WHEN ");
    add_tests(w);
    find_add(w, " IS NOT TRUE THEN 0 ");
    if (find_reads_names(w) && !w->way->whole_names)
        find_add(w, "WHEN octet_length(c.name_key) > " FIND_KEY_WHOLE " THEN 2 ");
    find_add(w, "ELSE 1 END AS verdict FROM (SELECT * FROM (");
    find_candidates(w);
    find_add(w, ") AS s LIMIT ");
    find_add_number(w, w->budget);
    buf_printf(w->sql, ") AS c) AS x WHERE x.verdict > 0 OR x.rank = $%d LIMIT ", w->params->count);
    find_add_number(w, limit_of(w));
}

/*
 * All matches, the budget permitting, and of them the first in order. What does not match is left
 * out as it is read, but for the row with which the budget ends: only matches are kept and sorted.
 */
static void add_best(struct find_writing *w)
{
    int budget;

    find_add(w,
             "WITH k AS MATERIALIZED (SELECT * FROM (SELECT c.*, row_number() OVER () AS seen, ");
    add_tests(w);
    add_behind(w);
    add_bound(w);
    find_add(w, " AS good FROM (SELECT * FROM (");
    find_candidates(w);
    find_add(w, ") AS s LIMIT ");
    find_add_number(w, w->budget);
    budget = w->params->count;
    buf_printf(w->sql, ") AS c) AS x WHERE x.good OR x.seen = $%d)", budget);
    find_add(w, " SELECT b.position, b.rank, 1 AS verdict, n.seen FROM (SELECT coalesce(max(seen), "
                "0) AS seen FROM k) AS n LEFT JOIN (SELECT o.position, row_number() OVER () AS "
                "rank FROM (SELECT c.position FROM k AS c WHERE c.good");
    add_order(w);
    find_add(w, " LIMIT ");
    find_add_number(w, limit_of(w));
    find_add(w, ") AS o) AS b ON TRUE");
}

void find_sql(const struct find_search *search, const struct find_way *way, int64_t budget,
              struct buf *sql, struct pg_params *params)
{
    struct find_writing w = {
        .search = search,
        .way = way,
        .query = search->query,
        .place = search->place,
        .sql = sql,
        .params = params,
    };

    w.budget = way->tested ? budget : limit_of(&w);
    find_add(&w, "SELECT " PG_JOB_COLUMNS ", p.rank, p.verdict, p.seen FROM (");
    if (way->all)
        add_best(&w);
    else
        add_in_order(&w);
    find_add(&w, ") AS p LEFT JOIN job USING (position) LEFT JOIN job_change USING (position) "
                 "ORDER BY p.rank");
}
