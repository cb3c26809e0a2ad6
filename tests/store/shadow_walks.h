/* Walks: all pages of many queries, some asked for together, held against the shadow. */
#ifndef JOBD_TESTS_STORE_SHADOW_WALKS_H
#define JOBD_TESTS_STORE_SHADOW_WALKS_H

#include "shadow.h"

/* A store answers one reader after another with much waiting in between; several use that. */
#define SHADOW_WALKS_MAX 32

/* One thread; the jobs do not change meanwhile. Start from the first two and zeros. */
struct shadow_walks {
    const struct shadow *shadow;
    struct fixture *fixture;
    struct shadow_walk *list[SHADOW_WALKS_MAX];
    size_t count; /* on their way */
};

/*
 * Sets out on a walk by pages of this size, of which the texts must live until the end. It may go
 * some pages further with all that are on their way, and fails the test when one is not the
 * shadow's.
 */
void shadow_walks_add(struct shadow_walks *walks, struct query query, size_t page_size);

/* Goes all walks to their end. */
void shadow_walks_end(struct shadow_walks *walks);

/* One walk by itself, to its end. */
void shadow_check_walk(const struct shadow *shadow, struct fixture *fixture, struct query query,
                       size_t page_size);

#endif
