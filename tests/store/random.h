/* Random choices that can be made again: the seed is printed, and settable by JOBD_TEST_SEED. */
#ifndef JOBD_TESTS_STORE_RANDOM_H
#define JOBD_TESTS_STORE_RANDOM_H

#include "fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

struct random {
    uint64_t state;
};

/* For main, before the tests: chooses the seed and prints it as a TAP comment. */
static inline struct random random_start(void)
{
    uint64_t chosen = (uint64_t)clock_mono_ns(&clock_system) ^ (uint64_t)getpid();
    struct random random = {fixture_number("JOBD_TEST_SEED", chosen)};

    printf("# JOBD_TEST_SEED=%" PRIu64 "\n", random.state);
    fflush(stdout);
    return random;
}

/* splitmix64 */
static inline uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* 0 .. count - 1 */
static inline unsigned random_pick(struct random *random, size_t count)
{
    return (unsigned)(random_next(random) % count);
}

static inline bool random_one_in(struct random *random, size_t count)
{
    return random_pick(random, count) == 0;
}

#endif
