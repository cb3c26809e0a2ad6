/* Segments: the postings of some jobs in a row, written together and merged as they get many. */
#ifndef JOBD_STORE_POSTGRES_NAMES_SEGMENT_H
#define JOBD_STORE_POSTGRES_NAMES_SEGMENT_H

#include "store/postgres/connection.h"
#include "store/postgres/names/job_bits.h"

/*
 * So many jobs make a segment, a block of ordinals; so many neighbours of one level the next
 * level's, which does not take longer than writing them: their postings are put behind each other.
 * Jobs that are in none yet are read one by one.
 */
#define NAME_SEGMENT_JOBS JOB_BLOCK
#define NAME_SEGMENT_WIDTH 8
#define NAME_SEGMENT_LEVEL_LAST 3

/* So many ordinals in a row have a row that tells their positions. */
#define NAME_PLACE 128
#define NAME_PLACE_TEXT "128"

/* The last position that is in one, of which -1 is none; SQL. */
#define NAME_SEGMENT_WATERMARK "(SELECT last FROM name_state WHERE one)"

/* SQL: nobody has written to the index since it was of a version, but for merging segments. */
#define NAME_STATE_IS(version) "(SELECT version FROM name_state WHERE one) = " version

/* The ordinal of a job that is indexed, by its position; SQL. */
#define NAME_ORDINAL_OF(position)                                                                  \
    "(SELECT place * " NAME_PLACE_TEXT " + array_position(positions, " position ") - 1 FROM "      \
    "name_place WHERE first <= " position " ORDER BY first DESC LIMIT 1)"

/* The position of an ordinal, NULL where that is nobody's; SQL. */
#define NAME_POSITION_OF(ordinal)                                                                  \
    "(SELECT positions[" ordinal " % " NAME_PLACE_TEXT " + 1] FROM name_place WHERE place = "      \
    "" ordinal " / " NAME_PLACE_TEXT ")"

/* Adds to the connection's round that of all indexers of a schema, one writes at a time. */
void name_round_begin(struct pg_connection *connection);

/*
 * Merges the newest segments, as long as there are NAME_SEGMENT_WIDTH of a level; false: it did not
 * work, and the connection says why until it is cleared.
 */
bool name_segments_merge(struct pg_connection *connection);

#endif
