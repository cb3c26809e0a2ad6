/* The statistics as brute force has them, from the jobs a store holds, to compare answers with. */
#ifndef JOBD_TESTS_STORE_STATISTICS_H
#define JOBD_TESTS_STORE_STATISTICS_H

#include "fixture.h"

/* The last `hours` hours by the fixture's clock, as the store has them; in `arena`. */
struct statistics must_read_statistics(struct fixture *fixture, int64_t hours, struct arena *arena);

/* Fails the test when what the store says of any window is not what its jobs say. */
void check_statistics(struct fixture *fixture);

/* All that ended, of any type, in all steps. */
struct ended statistics_sum(const struct statistics *statistics);

#endif
