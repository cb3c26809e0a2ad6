/* Ended jobs, counted: by how they ended, and for how long they ran. */
#ifndef JOBD_MODEL_ENDED_H
#define JOBD_MODEL_ENDED_H

#include "model/job.h"

#include <stdbool.h>
#include <stdint.h>

/* How a job ended, by its result. */
enum outcome {
    OUTCOME_SUCCEEDED, /* SUCCESS, and COMPLETED_WITH_ERROR: it came to its end */
    OUTCOME_FAILED, /* FAILURE */
    OUTCOME_ABORTED, /* ABORTED, by whomever; also a job that was deleted before its end */
    OUTCOME_COUNT
};

struct ended {
    int64_t counts[OUTCOME_COUNT];
    int64_t run_ms; /* from startDate to endDate, summed; a job that never started adds nothing */
};

/*
 * Counts a job. False for one that has not ended. A deleted job counts as it ended before, for its
 * result and dates stay; so an ended job counts the same for ever.
 */
bool ended_count(struct ended *ended, const struct job *job);

/* Adds up. */
void ended_add(struct ended *ended, const struct ended *more);

/* How many jobs it stands for. */
int64_t ended_total(const struct ended *ended);

#endif
