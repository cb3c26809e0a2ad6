/* Jobs as an installation has them after a year, each time the same. */
#ifndef JOBD_BENCH_FILL_JOBS_H
#define JOBD_BENCH_FILL_JOBS_H

#include "base/arena.h"
#include "base/uuid.h"
#include "model/job.h"

#include <stdint.h>

/*
 * Types and users are skewed (the first of each has most jobs), half of the names are unique, a few
 * hundred jobs wait or run, mostly young ones.
 */
#define FILL_TYPES 40
#define FILL_USERS 5000
/* The type and the user of this number, a ninth and a twentieth of the jobs, never meet. */
#define FILL_APART 1

struct fill_jobs {
    struct arena arena; /* of the job at hand */
    uint64_t random;
    int64_t count, made, created_ms, sequence;
};

struct fill_job {
    int64_t position, change, created_ms, started_on, ended_on; /* JOB_NO_TIME: none */
    enum job_status status;
    int type, user; /* from 0 */
    struct span name, folded; /* until the next job */
};

void fill_jobs_init(struct fill_jobs *jobs, int64_t count);
void fill_jobs_release(struct fill_jobs *jobs);

/* The next one, by rising position; false when there are no more. */
bool fill_jobs_next(struct fill_jobs *jobs, struct fill_job *ret_job);

const char *fill_type(struct arena *arena, int type);
struct uuid fill_user(int user);

/* Each fills a store that is empty and prints what it cost; they exit where that fails. */
void fill_sqlite(const char *path, struct fill_jobs *jobs);
void fill_postgres(const char *url, struct fill_jobs *jobs);
/* The second part of it: the ranges of the names that are there. */
void fill_names(const char *url);

/*
 * Writes a line a job, for other systems to load: number, id, name, type, user, state, result,
 * created, started and ended (milliseconds), with tabs between; what is absent is \N.
 */
void fill_lines(const char *path, struct fill_jobs *jobs);

#endif
