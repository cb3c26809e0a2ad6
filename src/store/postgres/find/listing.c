/* Listings: newest first, or value by value. */
#include "store/postgres/find/listing.h"

#include "base/mem.h"
#include "base/scope.h"
#include "store/postgres/find/writing.h"
#include "store/postgres/names/marks.h"
#include "store/postgres/names/piece.h"
#include "store/postgres/read.h"

#include <string.h>

/* So many are rather read than put in order, for which statements or sets of statuses are read. */
static double few(const struct query *query)
{
    switch (query->order) {
    case ORDER_CREATED:
        return 0;
    case ORDER_TYPE:
        return query->type_count == 0 ? 600 : 100; /* all types there are */
    case ORDER_NAME:
    case ORDER_START_DATE:
    case ORDER_END_DATE:
        break;
    case ORDER_STATE:
    case ORDER_RESULT:
        return 300;
    }
    return 100;
}

void find_listing_release(struct find_listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        job_bits_add(listing->left, listing->ordinals[i]);
    mem_free(listing->ordinals);
    *listing = (struct find_listing){0};
}

bool find_can_list(const struct find_names *names, const struct query *query)
{
    return names->fresh || query->order == ORDER_CREATED || query->order == ORDER_NAME ||
           query->order == ORDER_TYPE;
}

void find_list_add(struct find_listing *listing, int64_t ordinal)
{
    int64_t *ordinals;

    if (!job_bits_has(listing->left, ordinal))
        return;
    ordinals = mem_grow(listing->ordinals, &listing->room, listing->count + 1, sizeof(*ordinals));
    listing->no_memory = listing->no_memory || ordinals == NULL;
    if (ordinals == NULL)
        return;
    listing->ordinals = ordinals;
    job_bits_drop(listing->left, ordinal);
    listing->ordinals[listing->count++] = ordinal;
}

static int64_t before(const struct find_listing *listing, const struct job_bits *set, int64_t below)
{
    return set == NULL ? job_bits_before(listing->left, below)
                       : job_bits_before_both(listing->left, set, below);
}

bool find_list_newest(struct find_listing *listing, const struct job_bits *set, int64_t below,
                      size_t wanted)
{
    int64_t at = before(listing, set, below);

    for (; at >= 0 && listing->count < wanted; at = before(listing, set, at)) {
        listing->last_ordinal = at;
        find_list_add(listing, at);
    }
    return at < 0;
}

/* Where there are enough, what comes next is not even read: it comes behind the bound. */
static bool goes_on(struct find_listing *listing, size_t wanted)
{
    listing->whole = listing->whole && listing->count < wanted;
    return listing->whole;
}

static void list_doubtful(const struct find_names *names, struct find_listing *listing)
{
    for (size_t i = 0; i < names->doubtful_count; i++)
        if (names->doubtful[i] < names->blocks * JOB_BLOCK)
            find_list_add(listing, names->doubtful[i]);
}

/* The statuses of a state or result. */
static uint32_t mask_of(const struct query *query, int value)
{
    uint32_t bit = 1u << value;

    return query->statuses &
           (query->order == ORDER_STATE ? status_mask(bit, 0) : status_mask(0, bit));
}

/* State by state, or result by result. */
static enum problem list_values(const struct find_search *search, struct pg_connection *connection,
                                size_t wanted, struct find_listing *listing, struct err *err)
{
    const struct query *query = search->query;
    int count = query->order == ORDER_STATE ? (int)STATE_COUNT : (int)RESULT_COUNT;
    int step = query->ascending ? 1 : -1, first = query->ascending ? 0 : count - 1;
    enum problem problem = PROBLEM_NONE;

    first = search->place != NULL ? (int)search->place->numbers.value : first;
    wanted += listing->count; /* doubtful ones */
    listing->bound = BOUND_VALUE;
    listing->whole = true;
    for (int value = first; value >= 0 && value < count && listing->whole; value += step) {
        bool at_place = search->place != NULL && value == first;
        if (mask_of(query, value) == 0)
            continue;
        if (!goes_on(listing, wanted))
            break;
        problem = find_names_read_sets(search->names, connection, mask_of(query, value), err);
        if (problem != PROBLEM_NONE)
            return problem;
        listing->value = value;
        listing->last_ordinal = INT64_MAX;
        listing->whole = find_list_newest(listing, &search->names->read,
                                          at_place ? search->names->behind : INT64_MAX, wanted);
    }
    return PROBLEM_NONE;
}

