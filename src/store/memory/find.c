/* Finding in memory: everything is filtered, sorted, and cut at the cursor and the page. */
#include "store/memory/state.h"

#include "base/mem.h"

#include <stdlib.h>

/* Where a job stands in an order: what the order compares before the position. */
struct place {
    struct span text; /* of the orders by name and type */
    struct cursor numbers; /* a date or an enum value, and the position */
};

/* For the comparison, which qsort_r gives one pointer. */
struct found {
    struct place place;
    const struct memory_job *kept;
};

static struct span order_text(enum query_order order, const struct memory_job *kept)
{
    switch (order) {
    case ORDER_NAME:
        return kept->name_folded;
    case ORDER_TYPE:
        return kept->job.type;
    case ORDER_CREATED:
    case ORDER_START_DATE:
    case ORDER_END_DATE:
    case ORDER_STATE:
    case ORDER_RESULT:
        break;
    }
    return (struct span){NULL, 0};
}

static struct place place_of(const struct query *query, const struct memory_job *kept)
{
    return (struct place){
        .text = order_text(query->order, kept),
        .numbers = cursor_at(query, &kept->job),
    };
}

static int number_compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Without a date (only dates are negative) last in both directions; equal ones by position, newest
 * first. */
static int place_compare(const struct query *query, const struct place *a, const struct place *b)
{
    int absent = (a->numbers.value == JOB_NO_TIME) - (b->numbers.value == JOB_NO_TIME);
    int order = span_compare(a->text, b->text);

    if (absent != 0)
        return absent;
    if (order == 0)
        order = number_compare(a->numbers.value, b->numbers.value);
    if (order != 0)
        return query->ascending ? order : -order;
    return number_compare(b->numbers.position, a->numbers.position);
}

static int found_compare(const void *a, const void *b, void *query)
{
    const struct found *left = a, *right = b;

    return place_compare(query, &left->place, &right->place);
}

/* Everything that matches and stands behind the cursor, in order. Returns how many. */
static size_t find_all(const struct memory *memory, const struct store_find *find,
                       const struct place *after, struct found *ret_found)
{
    const struct query *query = find->query;
    struct query order = *query;
    size_t count = 0;

    for (size_t i = 0; i < memory->job_count; i++) {
        const struct memory_job *kept = &memory->jobs[i];
        struct found found = {place_of(query, kept), kept};
        if (query_matches(query, &kept->job, kept->name_folded) &&
            (after == NULL || place_compare(query, &found.place, after) > 0))
            ret_found[count++] = found;
    }
    qsort_r(ret_found, count, sizeof(*ret_found), found_compare, &order);
    return count;
}

static bool page_copy(struct store_find *find, const struct found *found, size_t count)
{
    struct job *jobs = ARENA_ARRAY(find->arena, struct job, count);
    const struct job **list = ARENA_ARRAY(find->arena, const struct job *, count);

    if (jobs == NULL || list == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!memory_job_copy(find->arena, &found[i].kept->job, &jobs[i]))
            return false;
        list[i] = &jobs[i];
    }
    find->jobs = list;
    find->count = count;
    return true;
}

/* The cursor's place; names and types, which never change, are read again at its position. */
static bool cursor_place(const struct memory *memory, const struct store_find *find,
                         struct place *ret_place)
{
    const struct memory_job *kept = memory_job_at(memory, find->after->position);

    if (kept == NULL)
        return false;
    ret_place->text = order_text(find->query->order, kept);
    ret_place->numbers = *find->after;
    return true;
}

static enum problem find_locked(const struct memory *memory, struct store_find *find)
{
    bool has_after = find->after != NULL;
    struct place after;
    struct found *found;
    size_t count;
    bool copied;

    if (has_after && !cursor_place(memory, find, &after))
        return PROBLEM_INVALID_CURSOR;
    found = mem_alloc(memory->job_count + 1, sizeof(*found));
    if (found == NULL)
        return memory_none(&find->call);
    count = find_all(memory, find, has_after ? &after : NULL, found);
    find->more = count > find->query->page_size;
    copied = page_copy(find, found, find->more ? find->query->page_size : count);
    mem_free(found);
    return copied ? PROBLEM_NONE : memory_none(&find->call);
}

void memory_find(struct store *store, struct store_find *find)
{
    struct memory *memory = memory_enter(store, &find->call);

    memory_leave(memory, &find->call, find_locked(memory, find));
}
