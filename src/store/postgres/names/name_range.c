/* Name ranges: gathered for the jobs of a segment, put to what is stored. */
#include "store/postgres/names/name_range.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Keys that are no longer are whole names, as PostgreSQL takes whole characters only. */
#define KEY_WHOLE (NAME_RANGE_KEY_MAX - 4)

static bool reserve(struct name_ranges *ranges, size_t more)
{
    struct name_range *list =
        mem_grow(ranges->list, &ranges->room, ranges->count + more, sizeof(*list));

    if (list == NULL)
        return false;
    ranges->list = list;
    return true;
}

/*
 * A key that was cut off stands for all names that begin so. What is behind all of them is no key
 * itself, but it is compared with whole ones; where there is nothing, the name's own will do.
 */
static bool find_last(struct span folded, struct span *last, struct arena *arena)
{
    char *text;

    if (last->len <= KEY_WHOLE)
        return true;
    text = arena_alloc(arena, 1, last->len + 4);
    if (text == NULL)
        return false;
    if (!name_successor(*last, text, last))
        *last = arena_span(arena, name_key(folded));
    return last->ptr != NULL;
}

bool name_ranges_add(struct name_ranges *ranges, struct span folded, const struct name_grams *grams,
                     struct arena *arena)
{
    struct span first = arena_span(arena, name_key_within(folded, NAME_RANGE_KEY_MAX)),
                last = first;

    if (first.ptr == NULL || !find_last(folded, &last, arena) || !reserve(ranges, grams->count))
        return false;
    for (size_t i = 0; i < grams->count; i++)
        ranges->list[ranges->count++] =
            (struct name_range){name_range_place(folded, grams->list[i]), first, last};
    return true;
}

void name_ranges_release(struct name_ranges *ranges)
{
    mem_free(ranges->list);
    *ranges = (struct name_ranges){0};
}

static int by_place(const void *a, const void *b)
{
    const struct name_range *left = a, *right = b;

    if (left->place != right->place)
        return left->place < right->place ? -1 : 1;
    return span_compare(left->first, right->first); /* as under COLLATE "C" */
}

/* What is known already is looked up beforehand: a conflict would write the row that it meets. */
const char name_ranges_widen[] =
    "INSERT INTO name_range AS r (head, gram, first, last) SELECT g.head, g.gram, g.first, g.last "
    "FROM (SELECT p.place >> 32 AS head, p.place & 4294967295 AS gram, p.first COLLATE \"C\" AS "
    "first, p.last COLLATE \"C\" AS last FROM unnest($1::int8[], $2::text[], $3::text[]) AS p "
    "(place, first, last)) AS g LEFT JOIN LATERAL (SELECT * FROM name_range AS k WHERE k.gram = "
    "g.gram AND k.head = g.head OFFSET 0) AS k ON TRUE WHERE k.gram IS NULL OR g.first < k.first "
    "OR g.last > k.last ON CONFLICT (gram, head) DO UPDATE SET first = least(r.first, "
    "excluded.first), last = greatest(r.last, excluded.last)";

/* Sorted, so that daemons that do this at the same time wait for each other in one order. */
void name_ranges_params(struct name_ranges *ranges, struct pg_params *params, struct arena *arena)
{
    int64_t *places = ARENA_ARRAY(arena, int64_t, ranges->count);
    struct span *firsts = ARENA_ARRAY(arena, struct span, ranges->count);
    struct span *lasts = ARENA_ARRAY(arena, struct span, ranges->count);
    size_t count = 0;

    params->failed = places == NULL || firsts == NULL || lasts == NULL;
    if (params->failed)
        return;
    qsort(ranges->list, ranges->count, sizeof(*ranges->list), by_place);
    for (size_t i = 0; i < ranges->count; i++) {
        const struct name_range *range = &ranges->list[i];
        if (i == 0 || range->place != places[count - 1]) {
            places[count] = range->place;
            lasts[count] = range->last;
            firsts[count++] = range->first;
        }
        if (span_compare(range->last, lasts[count - 1]) > 0)
            lasts[count - 1] = range->last;
    }
    param_numbers(params, arena, places, count);
    param_texts(params, arena, firsts, count);
    param_texts(params, arena, lasts, count);
}
