/* Taking jobs: by ordinal, with a set of those that were. */
#include "store/sqlite/find/taken.h"

#include "store/sqlite/index/posting.h"

enum problem taken_init(struct search *search, struct taken *taken)
{
    *taken = (struct taken){.read = roaring_bitmap_create()};
    if (taken->read == NULL)
        return problem_no_memory(search->err);
    return source_init(search, &taken->source, SOURCE_INDEX, &search->scope, INT64_MAX);
}

void taken_release(struct taken *taken)
{
    posting_free(taken->read);
    source_release(&taken->source);
}

enum problem taken_read(struct search *search, struct taken *taken, struct best *best,
                        int64_t ordinal)
{
    int64_t position;
    enum problem problem;

    if (!roaring_bitmap_add_checked(taken->read, (uint32_t)ordinal))
        return PROBLEM_NONE;
    taken->cost++;
    problem = ordinal_position(search->reader, &taken->source.filter.block, ordinal, &position,
                               search->err);
    return problem == PROBLEM_NONE ? best_probe(search, best, position) : problem;
}

enum problem taken_read_unindexed(struct search *search, struct taken *taken, struct best *best,
                                  size_t limit, bool *ret_all)
{
    struct source *source = &taken->source;
    enum problem problem = source_read(search, source, limit);

    for (size_t i = 0; i < source->count && problem == PROBLEM_NONE; i++)
        problem = best_probe(search, best, source->positions[i]);
    taken->cost += source->count;
    *ret_all = source_is_indexed(source);
    return problem;
}
