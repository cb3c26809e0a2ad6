/* Request bodies: JSON read with sentences for the user. */
#ifndef JOBD_MODEL_BODY_H
#define JOBD_MODEL_BODY_H

#include "base/err.h"
#include "base/json_read.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

/* json_parse of a whole body. The document is the caller's, to be freed by json_free. */
struct json_value *body_parse(struct span body, struct err *err);

/*
 * json_read_object; the sentence begins with `The field NAME ` where a field of the table is wrong.
 */
bool body_read(const struct json_value *object, const struct json_field *fields, size_t count,
               bool strict, void *target, struct err *err);

/*
 * Says where in a larger body the fault lies: with `jobs[3]`, `The field name …` becomes
 * `The field jobs[3].name …`, and any other sentence gets `jobs[3]: ` in front.
 */
void body_error_at(struct err *err, const char *path);

#endif
