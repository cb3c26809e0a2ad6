/* What bench/cycle.c asks of a protocol: requests as bytes, and answers read from bytes. */
#ifndef JOBD_BENCH_CYCLE_H
#define JOBD_BENCH_CYCLE_H

#include <stdbool.h>
#include <stddef.h>

#define CYCLE_REQUEST_MAX 1024
#define CYCLE_ANSWER_MAX 8192

/* A job that a worker holds, as its protocol names it. */
struct cycle_job {
    char id[64];
    char fence[24];
};

/*
 * The three requests write at most CYCLE_REQUEST_MAX bytes and return how many. `answer` returns
 * the length of the whole answer that `text` (always ended by a NUL) begins with, or 0 while some
 * of it is missing. `taken` reads a whole answer to `take`, or a good one to `end`, which may bring
 * the next job along: false when there was no job. `succeeded` says whether a whole answer to `put`
 * or `end` is a good one.
 */
struct cycle_protocol {
    const char *name;
    int (*put)(char *request);
    int (*take)(char *request);
    int (*end)(char *request, const struct cycle_job *job);
    size_t (*answer)(const char *text, size_t len);
    bool (*taken)(const char *text, struct cycle_job *ret_job);
    bool (*succeeded)(const char *text);
};

extern const struct cycle_protocol cycle_jobd, cycle_jobd_apart, cycle_beanstalkd;

#endif
