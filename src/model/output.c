/* A job's output: which part of the stream is kept, and what an append or a read of it comes to. */
#include "model/output.h"

#include <inttypes.h>

static int64_t max_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t min_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct output_view output_view(int64_t size, int64_t offset)
{
    int64_t begin = offset < 0 ? max_of(size + offset, 0) : min_of(offset, size);
    int64_t head_end = min_of(size, OUTPUT_HEAD);
    int64_t tail_begin = max_of(head_end, size - OUTPUT_TAIL);
    struct output_view view = {
        .head = {min_of(begin, head_end), head_end},
        .tail = {max_of(begin, tail_begin), size},
    };
    view.dropped = view.tail.from - max_of(begin, head_end);
    return view;
}

enum problem output_fresh(int64_t size, int64_t offset, struct span bytes, struct span *ret_fresh,
                          struct err *err)
{
    if (offset > size) {
        err_set(err,
                "The output has %" PRId64 " bytes so far, so none can be at offset %" PRId64 ".",
                size, offset);
        return PROBLEM_CONFLICT;
    }
    size_t known = (size_t)min_of(size - offset, (int64_t)bytes.len);
    *ret_fresh = (struct span){bytes.ptr + known, bytes.len - known};
    return PROBLEM_NONE;
}

void output_write(struct buf *out, const struct output *output)
{
    struct span bytes = output->bytes;
    size_t gap = output->dropped > 0 ? output->gap : bytes.len;
    buf_add(out, bytes.ptr, gap);
    if (output->dropped == 0)
        return;
    if (gap > 0 && bytes.ptr[gap - 1] != '\n')
        buf_add_char(out, '\n');
    buf_printf(out, "[… %" PRId64 " bytes dropped …]\n", output->dropped);
    buf_add(out, bytes.ptr + gap, bytes.len - gap);
}
