/* Walks: the jobs in the order of a date or of their names, in parts that an index has in order. */
#include "store/postgres/find/writing.h"

#include "store/name_grams.h"
#include "store/name_range.h"
#include "store/postgres/names/segment.h"

/* Which of the jobs with, or without, a value: an index has them in parts. */
enum part { PART_INSIDE, PART_BEYOND, PART_ABSENT };

static void add_date_condition(struct find_writing *w, enum part part)
{
    const char *date = find_date(w->query);

    switch (part) {
    case PART_INSIDE:
        buf_printf(w->sql, " AND job.%s = $%d AND job.position < $%d", date, w->value, w->position);
        break;
    case PART_BEYOND:
        buf_printf(w->sql, " AND job.%s %s $%d", date, w->query->ascending ? ">" : "<", w->value);
        break;
    case PART_ABSENT:
        buf_printf(w->sql, " AND job.%s IS NULL AND job.position < $%d", date, w->position);
        break;
    }
}

/*
 * Upwards the index has the older of a date's jobs first; they are sorted date by date. Those
 * without a date are ordered by it, too, so that no other index will do.
 */
static const char *date_order(const struct query *query, enum part part)
{
    static const char *const orders[2][2] = {
        {" ORDER BY ended_on DESC NULLS LAST, position DESC",
         " ORDER BY ended_on ASC NULLS FIRST, position DESC"},
        {" ORDER BY started_on DESC NULLS LAST, position DESC",
         " ORDER BY started_on ASC NULLS FIRST, position DESC"},
    };

    if (part == PART_INSIDE)
        return FIND_NEWEST_FIRST;
    return orders[query->order == ORDER_START_DATE][part == PART_BEYOND && query->ascending];
}

static void add_date_part(struct find_writing *w, enum part part)
{
    const char *order = date_order(w->query, part);
    int number = w->status;

    find_add(w, "(");
    for (int status = 0; status < STATUS_COUNT; status++) {
        if (!(w->query->statuses & (1u << status)))
            continue;
        find_add(w, number > w->status ? " UNION ALL (SELECT " : "(SELECT ");
        find_columns(w, "job");
        buf_printf(w->sql, " FROM job WHERE job.status = $%d", number++);
        add_date_condition(w, part);
        buf_printf(w->sql, "%s)", order);
    }
    find_end_merge(w, (size_t)(number - w->status), order);
    find_add(w, ")");
}

void find_date_walk(struct find_writing *w)
{
    bool absent = w->place != NULL && w->place->numbers.value == JOB_NO_TIME;
    int64_t first = w->query->ascending ? INT64_MIN : INT64_MAX;

    find_statuses(w);
    param_number(w->params, w->place != NULL ? w->place->numbers.position : INT64_MAX);
    w->position = w->params->count;
    if (absent) {
        add_date_part(w, PART_ABSENT);
        return;
    }
    param_number(w->params, w->place != NULL ? w->place->numbers.value : first);
    w->value = w->params->count;
    if (w->place != NULL) {
        add_date_part(w, PART_INSIDE);
        find_add(w, " UNION ALL ");
        add_date_part(w, PART_BEYOND);
        param_number(w->params, INT64_MAX);
        w->position = w->params->count;
    } else
        add_date_part(w, PART_BEYOND);
    find_add(w, " UNION ALL ");
    add_date_part(w, PART_ABSENT);
}

/* The first text behind all that begin with this one; false when there is none. */
static bool successor(struct find_writing *w, struct span prefix, struct span *ret_text)
{
    char *text = arena_alloc(w->search->arena, 1, prefix.len + 4);

    w->params->failed = w->params->failed || text == NULL;
    if (text == NULL)
        return false;
    return name_successor(prefix, text, ret_text);
}

/* What the name filter says of the key. */
static void add_key_range(struct find_writing *w)
{
    struct span key = name_key(w->query->name_folded), end;

    if (!find_by_name(w->query))
        return;
    if (w->query->match == MATCH_EXACT) {
        find_add(w, " AND n.name_key = ");
        find_add_text(w, key);
    } else if (w->query->match == MATCH_START) {
        find_add(w, " AND n.name_key >= ");
        find_add_text(w, key);
        if (successor(w, key, &end)) {
            find_add(w, " AND n.name_key < ");
            find_add_text(w, end);
        }
    }
}

static void add_name_columns(struct find_writing *w)
{
    find_add(w, "n.position, n.name_key, n.type, n.person");
    if (w->way->whole_names)
        find_add(w, ", j.name_folded");
    find_add(w, " FROM job_name AS n");
    if (w->way->whole_names)
        find_add(w, " CROSS JOIN LATERAL (SELECT * FROM job WHERE job.position = n.position) AS j");
    find_add(w, " WHERE TRUE");
}

