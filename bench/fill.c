/* Fills an empty store of any kind, or a file, with jobs in bulk: --store URL --jobs N. */
#include "fill_jobs.h"

#include "base/parse.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
    const char *store;
    int64_t jobs;
};

static bool read_arguments(int argc, char **argv, struct arguments *ret_arguments)
{
    *ret_arguments = (struct arguments){.jobs = 1000000};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--store") == 0)
            ret_arguments->store = argv[i + 1];
        else if (strcmp(argv[i], "--jobs") != 0 ||
                 !parse_int(span_of(argv[i + 1]), 1, 100000000, &ret_arguments->jobs))
            return false;
    }
    return argc % 2 == 1 && ret_arguments->store != NULL;
}

/* Makes the schema, and tells whether there are jobs already. */
static bool is_empty(const char *url)
{
    struct query query = {.statuses = STATUS_MASK_ALL, .page_size = 1};
    struct store_find find = {.query = &query};
    struct arena arena;
    struct store *store;
    struct err err = {0};

    if (!store_open(url, &(struct store_options){0}, &store, &err)) {
        fprintf(stderr, "fill: %s\n", err.text);
        exit(1);
    }
    arena_init(&arena, 1 << 20);
    find.arena = &arena;
    STORE_WAIT(store_find, store, &find);
    store_close(store);
    arena_release(&arena);
    return find.call.problem == PROBLEM_NONE && find.count == 0;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct fill_jobs jobs;

    if (!read_arguments(argc, argv, &arguments)) {
        fprintf(stderr, "usage: fill --store URL [--jobs N]\n");
        return 2;
    }
    fill_jobs_init(&jobs, arguments.jobs);
    if (strncmp(arguments.store, "lines:", 6) == 0) {
        fill_lines(arguments.store + 6, &jobs);
        fill_jobs_release(&jobs);
        return 0;
    }
    if (!is_empty(arguments.store)) {
        fprintf(stderr, "fill: the store has jobs already\n");
        return 1;
    }
    if (strncmp(arguments.store, "sqlite:", 7) == 0)
        fill_sqlite(arguments.store + 7, &jobs);
    else
        fill_postgres(arguments.store, &jobs);
    fill_jobs_release(&jobs);
    return 0;
}
