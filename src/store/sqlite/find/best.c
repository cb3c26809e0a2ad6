/* The best jobs so far, by insertion: there are never more than a page. */
#include "store/sqlite/find/best.h"

#include <assert.h>

/* A name folds to at most 18 times its code points. */
#define TEXT_MAX ((size_t)1 << 20)

void best_release(struct best *best)
{
    for (size_t i = 0; i <= QUERY_PAGE_MAX; i++)
        buf_release(&best->entries[i].text);
}

void best_append(struct best *best, int64_t position)
{
    assert(best->count <= QUERY_PAGE_MAX);
    best->entries[best->count++].place = (struct place){.position = position};
}

/* Where the place belongs, from the end: an ordered walk adds behind the last one. */
static size_t rank(const struct search *search, const struct best *best, const struct place *place)
{
    size_t i = best->count;

    while (i > 0 && search_compare(search, &best->entries[i - 1].place, place) > 0)
        i--;
    return i;
}

/* The memory of the entry that leaves, or of a free one, is that of the one that comes. */
bool best_add(const struct search *search, struct best *best, const struct place *place)
{
    size_t at = rank(search, best, place);
    struct best_entry entry;

    if (at == search->want)
        return true;
    if (best->count < search->want)
        best->count++;
    entry = best->entries[best->count - 1];
    memmove(&best->entries[at + 1], &best->entries[at],
            (best->count - 1 - at) * sizeof(best->entries[0]));
    entry.place = *place;
    entry.text.ceiling = TEXT_MAX;
    buf_clear(&entry.text);
    if (place->text.len > 0)
        buf_add_span(&entry.text, place->text);
    entry.place.text = buf_span(&entry.text);
    best->entries[at] = entry;
    return !buf_failed(&entry.text);
}

enum problem best_probe(struct search *search, struct best *best, int64_t position)
{
    struct place place;
    bool matches;
    enum problem problem = search_probe(search, &search->scope, position, &matches, &place);

    if (problem != PROBLEM_NONE || !matches || !search_is_behind(search, &place))
        return problem;
    return best_add(search, best, &place) ? PROBLEM_NONE : problem_no_memory(search->err);
}
