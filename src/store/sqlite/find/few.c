/* Few jobs: counted in their index, and then looked at one by one. */
#include "store/sqlite/find/few.h"

#include "store/sqlite/find/source.h"

#define FEW 400

enum problem few_read(struct search *search, struct best *best, bool *ret_few)
{
    struct source source = {0};
    enum problem problem = source_init(search, &source, SOURCE_STREAMS, &search->scope, INT64_MAX);

    *ret_few = false;
    if (problem != PROBLEM_NONE || source.list_count > SHAPE_STREAMS_MAX)
        return problem;
    problem = source_read(search, &source, FEW);
    *ret_few = source.ended;
    for (size_t i = 0; *ret_few && i < source.count && problem == PROBLEM_NONE; i++)
        problem = best_probe(search, best, source.positions[i]);
    return problem;
}
