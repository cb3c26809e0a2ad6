/* Listings by date: zone by zone, that first which can have the best date. */
#include "store/postgres/find/listing.h"

#include "base/mem.h"
#include "base/scope.h"
#include "store/postgres/names/marks.h"
#include "store/postgres/read.h"

#include <stdlib.h>

/*
 * A zone is 256 jobs that were created together, a chunk 65,536. So listing goes from zone to zone,
 * and where the page is full it has gone little further than the time that jobs take.
 */
struct zone {
    int64_t number; /* of a chunk, or of a zone in all */
    struct date_bounds bounds;
};

struct by_date {
    const struct find_search *search;
    struct pg_connection *connection;
    struct err *err;
    struct zone *chunks, *zones; /* the best first */
    size_t chunk_count, zone_count;
};

static void release(struct by_date *by_date)
{
    mem_free(by_date->chunks);
    mem_free(by_date->zones);
}

static int kind_of(const struct query *query)
{
    return query->order == ORDER_START_DATE ? DATE_STARTED : DATE_ENDED;
}

/* Whether all of them come before the place. */
static bool is_passed(const struct find_search *search, const struct date_bounds *bounds)
{
    int64_t value;

    if (search->place == NULL)
        return false;
    value = search->place->numbers.value;
    return value == JOB_NO_TIME ||
           (search->query->ascending ? bounds->last < value : bounds->first > value);
}

static bool is_wanted(const struct by_date *by_date, const struct find_listing *listing,
                      const struct zone *zone, int64_t ordinals)
{
    int64_t from = zone->number * ordinals;

    return zone->bounds.first <= zone->bounds.last && !is_passed(by_date->search, &zone->bounds) &&
           job_bits_next(listing->left, from, from + ordinals) >= 0;
}

static int ascending(const void *a, const void *b)
{
    const struct zone *left = a, *right = b;

    return (left->bounds.first > right->bounds.first) - (left->bounds.first < right->bounds.first);
}

static int descending(const void *a, const void *b)
{
    const struct zone *left = a, *right = b;

    return (left->bounds.last < right->bounds.last) - (left->bounds.last > right->bounds.last);
}

static void sort(const struct by_date *by_date, struct zone *zones, size_t count)
{
    if (count > 0)
        qsort(zones, count, sizeof(*zones),
              by_date->search->query->ascending ? ascending : descending);
}

static int64_t best_of(const struct by_date *by_date, const struct zone *zone)
{
    return by_date->search->query->ascending ? zone->bounds.first : zone->bounds.last;
}

/* Whether nothing of a zone can come before all of another one. */
static bool is_behind(const struct by_date *by_date, const struct zone *zone,
                      const struct zone *other)
{
    return by_date->search->query->ascending ? zone->bounds.first > other->bounds.first
                                             : zone->bounds.last < other->bounds.last;
}

static enum problem read_chunks(struct by_date *by_date, const struct find_listing *listing)
{
    struct pg_params params = {0};
    const PGresult *result;

    param_number(&params, kind_of(by_date->search->query));
    result = pg_ask(by_date->connection, "SELECT chunk, first, last FROM date_zone WHERE kind = $1",
                    &params);
    if (result == NULL)
        return pg_failed(by_date->connection, by_date->err);
    by_date->chunks = mem_alloc(pg_rows(result) + 1, sizeof(*by_date->chunks));
    for (size_t i = 0; i < pg_rows(result) && by_date->chunks != NULL; i++) {
        struct pg_row row = {result, (int)i};
        struct zone chunk = {row_number(row, 0, 0), {row_number(row, 1, 0), row_number(row, 2, 0)}};
        if (is_wanted(by_date, listing, &chunk, MARK_CHUNK))
            by_date->chunks[by_date->chunk_count++] = chunk;
    }
    pg_clear(by_date->connection);
    sort(by_date, by_date->chunks, by_date->chunk_count);
    return by_date->chunks != NULL ? PROBLEM_NONE : problem_no_memory(by_date->err);
}

static enum problem take_zones(struct by_date *by_date, const struct find_listing *listing,
                               const PGresult *result)
{
    struct date_bounds zones[DATE_ZONES];

    for (size_t i = 0; i < pg_rows(result); i++) {
        struct pg_row row = {result, (int)i};
        if (!date_zones_of(row_span(row, 1), zones)) {
            err_set(by_date->err, "The store is damaged: zones of dates.");
            return PROBLEM_INTERNAL;
        }
        for (int64_t j = 0; j < DATE_ZONES; j++) {
            struct zone zone = {row_number(row, 0, 0) * DATE_ZONES + j, zones[j]};
            if (is_wanted(by_date, listing, &zone, DATE_ZONE))
                by_date->zones[by_date->zone_count++] = zone;
        }
    }
    sort(by_date, by_date->zones, by_date->zone_count);
    return PROBLEM_NONE;
}

