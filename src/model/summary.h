/* The summary: how many jobs are in each state, and how many are stalled. */
#ifndef JOBD_MODEL_SUMMARY_H
#define JOBD_MODEL_SUMMARY_H

#include "base/json_write.h"
#include "model/states.h"

#include <stdint.h>

/* Nobody counts further than this: a count beyond stands for "more". */
#define SUMMARY_COUNT_MAX 10000

struct summary {
    int64_t states[STATE_COUNT];
    int64_t stalled;
};

/* {"states":{"WAITING":12,…},"stalled":3}; a count over SUMMARY_COUNT_MAX is "10000+". */
void summary_json(struct json_writer *json, const struct summary *summary);

#endif
