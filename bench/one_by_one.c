/* Creates jobs one after another, each with a commit of its own: the yardstick of group commit. */
#include "base/clock.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

static bool create_one(struct store *store, struct arena *arena)
{
    static const struct draft draft = {.name = SPAN("Nightly import"),
                                       .type = SPAN("IMPORT"),
                                       .name_folded = SPAN("nightly import"),
                                       .self_managed = true,
                                       .run_after = JOB_NO_TIME,
                                       .max_attempts = 1};
    struct job job;
    struct store_create create = {.drafts = &draft, .count = 1, .arena = arena, .jobs = &job};
    STORE_WAIT(store_create, store, &create);
    arena_clear(arena);
    return create.call.problem == PROBLEM_NONE;
}

int main(int argc, char **argv)
{
    struct store_options options = {.clock = &clock_system, .daemon = true};
    struct store *store = NULL;
    struct arena arena;
    struct err err = {0};
    if (argc != 3 || !store_open(argv[1], &options, &store, &err)) {
        fprintf(stderr, "one_by_one STORE SECONDS: %s\n", err.text);
        return 1;
    }
    arena_init(&arena, 1u << 20);
    int64_t start = clock_mono_ns(&clock_system), now = start, count = 0;
    int64_t end = start + strtoll(argv[2], NULL, 10) * INT64_C(1000000000);
    for (; now < end && create_one(store, &arena); count++)
        now = clock_mono_ns(&clock_system);
    printf("%.1f creates per second\n", (double)count * 1e9 / (double)(now - start));
    arena_release(&arena);
    store_close(store);
    return 0;
}
