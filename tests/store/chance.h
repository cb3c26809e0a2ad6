/* Drafts, events and queries at random, over the data of the find tests. */
#ifndef JOBD_TESTS_STORE_CHANCE_H
#define JOBD_TESTS_STORE_CHANCE_H

#include "random.h"

/* Texts are constant or in `arena`; any thread, each with a random and an arena of its own. */
struct draft chance_draft(struct random *random, struct arena *arena);

/* Of any kind, legal for its job or not. Its time is for the caller to set. */
struct job_event chance_event(struct random *random, struct arena *arena);

/* Any filters, order and page size. */
struct query chance_query(struct random *random, struct arena *arena);

#endif