/* The zones of the first chunks. */
static enum problem read_zones(struct by_date *by_date, const struct find_listing *listing,
                               size_t chunks)
{
    struct pg_params params = {0};
    const PGresult *result;
    int64_t *numbers = ARENA_ARRAY(by_date->search->arena, int64_t, chunks);
    enum problem problem;

    mem_free(by_date->zones);
    by_date->zones = mem_alloc(chunks * DATE_ZONES + 1, sizeof(*by_date->zones));
    by_date->zone_count = 0;
    if (by_date->zones == NULL || numbers == NULL)
        return problem_no_memory(by_date->err);
    for (size_t i = 0; i < chunks; i++)
        numbers[i] = by_date->chunks[i].number;
    param_number(&params, kind_of(by_date->search->query));
    param_numbers(&params, by_date->search->arena, numbers, chunks);
    result = pg_ask(by_date->connection,
                    "SELECT z.chunk, z.zones FROM unnest($2::int8[]) AS c (chunk) CROSS JOIN "
                    "LATERAL (SELECT chunk, zones FROM date_zone WHERE kind = $1 AND chunk = "
                    "c.chunk OFFSET 0) AS z",
                    &params);
    if (result == NULL)
        return pg_failed(by_date->connection, by_date->err);
    problem = take_zones(by_date, listing, result);
    pg_clear(by_date->connection);
    return problem;
}

static void list_zone(struct find_listing *listing, const struct zone *zone)
{
    int64_t end = (zone->number + 1) * DATE_ZONE;
    int64_t at = job_bits_next(listing->left, zone->number * DATE_ZONE, end);

    for (; at >= 0; at = job_bits_next(listing->left, at + 1, end))
        find_list_add(listing, at);
}

/* True when there are enough; else there is nothing left that comes before the next chunk. */
static bool list_zones(const struct by_date *by_date, const struct zone *next, size_t wanted,
                       struct find_listing *listing)
{
    for (size_t i = 0; i < by_date->zone_count; i++) {
        const struct zone *zone = &by_date->zones[i];
        bool beyond = next != NULL && is_behind(by_date, zone, next);
        if (listing->count >= wanted || beyond) {
            listing->bound = BOUND_DATE;
            listing->value = best_of(by_date, beyond ? next : zone);
            return listing->count >= wanted;
        }
        list_zone(listing, zone);
    }
    listing->bound = BOUND_DATE;
    if (next != NULL)
        listing->value = best_of(by_date, next);
    return next != NULL && listing->count >= wanted;
}

/* All that have a date and come behind the place are listed: the others, newest first. */
static enum problem list_absent(const struct by_date *by_date, size_t wanted,
                                struct find_listing *listing)
{
    const struct find_search *search = by_date->search;
    unsigned set = kind_of(search->query) == DATE_STARTED ? JOB_SET_NOT_STARTED : JOB_SET_NOT_ENDED;
    bool among = search->place != NULL && search->place->numbers.value == JOB_NO_TIME;
    enum problem problem;

    problem = find_names_read_sets(search->names, by_date->connection, 1u << set, by_date->err);
    listing->bound = BOUND_ABSENT;
    listing->last_ordinal = INT64_MAX;
    listing->whole = find_list_newest(listing, &search->names->read,
                                      among ? search->names->behind : INT64_MAX, wanted);
    return problem;
}

/* So many chunks have the candidates, were they anywhere. */
static size_t chunks_for(const struct by_date *by_date, size_t wanted)
{
    double part = (double)wanted / (by_date->search->names->jobs + 1);

    return (size_t)((part < 1 ? part : 1) * (double)by_date->chunk_count) + 4;
}

enum problem find_list_dates(const struct find_search *search, struct pg_connection *connection,
                             size_t wanted, struct find_listing *listing, struct err *err)
{
    AUTO(release) struct by_date by_date = {search, connection, err, NULL, NULL, 0, 0};
    enum problem problem = read_chunks(&by_date, listing);
    size_t chunks = chunks_for(&by_date, wanted);
    bool full = false, ended = by_date.chunk_count == 0;

    wanted += listing->count; /* doubtful ones */
    while (problem == PROBLEM_NONE && !full && !ended) {
        chunks = chunks < by_date.chunk_count ? chunks : by_date.chunk_count;
        ended = chunks == by_date.chunk_count;
        problem = read_zones(&by_date, listing, chunks);
        if (problem == PROBLEM_NONE)
            full = list_zones(&by_date, ended ? NULL : &by_date.chunks[chunks], wanted, listing);
        chunks *= 4;
    }
    if (problem != PROBLEM_NONE || full)
        return problem;
    return list_absent(&by_date, wanted, listing);
}
