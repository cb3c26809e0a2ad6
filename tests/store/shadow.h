/* The shadow of a store: the jobs it must hold, and what finds must answer, by code of its own. */
#ifndef JOBD_TESTS_STORE_SHADOW_H
#define JOBD_TESTS_STORE_SHADOW_H

#include "fixture.h"

struct shadow_job {
    struct job job;
    struct span folded;
};

/* Jobs in the order of their creation. One thread. */
struct shadow {
    struct arena arena;
    struct shadow_job *jobs;
    size_t count, capacity;
};

void shadow_init(struct shadow *shadow);
void shadow_release(struct shadow *shadow);

/* Copies the texts. */
void shadow_add(struct shadow *shadow, const struct job *job);
void shadow_put(struct shadow *shadow, size_t index, const struct job *job);

/* The last job was never added. */
void shadow_forget(struct shadow *shadow);

/* Whether the filters let the job pass; whether two versions of it stand at the same place. */
bool shadow_matches(const struct query *query, const struct shadow_job *shadow);
bool shadow_same_place(const struct query *query, const struct shadow_job *a,
                       const struct shadow_job *b);

/* What must come behind `after` (NULL: from the start), all of it, in order. In `arena`. */
const struct job **shadow_find(const struct shadow *shadow, const struct query *query,
                               const struct cursor *after, struct arena *arena, size_t *ret_count);

/* In what the page is not the beginning of `expected`, which has `count` jobs; "" where it is. */
const char *shadow_rows_difference(const struct store_find *find, const struct job *const *expected,
                                   size_t count, struct arena *arena);

/* Fails the test when there is a difference. */
void shadow_check_rows(const struct store_find *find, const struct job *const *expected,
                       size_t count, struct arena *arena);

/* Asks the store for the page and fails the test when it is not the shadow's. Returns the page. */
struct store_find shadow_check_page(const struct shadow *shadow, struct fixture *fixture,
                                    const struct query *query, const struct cursor *after,
                                    struct arena *arena);

/* What the query asks, for the message of a failed test. */
const char *query_text(struct arena *arena, const struct query *query);

#endif
