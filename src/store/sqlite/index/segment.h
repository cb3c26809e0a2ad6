/* Segments: runs of ordinals whose postings were written together, as those of an LSM tree. */
#ifndef JOBD_STORE_SQLITE_INDEX_SEGMENT_H
#define JOBD_STORE_SQLITE_INDEX_SEGMENT_H

#include "store/sqlite/sqlite.h"

enum segment_state {
    SEGMENT_LIVE, /* the live ones have each ordinal once */
    SEGMENT_GROWING, /* will take the place of those it covers */
    SEGMENT_RETIRED, /* its postings are being thrown out */
};
#define SEGMENT_ANY_STATE 7 /* bits 1 << state */

struct segment {
    int64_t id;
    int64_t first, count; /* of its ordinals */
    enum segment_state state;
};

/* Segments in an arena. */
struct segments {
    struct segment *list;
    size_t count;
};

/*
 * Those in one of the states, as bits 1 << state, the newest first. Postings of a segment are there
 * for as long as a reader's snapshot has it.
 */
enum problem segments_read(struct sqlite_reader *reader, unsigned states, struct arena *arena,
                           struct segments *ret_segments, struct err *err);

/* The following are the writer's; false with sqlite3_errmsg set. */

/* Gives it an id that is larger than all others. */
bool segment_add(struct sqlite_reader *writer, struct segment *segment);
bool segment_set_state(struct sqlite_reader *writer, int64_t id, enum segment_state state);
bool segment_remove(struct sqlite_reader *writer, int64_t id);

#endif
