/* Awaited jobs: whether they have ended, and what came of them all. */
#ifndef JOBD_JOBCTL_AWAITED_H
#define JOBD_JOBCTL_AWAITED_H

#include "jobd.h"

#include <stdbool.h>

/* NULL has not: it was not seen yet. */
bool awaited_has_ended(const struct jobd_job *job);

int awaited_count_ended(struct jobd_job *const *jobs, int count);

/* The exit status once all have ended: EXIT_FINE when all did with SUCCESS, else EXIT_FAILED. */
int awaited_verdict(struct jobd_job *const *jobs, int count);

#endif