/* The types that may come, in order; those asked for are sorted. */
static enum problem ask_types(const struct find_search *search, struct pg_connection *connection,
                              struct span **ret_types, size_t *ret_count, struct err *err)
{
    AUTO(buf_release) struct buf sql = BUF(1 << 12);
    struct pg_params params = {0};
    struct find_writing w = {.search = search,
                             .query = search->query,
                             .place = search->place,
                             .sql = &sql,
                             .params = &params};
    const PGresult *result;

    find_add(&w, "SELECT t.type FROM ");
    find_known_types(&w);
    if (buf_failed(&sql))
        return problem_no_memory(err);
    result = pg_ask(connection, buf_span(&sql).ptr, &params);
    if (result == NULL)
        return pg_failed(connection, err);
    *ret_count = pg_rows(result);
    *ret_types = ARENA_ARRAY(search->arena, struct span, *ret_count);
    for (size_t i = 0; i < *ret_count && *ret_types != NULL; i++)
        (*ret_types)[i] = row_text((struct pg_row){result, (int)i}, 0, search->arena);
    pg_clear(connection);
    return *ret_types != NULL ? PROBLEM_NONE : problem_no_memory(err);
}

static enum problem list_type(const struct find_search *search, struct pg_connection *connection,
                              struct span type, size_t wanted, struct find_listing *listing,
                              struct err *err)
{
    bool at_place = search->place != NULL && span_eq(type, search->place->text);
    struct find_word word = {0};
    struct name_words of;
    enum problem problem;

    if (type.ptr == NULL || !name_words_of((struct span){"", 0}, type, &search->query->user, &of))
        return problem_no_memory(err);
    word.number = of.type;
    listing->bound = BOUND_TYPE;
    listing->text = type;
    listing->last_ordinal = INT64_MAX;
    problem = find_names_read_words(search->names, connection, &word, 1, err);
    if (problem == PROBLEM_NONE)
        listing->whole = find_list_newest(listing, &search->names->read,
                                          at_place ? search->names->behind : INT64_MAX, wanted);
    return problem;
}

static enum problem list_types(const struct find_search *search, struct pg_connection *connection,
                               size_t wanted, struct find_listing *listing, struct err *err)
{
    struct span *types = NULL;
    size_t count = 0;
    enum problem problem = ask_types(search, connection, &types, &count, err);

    listing->whole = true;
    for (size_t i = 0; i < count && problem == PROBLEM_NONE && goes_on(listing, wanted); i++)
        problem = list_type(search, connection, types[i], wanted, listing, err);
    return problem;
}

static enum problem list_in_order(const struct find_search *search,
                                  struct pg_connection *connection, size_t wanted,
                                  struct find_listing *listing, struct err *err)
{
    switch (search->query->order) {
    case ORDER_CREATED:
        listing->whole = find_list_newest(
            listing, NULL, search->place != NULL ? search->names->behind : INT64_MAX, wanted);
        break;
    case ORDER_NAME:
        return find_list_names(search, connection, wanted, listing, err);
    case ORDER_TYPE:
        return list_types(search, connection, wanted, listing, err);
    case ORDER_START_DATE:
    case ORDER_END_DATE:
        list_doubtful(search->names, listing);
        return find_list_dates(search, connection, wanted, listing, err);
    case ORDER_STATE:
    case ORDER_RESULT:
        list_doubtful(search->names, listing);
        return list_values(search, connection, wanted, listing, err);
    }
    return PROBLEM_NONE;
}

enum problem find_list(const struct find_search *search, struct pg_connection *connection,
                       size_t wanted, struct find_listing *listing, struct err *err)
{
    const struct find_names *names = search->names;
    enum problem problem = PROBLEM_NONE;

    listing->left = &search->names->passed;
    if (search->query->order != ORDER_CREATED && !names->thorough &&
        names->jobs <= (double)wanted + few(search->query))
        listing->whole = find_list_newest(listing, NULL, INT64_MAX, SIZE_MAX);
    else
        problem = list_in_order(search, connection, wanted, listing, err);
    return problem == PROBLEM_NONE && listing->no_memory ? problem_no_memory(err) : problem;
}
