/* Trace context: who a request belongs to, by W3C traceparent. */
#ifndef JOBD_BASE_TRACE_H
#define JOBD_BASE_TRACE_H

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

/* Lower-case hex with a NUL each. */
struct trace {
    char trace_id[33];
    char span_id[17];
    char parent_id[17]; /* empty when the trace starts here */
};

/*
 * A new span: within the trace of `traceparent` when that is a valid header value, in a new trace
 * otherwise. Ids are unique, not secret. Any thread, no system call.
 */
void trace_start(struct trace *trace, struct span traceparent);

/*
 * The value of a traceparent header for work done on behalf of this span: 55 characters and a NUL.
 */
#define TRACE_PARENT_SIZE 56
void trace_parent(const struct trace *trace, char ret_text[static TRACE_PARENT_SIZE]);

#endif
