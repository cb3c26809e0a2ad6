/* Awaited jobs: whether they have ended, and what came of them all. */
#include "jobctl/awaited.h"

#include "jobctl/command.h"

#include <string.h>

bool awaited_has_ended(const struct jobd_job *job)
{
    return job != NULL && strcmp(job->state, "WAITING") != 0 && strcmp(job->state, "RUNNING") != 0;
}

int awaited_count_ended(struct jobd_job *const *jobs, int count)
{
    int ended = 0;
    for (int i = 0; i < count; i++)
        ended += awaited_has_ended(jobs[i]);
    return ended;
}

int awaited_verdict(struct jobd_job *const *jobs, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(jobs[i]->result, "SUCCESS") != 0)
            return EXIT_FAILED;
    return EXIT_FINE;
}
