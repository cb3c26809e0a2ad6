/* States, results, and the pairs of them a job may be in. */
#ifndef JOBD_MODEL_STATES_H
#define JOBD_MODEL_STATES_H

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

/* Listed in code point order of the wire text, which is the order of sortField STATE. */
enum job_state {
    STATE_COMPLETED,
    STATE_DELETED,
    STATE_FAILED,
    STATE_RUNNING,
    STATE_WAITING,
    STATE_COUNT
};

/* Likewise for RESULT. */
enum job_result {
    RESULT_ABORTED,
    RESULT_COMPLETED_WITH_ERROR,
    RESULT_FAILURE,
    RESULT_NOT_SET,
    RESULT_SUCCESS,
    RESULT_COUNT
};

/*
 * The status is the legal (state, result) pair as one small integer. It is what stores keep: the
 * numbers never change their meaning; new ones go to the end.
 */
enum job_status {
    STATUS_WAITING,
    STATUS_RUNNING,
    STATUS_COMPLETED_SUCCESS,
    STATUS_COMPLETED_WITH_ERROR,
    STATUS_COMPLETED_ABORTED,
    STATUS_FAILED_FAILURE,
    STATUS_FAILED_ABORTED,
    STATUS_DELETED_SUCCESS,
    STATUS_DELETED_WITH_ERROR,
    STATUS_DELETED_FAILURE,
    STATUS_DELETED_ABORTED,
    STATUS_COUNT
};

enum job_state status_state(enum job_status status);
enum job_result status_result(enum job_status status);

/* False when the pair is not legal. */
bool status_of(enum job_state state, enum job_result result, enum job_status *ret_status);

const char *state_name(enum job_state state);
const char *result_name(enum job_result result);
bool state_parse(struct span text, enum job_state *ret_state);
bool result_parse(struct span text, enum job_result *ret_result);

/* A set of statuses: bit 1 << status. */
#define STATUS_MASK_ALL ((1u << STATUS_COUNT) - 1)

/* The statuses whose state is in `states` (bits 1 << state) and whose result is in `results`; 0 in
 * either means any. */
uint32_t status_mask(uint32_t states, uint32_t results);

/* COMPLETED or FAILED. */
bool status_is_ended(enum job_status status);
bool status_is_deleted(enum job_status status);
/* Either of them: nobody works on the job any more. */
bool status_is_over(enum job_status status);

#endif
