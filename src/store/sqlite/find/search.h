/* A search: one find while it runs, its filters in numbers, and the test of a single job. */
#ifndef JOBD_STORE_SQLITE_FIND_SEARCH_H
#define JOBD_STORE_SQLITE_FIND_SEARCH_H

#include "store/sqlite/find/doubtful.h"
#include "store/sqlite/find/shapes.h"
#include "store/sqlite/index/segment.h"

/* The exact filters, words replaced by the numbers that stand for them. */
struct scope {
    uint32_t statuses; /* 0: nothing can match */
    const int64_t *types;
    size_t type_count; /* 0: not filtered */
    int64_t person; /* 0: not filtered */
};

/* Where a job stands in an order. */
struct place {
    struct span text; /* of the orders by name and type */
    int64_t value; /* a date (JOB_NO_TIME: none) or an enum value */
    int64_t position;
};

#define SEARCH_TYPE_SLOTS 128

struct search {
    struct sqlite_reader *reader;
    const struct query *query;
    struct err *err;
    struct arena scratch; /* empty again with the next search */
    struct shape shape; /* of the statement at hand */
    struct scope scope;
    bool by_name; /* there is a name filter that not everything passes */
    struct search_index {
        bool known;
        int64_t watermark; /* the last position in it; -1: none */
        bool complete; /* there is none above it */
        struct segments segments;
    } index; /* of search_index */
    struct doubtful doubtful; /* of search_doubtful */
    bool doubtful_known;
    bool has_after;
    struct place after;
    size_t want; /* one more than a page */
    int64_t *merge; /* room for the sources to merge in */
    size_t merge_room;
    sqlite3_stmt *probe; /* of search_probe, on a row */
    struct arena names; /* of `types`, cleared together */
    size_t name_count;
    struct search_type {
        int64_t id; /* 0: free */
        struct span name;
    } types[SEARCH_TYPE_SLOTS];
};

/* Looks up the filters' numbers and the cursor's place. INVALID_CURSOR when that job is unknown. */
enum problem search_init(struct search *search, struct sqlite_reader *reader,
                         struct store_find *find);
void search_release(struct search *search);

/* The statement of search->shape with its values; NULL: search_failed tells why. */
sqlite3_stmt *search_statement(struct search *search);

/* What went wrong in the connection. */
enum problem search_failed(struct search *search);

/*
 * Reads the job at a position: whether it passes all filters of the query and `scope`, and where it
 * stands. place->text is valid until the next call.
 */
enum problem search_probe(struct search *search, const struct scope *scope, int64_t position,
                          bool *ret_match, struct place *ret_place);

/*
 * Whether the job at a position, which passes the filter by user, has one of the statuses asked
 * for: a seek each in an index, which has more of the jobs on a page than the table.
 */
enum problem search_has_status(struct search *search, int64_t position, bool *ret_has);

/* Reads how far the index is, once, into search->index. */
enum problem search_index(struct search *search);

/* Reads which jobs' statuses and dates the index may have old, once, into search->doubtful. */
enum problem search_doubtful(struct search *search);

/* The name of a type, valid until the next call. */
enum problem search_type_name(struct search *search, int64_t id, struct span *ret_name);

/* Which comes first in the query's order: negative, zero, positive. */
int search_compare(const struct search *search, const struct place *a, const struct place *b);

/* Whether a place is behind the cursor. */
bool search_is_behind(const struct search *search, const struct place *place);

bool scope_has_type(const struct scope *scope, int64_t type);

#endif
