/* A job's output: which part of the stream is kept, and what an append or a read of it comes to. */
#ifndef JOBD_MODEL_OUTPUT_H
#define JOBD_MODEL_OUTPUT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "model/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The output is a stream of bytes. Of a long one the first OUTPUT_HEAD and the last OUTPUT_TAIL
 * bytes are kept; what is between them is dropped. Offsets are positions in the stream as it was
 * written, whatever has been dropped.
 */
#define OUTPUT_HEAD (INT64_C(512) << 10)
#define OUTPUT_TAIL (INT64_C(512) << 10)
#define OUTPUT_APPEND_MAX (256u << 10) /* bytes at once */
#define OUTPUT_OFFSET_MAX (INT64_C(1) << 53) /* which JavaScript's numbers hold exactly */

/* `from` up to, but not including, `to`. */
struct output_range {
    int64_t from, to;
};

/* What there is to read from a point of the stream on: two ranges, and so many bytes dropped
 * between them. */
struct output_view {
    struct output_range head, tail;
    int64_t dropped;
};

/* Of a stream of `size` bytes, from `offset` on; from the last -offset bytes on when negative. */
struct output_view output_view(int64_t size, int64_t offset);

/*
 * What is new of bytes written at `offset` to a stream of `size`: the end of them, or nothing.
 * CONFLICT when there would be a hole.
 */
enum problem output_fresh(int64_t size, int64_t offset, struct span bytes, struct span *ret_fresh,
                          struct err *err);

/* What was read. */
struct output {
    int64_t size; /* of the stream */
    bool ended; /* the job has; little or nothing is to come */
    struct span bytes; /* what is kept, without a mark */
    size_t gap; /* this many of them, */
    int64_t dropped; /* this many dropped, then the others */
};

/* Appends it as it is shown: a line of its own stands for what was dropped. */
void output_write(struct buf *out, const struct output *output);

#endif
