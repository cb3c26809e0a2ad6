/* Pieces of output: each copied to its place in one text, in which the hole takes none. */
#include "store/output_pieces.h"

static size_t length(struct output_range range)
{
    return (size_t)(range.to - range.from);
}

bool output_pieces_begin(struct output_pieces *pieces, struct store_output *read, int64_t size)
{
    struct output_view view = output_view(size, read->offset);

    *pieces = (struct output_pieces){.view = view};
    pieces->bytes = arena_alloc(read->arena, length(view.head) + length(view.tail) + 1, 1);
    return pieces->bytes != NULL;
}

int64_t output_pieces_from(const struct output_pieces *pieces)
{
    const struct output_view *view = &pieces->view;

    return length(view->head) > 0 ? view->head.from : view->tail.from;
}

/* What a piece has of a range, to its place in `target`, where the range begins; how much it is. */
static size_t copy(char *target, struct output_range range, int64_t offset, struct span piece)
{
    int64_t from = offset > range.from ? offset : range.from;
    int64_t end = offset + (int64_t)piece.len, to = end < range.to ? end : range.to;

    if (from >= to)
        return 0;
    memcpy(target + (from - range.from), piece.ptr + (from - offset), (size_t)(to - from));
    return (size_t)(to - from);
}

void output_pieces_add(struct output_pieces *pieces, int64_t offset, struct span piece)
{
    const struct output_view *view = &pieces->view;

    pieces->found += copy(pieces->bytes, view->head, offset, piece);
    pieces->found += copy(pieces->bytes + length(view->head), view->tail, offset, piece);
}

enum problem output_pieces_end(const struct output_pieces *pieces, struct store_output *read,
                               int64_t size)
{
    const struct output_view *view = &pieces->view;
    size_t len = length(view->head) + length(view->tail);

    if (pieces->found != len) {
        err_set(&read->call.err, "The store is damaged: output is missing.");
        return PROBLEM_INTERNAL;
    }
    read->output.size = size;
    read->output.bytes = (struct span){pieces->bytes, len};
    read->output.gap = length(view->head);
    read->output.dropped = view->dropped;
    return PROBLEM_NONE;
}
