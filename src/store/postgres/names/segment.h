/* Segments: the postings of some jobs in a row, written together and merged as they get many. */
#ifndef JOBD_STORE_POSTGRES_NAMES_SEGMENT_H
#define JOBD_STORE_POSTGRES_NAMES_SEGMENT_H

#include "base/arena.h"
#include "base/uuid.h"
#include "store/name_grams.h"
#include "store/postgres/connection.h"
#include "store/postgres/names/name_range.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Words of a job are the grams of its folded name up to this many code points, its name as it is,
 * its type and its user, none of which ever changes. Whoever asks gets candidates: words are
 * hashed, and a gram does not tell where in the name it is.
 */
#define NAME_SEGMENT_GRAM 3
static_assert(NAME_SEGMENT_GRAM == NAME_RANGE_GRAM, "names are cut once");

/*
 * So many jobs make a segment, so many neighbours of one level the next level's, which does not
 * take longer than writing them: their postings are put behind each other. Jobs that are in none
 * yet are read one by one.
 */
#define NAME_SEGMENT_JOBS 1024
#define NAME_SEGMENT_WIDTH 8
#define NAME_SEGMENT_LEVEL_LAST 2

/* The last position that is in one, of which -1 is none; SQL. */
#define NAME_SEGMENT_WATERMARK                                                                     \
    "coalesce((SELECT last FROM name_segment ORDER BY first DESC LIMIT 1), -1)"

struct name_words {
    int32_t whole, type, user;
};
/* What stands for a job beside the grams; names share theirs with one in 16,384 others, for each
 * different one is a row. False without memory. */
bool name_words_of(struct span name, struct span type, const struct uuid *user,
                   struct name_words *ret_words);

/* Jobs that become a segment; start from {0}. */
struct name_piece {
    int64_t *positions;
    size_t count, room;
    uint64_t *pairs; /* the word above, the job below */
    size_t pair_count, pair_room;
    struct name_grams grams; /* of the name at hand */
    struct name_ranges ranges;
};
void name_piece_release(struct name_piece *piece);

/* A job to index: texts are borrowed for the call. */
struct name_job {
    int64_t position; /* above those before */
    struct span name, folded, type;
    struct uuid user;
};

/* False without memory. The arena gets copies of names that last as long as the piece. */
bool name_piece_add(struct name_piece *piece, const struct name_job *job, struct arena *arena);

/* Whether it is as large as it should get, by its jobs or, where names are long, by its words. */
bool name_piece_is_full(const struct name_piece *piece);

/*
 * Adds to the connection's round what writes the piece, which has jobs, as a segment of a level,
 * and widens the ranges; it does nothing where another daemon has indexed these jobs. All of the
 * round is one transaction. False without memory: then nothing was added.
 */
bool name_piece_send(struct name_piece *piece, int level, struct pg_connection *connection,
                     struct arena *arena);

/*
 * Merges the newest segments, as long as there are NAME_SEGMENT_WIDTH of a level; false: it did not
 * work, and the connection says why until it is cleared.
 */
bool name_segments_merge(struct pg_connection *connection);

#endif
