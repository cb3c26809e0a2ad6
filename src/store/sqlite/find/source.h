/* Sources: where candidates for a find come from, newest first, a piece at a time. */
#ifndef JOBD_STORE_SQLITE_FIND_SOURCE_H
#define JOBD_STORE_SQLITE_FIND_SOURCE_H

#include "store/sqlite/find/index_filter.h"

enum source_kind {
    SOURCE_STREAMS, /* the jobs of a scope, exactly */
    SOURCE_INDEX, /* those the index lets through; of those it lacks, whatever their name is */
};

struct source {
    enum source_kind kind;
    struct scope scope; /* SOURCE_INDEX uses of it what the index knows */
    int64_t below; /* the next candidates lie below this position */
    bool ended;
    /* What the last read found. */
    int64_t *positions;
    size_t count, room;
    /* SOURCE_STREAMS */
    struct shape_streams streams;
    struct shape_stream *list;
    size_t list_count;
    /* SOURCE_INDEX */
    struct index_filter filter;
};

/* Start from {0}. Its memory lives in the search's, but for what is released. `below` is exclusive.
 */
enum problem source_init(struct search *search, struct source *source, enum source_kind kind,
                         const struct scope *scope, int64_t below);
void source_release(struct source *source);

/* Of SOURCE_INDEX: whether all that the index lacks was read. */
static inline bool source_is_indexed(const struct source *source)
{
    return source->ended || source->below <= source->streams.above + 1;
}

/* Reads the next candidates, `limit` at most. Fewer do not mean the end, `ended` does. */
enum problem source_read(struct search *search, struct source *source, size_t limit);

/* Makes search->shape the one statement over at most SHAPE_STREAMS_MAX of a source's streams. */
void source_shape(struct search *search, struct source *source, enum shape_columns columns,
                  size_t limit);

#endif
