/* Sources: where candidates for a find come from, newest first, a piece at a time. */
#ifndef JOBD_STORE_SQLITE_SOURCE_H
#define JOBD_STORE_SQLITE_SOURCE_H

#include "store/sqlite/search.h"

enum source_kind {
    SOURCE_STREAMS, /* the jobs of a scope, exactly */
    SOURCE_GRAMS, /* those whose name has the grams; those the index lacks, whatever their name */
    SOURCE_NAME, /* those of exactly the folded name */
};

struct source {
    enum source_kind kind;
    struct scope scope; /* SOURCE_GRAMS uses of it what the index knows */
    int64_t below; /* the next candidates lie below this position */
    bool ended;
    /* What the last read found. */
    int64_t *positions;
    size_t count, room;
    /* SOURCE_STREAMS */
    struct shape_streams streams;
    struct shape_stream *list;
    size_t list_count;
    /* SOURCE_GRAMS */
    int64_t watermark;
    struct span expression;
};

/* Its memory lives in the search's. `below` is exclusive. */
enum problem source_init(struct search *search, struct source *source, enum source_kind kind,
                         const struct scope *scope, int64_t below);

/* Reads the next candidates, `limit` at most. Fewer do not mean the end, `ended` does. */
enum problem source_read(struct search *search, struct source *source, size_t limit);

#endif
