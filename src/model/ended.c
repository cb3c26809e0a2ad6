/* Ended jobs, counted: by how they ended, and for how long they ran. */
#include "model/ended.h"

static bool outcome_of(enum job_result result, enum outcome *ret_outcome)
{
    switch (result) {
    case RESULT_SUCCESS:
    case RESULT_COMPLETED_WITH_ERROR:
        *ret_outcome = OUTCOME_SUCCEEDED;
        return true;
    case RESULT_FAILURE:
        *ret_outcome = OUTCOME_FAILED;
        return true;
    case RESULT_ABORTED:
        *ret_outcome = OUTCOME_ABORTED;
        return true;
    case RESULT_NOT_SET:
    case RESULT_COUNT:
        break;
    }
    return false;
}

bool ended_count(struct ended *ended, const struct job *job)
{
    enum outcome outcome;
    if (job->ended_on == JOB_NO_TIME || !outcome_of(status_result(job->status), &outcome))
        return false;
    ended->counts[outcome]++;
    if (job->started_on != JOB_NO_TIME && job->started_on < job->ended_on)
        ended->run_ms += job->ended_on - job->started_on;
    return true;
}

void ended_add(struct ended *ended, const struct ended *more)
{
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        ended->counts[outcome] += more->counts[outcome];
    ended->run_ms += more->run_ms;
}

int64_t ended_total(const struct ended *ended)
{
    int64_t total = 0;
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        total += ended->counts[outcome];
    return total;
}
