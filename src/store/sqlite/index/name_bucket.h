/* Name buckets: the indexed jobs parted by ranges of their names, for the order by name. */
#ifndef JOBD_STORE_SQLITE_INDEX_NAME_BUCKET_H
#define JOBD_STORE_SQLITE_INDEX_NAME_BUCKET_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "model/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite_reader;

/*
 * Whoever wants those candidates whose names come first would have to read all of them. So a job
 * also has a word (posting.h) that stands for a range of names. The open buckets are side by side
 * all names there can be; one that has got its share of the jobs is closed, and two or three open
 * ones take its place, parted at the median of some of its names, so that all get about as many
 * jobs again. What is in a closed one stays there, and nothing is written again for its sake; its
 * range is made as narrow as its names are.
 */
struct name_bucket {
    int64_t id;
    struct span first, last; /* keys, both inclusive, though an open one has none of `last` */
    int64_t since, until; /* ordinals: from, and behind the last */
    int64_t jobs; /* about; of an open one as far as the writer knows */
    int64_t tried; /* with how many of them it could not be parted; 0: it was not tried */
    bool endless; /* instead of `last` */
    bool open;
};

/* A key is that much of a folded name, in bytes; those with one key are not parted. */
#define NAME_BUCKET_KEY_MAX 256

static inline struct span name_bucket_key(struct span folded)
{
    return (struct span){folded.ptr,
                         folded.len < NAME_BUCKET_KEY_MAX ? folded.len : NAME_BUCKET_KEY_MAX};
}

/* The first key behind one. */
struct span name_bucket_next(struct span key, char bytes[static NAME_BUCKET_KEY_MAX]);

/* Whether all its jobs have one key, which is `first`; and whether that is their whole name. */
static inline bool name_bucket_is_one(const struct name_bucket *bucket)
{
    return !bucket->endless && span_eq(bucket->first, bucket->last);
}

static inline bool name_bucket_is_single(const struct name_bucket *bucket)
{
    return name_bucket_is_one(bucket) && bucket->first.len < NAME_BUCKET_KEY_MAX;
}

/* So many jobs are a bucket's share of all. */
int64_t name_bucket_share(int64_t jobs);

/*
 * What a connection knows of them. A bucket never changes but when it is closed, and then there are
 * new ones; so what was known stays true for as long as the last id is the same. Start from {0}.
 */
#define NAME_BUCKETS_MEMORY ((size_t)16 << 20)
struct name_buckets {
    int64_t last_id;
    struct name_bucket *list; /* in the order of `first` */
    size_t count; /* 0: not known */
    struct name_bucket **down; /* the same, the greatest `last` first */
    struct name_bucket **open; /* those, in the order of `first` */
    size_t open_count;
    struct arena arena; /* of whoever initializes it: NAME_BUCKETS_MEMORY is its ceiling */
};

/* Forgets everything. */
void name_buckets_release(struct name_buckets *buckets);

/* Brings reader->buckets to what the connection sees. INTERNAL where names have no open bucket. */
enum problem name_buckets_know(struct sqlite_reader *reader, struct err *err);

/* The open one that a folded name belongs to. */
struct name_bucket *name_buckets_find(const struct name_buckets *buckets, struct span folded);

/* The following are the writer's, inside its transaction; false as for a writer. */

/* Counts a job of a bucket in. */
bool name_bucket_count(struct sqlite_reader *writer, struct name_bucket *bucket, int64_t ordinal);

/*
 * Closes those open buckets that have more than their share of `jobs`, as many as are indexed, and
 * knows all again. All jobs have their postings.
 */
bool name_buckets_part(struct sqlite_reader *writer, int64_t jobs);

#endif
