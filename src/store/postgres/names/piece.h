/* Pieces: jobs in a row on their way into the index, written in one transaction. */
#ifndef JOBD_STORE_POSTGRES_NAMES_PIECE_H
#define JOBD_STORE_POSTGRES_NAMES_PIECE_H

#include "base/uuid.h"
#include "store/name_grams.h"
#include "store/postgres/names/marks.h"
#include "store/postgres/names/name_range.h"

#include <assert.h>

/*
 * Words of a job are the grams of its folded name up to this many code points, its name as it is,
 * its type and its user, none of which ever changes. Whoever asks gets candidates: words are
 * hashed, and a gram does not tell where in the name it is.
 */
#define NAME_PIECE_GRAM 3
static_assert(NAME_PIECE_GRAM == NAME_RANGE_GRAM, "names are cut once");

struct name_words {
    int32_t whole, type, user;
};
/* What stands for a job beside the grams; names share theirs with one in 16,384 others, for each
 * different one is a row. False without memory. */
bool name_words_of(struct span name, struct span type, const struct uuid *user,
                   struct name_words *ret_words);

/* Start from {0}. */
struct name_piece {
    int64_t version; /* of the index, which has changed if the piece may not be written */
    int64_t block; /* the first that is free, and the piece's */
    int64_t change; /* as far as changes are followed */
    int64_t *positions;
    struct job_mark *marks;
    size_t count, position_room, mark_room;
    uint64_t *pairs; /* the word above, the job below */
    size_t pair_count, pair_room;
    struct name_grams grams; /* of the name at hand */
    struct name_ranges ranges;
    struct mark_chunks chunks;
};
void name_piece_release(struct name_piece *piece);

/* Asks for so many of the oldest jobs that are not in the index; NULL as pg_ask. */
const PGresult *name_piece_ask(struct pg_connection *connection, int64_t jobs);

/*
 * Takes what name_piece_ask was answered, or as much as a piece should have where names are long.
 * False without memory. The arena gets copies of names that last as long as the piece.
 */
bool name_piece_take(struct name_piece *piece, const PGresult *jobs, struct arena *arena);

/*
 * Writes the piece, which has jobs, as a segment of a level; it does nothing where another daemon
 * has written to the index since it was asked. False: it did not work, and the connection says why
 * if that is not want of memory.
 */
bool name_piece_write(struct name_piece *piece, int level, struct pg_connection *connection,
                      struct arena *arena);

#endif
