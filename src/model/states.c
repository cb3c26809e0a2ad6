/* States, results and statuses: their names, and the one table of legal pairs. */
#include "model/states.h"

#include "base/scope.h"

#include <assert.h>

static const char *const state_names[STATE_COUNT] = {
    [STATE_COMPLETED] = "COMPLETED", [STATE_DELETED] = "DELETED", [STATE_FAILED] = "FAILED",
    [STATE_RUNNING] = "RUNNING",     [STATE_WAITING] = "WAITING",
};

static const char *const result_names[RESULT_COUNT] = {
    [RESULT_ABORTED] = "ABORTED", [RESULT_COMPLETED_WITH_ERROR] = "COMPLETED_WITH_ERROR",
    [RESULT_FAILURE] = "FAILURE", [RESULT_NOT_SET] = "NOT_SET",
    [RESULT_SUCCESS] = "SUCCESS",
};

static const struct pair {
    enum job_state state;
    enum job_result result;
} pairs[STATUS_COUNT] = {
    [STATUS_WAITING] = {STATE_WAITING, RESULT_NOT_SET},
    [STATUS_RUNNING] = {STATE_RUNNING, RESULT_NOT_SET},
    [STATUS_COMPLETED_SUCCESS] = {STATE_COMPLETED, RESULT_SUCCESS},
    [STATUS_COMPLETED_WITH_ERROR] = {STATE_COMPLETED, RESULT_COMPLETED_WITH_ERROR},
    [STATUS_COMPLETED_ABORTED] = {STATE_COMPLETED, RESULT_ABORTED},
    [STATUS_FAILED_FAILURE] = {STATE_FAILED, RESULT_FAILURE},
    [STATUS_FAILED_ABORTED] = {STATE_FAILED, RESULT_ABORTED},
    [STATUS_DELETED_SUCCESS] = {STATE_DELETED, RESULT_SUCCESS},
    [STATUS_DELETED_WITH_ERROR] = {STATE_DELETED, RESULT_COMPLETED_WITH_ERROR},
    [STATUS_DELETED_FAILURE] = {STATE_DELETED, RESULT_FAILURE},
    [STATUS_DELETED_ABORTED] = {STATE_DELETED, RESULT_ABORTED},
};

static const struct pair *pair_of(enum job_status status)
{
    assert((unsigned)status < STATUS_COUNT);
    return &pairs[status];
}

enum job_state status_state(enum job_status status)
{
    return pair_of(status)->state;
}

enum job_result status_result(enum job_status status)
{
    return pair_of(status)->result;
}

bool status_of(enum job_state state, enum job_result result, enum job_status *ret_status)
{
    for (unsigned i = 0; i < STATUS_COUNT; i++) {
        if (pairs[i].state == state && pairs[i].result == result) {
            *ret_status = (enum job_status)i;
            return true;
        }
    }
    return false;
}

const char *state_name(enum job_state state)
{
    assert((unsigned)state < STATE_COUNT);
    return state_names[state];
}

const char *result_name(enum job_result result)
{
    assert((unsigned)result < RESULT_COUNT);
    return result_names[result];
}

static bool name_find(const char *const *names, unsigned count, struct span text, unsigned *ret)
{
    for (unsigned i = 0; i < count; i++) {
        if (span_is(text, names[i])) {
            *ret = i;
            return true;
        }
    }
    return false;
}

bool state_parse(struct span text, enum job_state *ret_state)
{
    unsigned index;
    if (!name_find(state_names, STATE_COUNT, text, &index))
        return false;
    *ret_state = (enum job_state)index;
    return true;
}

bool result_parse(struct span text, enum job_result *ret_result)
{
    unsigned index;
    if (!name_find(result_names, RESULT_COUNT, text, &index))
        return false;
    *ret_result = (enum job_result)index;
    return true;
}

static bool in_set(uint32_t set, unsigned member)
{
    return set == 0 || (set & (1u << member)) != 0;
}

uint32_t status_mask(uint32_t states, uint32_t results)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < STATUS_COUNT; i++) {
        if (in_set(states, pairs[i].state) && in_set(results, pairs[i].result))
            mask |= 1u << i;
    }
    return mask;
}

bool status_is_ended(enum job_status status)
{
    enum job_state state = status_state(status);
    return state == STATE_COMPLETED || state == STATE_FAILED;
}

bool status_is_deleted(enum job_status status)
{
    return status_state(status) == STATE_DELETED;
}

bool status_is_over(enum job_status status)
{
    return status_is_ended(status) || status_is_deleted(status);
}
