/* Jobs on the wire: the contract's Job and JobPagedResponse, and the bodies that change a job. */
#ifndef JOBD_MODEL_JOB_JSON_H
#define JOBD_MODEL_JOB_JSON_H

#include "base/arena.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "model/job.h"

/* The contract's Job: absent values are left out. */
void job_json(struct json_writer *json, const struct job *job);

/* {"results":[…],"nextCursor":…}; `next_cursor` empty: left out. */
void job_page_json(struct json_writer *json, const struct job *const *jobs, size_t count,
                   struct span next_cursor);

/*
 * Reads a Job as a server sends it (clients use this): unknown fields are ignored, absent ones are
 * as in an empty job. Texts are borrowed from the document. change and what workers need are not on
 * the wire and are zero; position comes from the id, or from createdOn where the id carries none.
 * False when the id is missing, a field is of the wrong kind, or state and result are not a pair we
 * know.
 */
bool job_from_json(const struct json_value *object, struct job *ret_job, struct err *err);

/*
 * The delete message of the contract: from the query parameter when `has_parameter`, else from the
 * deprecated body (may be empty), else "Deleted by user". At most 128 code points.
 */
enum problem delete_message_read(struct arena *arena, bool has_parameter, struct span parameter,
                                 struct span body, struct span *ret_message, struct err *err);

#endif
