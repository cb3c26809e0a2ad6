/* Output put together from the pieces that a store keeps it in. */
#ifndef JOBD_STORE_OUTPUT_PIECES_H
#define JOBD_STORE_OUTPUT_PIECES_H

#include "model/output.h"
#include "store/store.h"

/*
 * A piece shorter than this is best written anew with what comes next, so that a job that writes
 * line by line has few pieces; one longer than that is best cut, so that what is thrown away, in
 * whole pieces, leaves little behind.
 */
#define OUTPUT_PIECE_MIN 4096
#define OUTPUT_PIECE_MAX ((size_t)32768)

struct output_pieces {
    struct output_view view; /* what is wanted: of the stream, whose pieces may hold more */
    char *bytes;
    size_t found;
};

/* What read->offset asks of a stream of this size; false without memory. */
bool output_pieces_begin(struct output_pieces *pieces, struct store_output *read, int64_t size);

/* Where the first byte that is wanted lies. */
int64_t output_pieces_from(const struct output_pieces *pieces);

/* Copies what is wanted of a piece that begins at `offset`. */
void output_pieces_add(struct output_pieces *pieces, int64_t offset, struct span piece);

/* Fills read->output but for `ended`; INTERNAL when some of it was missing. */
enum problem output_pieces_end(const struct output_pieces *pieces, struct store_output *read,
                               int64_t size);

#endif