/* Whether the names that match lie in ranges; those that begin alike are one of themselves. */
static bool has_ranges(const struct find_writing *w)
{
    return find_by_name(w->query) &&
           (w->query->match == MATCH_ANYWHERE || w->query->match == MATCH_END);
}

#define HEAD_OF_NAME "get_byte(convert_to(l.name_key, 'UTF8') || '\\x00'::bytea, 0)"

/*
 * The ranges that all grams of the pattern have in common, a head after another, together with the
 * names that the index does not have yet.
 */
static void add_ranges(struct find_writing *w)
{
    int64_t grams[NAME_GRAMS_ASKED];
    size_t count = name_grams_ask(w->query, NAME_RANGE_GRAM, grams);

    w->params->failed = w->params->failed || count == 0;
    for (size_t i = 0; i < count; i++)
        grams[i] = (int64_t)(uint32_t)grams[i];
    param_numbers(w->params, w->search->arena, grams, count);
    buf_printf(w->sql,
               "(SELECT head, min(first) AS first, max(last) AS last FROM (SELECT head, max(first) "
               "AS first, min(last) AS last FROM name_range WHERE gram = ANY($%d::int8[]) GROUP BY "
               "head HAVING count(*) = (SELECT count(DISTINCT g) FROM unnest($%d::int8[]) AS g) "
               "UNION ALL SELECT " HEAD_OF_NAME ", l.name_key, l.name_key FROM (SELECT name_key "
               "FROM job_name WHERE position > " NAME_SEGMENT_WATERMARK
               " OFFSET 0) AS l WHERE l.name_key LIKE $%d OR octet_length(l.name_key) "
               "> " FIND_KEY_WHOLE ") AS p WHERE first <= last GROUP BY head ORDER BY head%s) AS r "
               "CROSS JOIN LATERAL ",
               w->params->count, w->params->count, find_pattern(w),
               w->query->ascending ? "" : " DESC");
}

static void add_name_part(struct find_writing *w, enum part part)
{
    const char *direction = w->query->ascending ? "" : " DESC";
    bool ranges = part == PART_BEYOND && has_ranges(w);

    if (ranges) {
        find_add(w, "(SELECT n.* FROM ");
        add_ranges(w);
    }
    find_add(w, "(SELECT ");
    add_name_columns(w);
    if (ranges)
        find_add(w, " AND n.name_key >= r.first AND n.name_key <= r.last");
    if (w->place != NULL) {
        buf_printf(w->sql, " AND n.name_key %s ",
                   part == PART_INSIDE   ? "="
                   : w->query->ascending ? ">"
                                         : "<");
        find_add_text(w, name_key(w->place->text));
    }
    if (w->place != NULL && part == PART_INSIDE) {
        find_add(w, " AND n.position < ");
        find_add_number(w, w->place->numbers.position);
    }
    add_key_range(w);
    if (part == PART_INSIDE)
        find_add(w, " ORDER BY n.position DESC)");
    else
        buf_printf(w->sql, " ORDER BY n.name_key%s, n.position DESC)%s", direction,
                   ranges ? " AS n)" : "");
}

/* Keys that are cut off are put in order by the whole names: of each key, all of them are read. */
static void add_whole_names(struct find_writing *w)
{
    const char *beyond = w->query->ascending ? ">" : "<";
    const char *direction = w->query->ascending ? "" : " DESC";

    find_add(w, "SELECT ");
    add_name_columns(w);
    add_key_range(w);
    if (w->place != NULL) {
        buf_printf(w->sql, " AND n.name_key %s= ", beyond);
        find_add_text(w, name_key(w->place->text));
        buf_printf(w->sql, " AND (j.name_folded %s ", beyond);
        find_add_text(w, w->place->text);
        buf_printf(w->sql, " OR j.name_folded = $%d AND n.position < ", w->params->count);
        find_add_number(w, w->place->numbers.position);
        find_add(w, ")");
    }
    buf_printf(w->sql, " ORDER BY n.name_key%s, j.name_folded%s, n.position DESC", direction,
               direction);
}

void find_name_walk(struct find_writing *w)
{
    if (w->way->whole_names)
        add_whole_names(w);
    else if (w->place != NULL) {
        add_name_part(w, PART_INSIDE);
        find_add(w, " UNION ALL ");
        add_name_part(w, PART_BEYOND);
    } else
        add_name_part(w, PART_BEYOND);
}
