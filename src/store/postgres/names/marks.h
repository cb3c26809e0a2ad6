/* Marks: what changes of a job and is indexed, its status and its dates, as sets and as zones. */
#ifndef JOBD_STORE_POSTGRES_NAMES_MARKS_H
#define JOBD_STORE_POSTGRES_NAMES_MARKS_H

#include "base/arena.h"
#include "model/states.h"
#include "store/postgres/connection.h"
#include "store/postgres/names/job_bits.h"
#include "store/postgres/row.h"

/* Sets of jobs; the first ones are the statuses. */
enum { JOB_SET_NOT_STARTED = STATUS_COUNT, JOB_SET_NOT_ENDED, JOB_SET_COUNT };

enum date_kind { DATE_STARTED, DATE_ENDED, DATE_COUNT };

/* Sets and zones are written a chunk of ordinals at a time; so many in a row are a zone. */
#define MARK_CHUNK 65536
#define MARK_CHUNK_BLOCKS (MARK_CHUNK / JOB_BLOCK)
#define DATE_ZONE 256
#define DATE_ZONES (MARK_CHUNK / DATE_ZONE)

struct job_mark {
    int64_t ordinal;
    enum job_status status;
    int64_t dates[DATE_COUNT]; /* JOB_NO_TIME: not yet */
};

/* From three columns of a row: status, started_on, ended_on. */
struct job_mark job_mark_of(struct pg_row row, int column, int64_t ordinal);

/*
 * Between which dates jobs started, or ended, those aside that have not; both inclusive. first >
 * last: none has. Never too narrow for jobs that have not changed since the index followed. The
 * bytes of a chunk's zones are these, one behind the other.
 */
struct date_bounds {
    int64_t first, last;
};

/* The zones of a chunk from what is stored; false where that is none. */
bool date_zones_of(struct span bytes, struct date_bounds ret_zones[DATE_ZONES]);

/* Chunks while marks are put into them; start from {0}. */
struct mark_chunks {
    struct mark_chunk {
        int64_t number;
        struct job_bits sets[JOB_SET_COUNT];
        struct date_bounds zones[DATE_COUNT][DATE_ZONES];
        bool set_changed[JOB_SET_COUNT], zones_changed[DATE_COUNT];
    } * list;
    size_t count;
    struct buf bytes; /* of what is written */
};
void mark_chunks_release(struct mark_chunks *chunks);

/*
 * Reads the chunks of marks, of which each is of a job of its own and whose ordinals rise, and puts
 * them in. In a round of its own, so that what is written must not be if the index has changed
 * since. False: the connection says why if that is not want of memory.
 */
bool mark_chunks_read(struct mark_chunks *chunks, struct pg_connection *connection,
                      const struct job_mark *marks, size_t count, struct arena *arena);

/* What writes the chunks as long as the index is of the version; false without memory. */
#define MARK_STATEMENTS 2
bool mark_chunks_params(struct mark_chunks *chunks, int64_t version,
                        struct pg_params ret_params[static MARK_STATEMENTS], struct arena *arena);

/* Adds it to the connection's round. */
void mark_chunks_send(const struct pg_params params[static MARK_STATEMENTS],
                      struct pg_connection *connection);

#endif
