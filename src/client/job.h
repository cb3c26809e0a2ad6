/* Jobs as the library hands them out. */
#ifndef JOBD_CLIENT_JOB_H
#define JOBD_CLIENT_JOB_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json_read.h"
#include "jobd.h"

#include <stdbool.h>

/* Reads a Job of the contract; all texts, its JSON included, are copied into `arena`. */
bool job_read(struct arena *arena, const struct json_value *object, struct jobd_job *ret_job,
              struct err *err);

/* A job with memory of its own, for jobd_job_free. NULL and a sentence otherwise. */
struct jobd_job *job_new(const struct json_value *object, struct err *err);

#endif
