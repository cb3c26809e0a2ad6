/* Parting name buckets: at the median of some of their names, where a name is that many have. */
#include "base/scope.h"
#include "store/sqlite/index/name_bucket.h"
#include "store/sqlite/index/ordinal.h"
#include "store/sqlite/index/posting.h"
#include "store/sqlite/index/segment.h"

#include <stdlib.h>

/* So many names are looked at: the median of them is one of the middle third of all. */
#define SAMPLE 31
#define CUTS_MAX 2
#define MEMORY_MAX ((size_t)1 << 20)

/* Start from the bucket, and else from {0}. */
struct parting {
    struct sqlite_reader *writer;
    const struct name_bucket *bucket;
    struct arena arena;
    roaring_bitmap_t *jobs; /* all that are in it */
    struct span keys[SAMPLE]; /* sorted */
    size_t count;
    struct span cuts[CUTS_MAX]; /* with which new ones begin */
    size_t cut_count;
    char behind[NAME_BUCKET_KEY_MAX]; /* of the second */
};

static void parting_release(struct parting *parting)
{
    posting_free(parting->jobs);
    arena_release(&parting->arena);
}

static bool add_segment(struct parting *parting, const struct segment *segment)
{
    uint32_t word = posting_bucket(parting->bucket->id);
    roaring_bitmap_t *jobs;

    if (segment->first + segment->count <= parting->bucket->since)
        return true;
    if (posting_read(parting->writer, segment->id, word, &jobs, NULL) != PROBLEM_NONE)
        return false;
    if (jobs != NULL)
        roaring_bitmap_or_inplace(parting->jobs, jobs);
    posting_free(jobs);
    return true;
}

static bool gather(struct parting *parting)
{
    struct segments segments;

    parting->jobs = roaring_bitmap_create();
    if (parting->jobs == NULL || segments_read(parting->writer, 1U << SEGMENT_LIVE, &parting->arena,
                                               &segments, NULL) != PROBLEM_NONE)
        return false;
    for (size_t i = 0; i < segments.count; i++)
        if (!add_segment(parting, &segments.list[i]))
            return false;
    return true;
}

/* The key of the name that a statement finds; ptr NULL when it finds none. */
static bool read_key(struct parting *parting, sqlite3_stmt *statement, struct span *ret_key)
{
    int code = statement != NULL ? sqlite3_step(statement) : SQLITE_ERROR;

    *ret_key = (struct span){0};
    if (code == SQLITE_ROW)
        *ret_key = arena_span(&parting->arena, name_bucket_key(sqlite_text(statement, 0)));
    sqlite_rewind(statement);
    return code == SQLITE_DONE || ret_key->ptr != NULL;
}

/* Strangers have the bucket's word, too, where two words are alike. */
static bool is_inside(const struct name_bucket *bucket, struct span key)
{
    return span_compare(key, bucket->first) >= 0 &&
           (bucket->endless || span_compare(key, bucket->last) < 0);
}

static bool add_name(struct parting *parting, struct ordinal_block *block, uint32_t ordinal)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(parting->writer, "SELECT name_folded FROM job WHERE position = ?1");
    int64_t position;
    struct span key;

    if (statement == NULL ||
        ordinal_position(parting->writer, block, ordinal, &position, NULL) != PROBLEM_NONE)
        return false;
    sqlite3_bind_int64(statement, 1, position);
    if (!read_key(parting, statement, &key))
        return false;
    if (key.ptr != NULL && is_inside(parting->bucket, key))
        parting->keys[parting->count++] = key;
    return true;
}

static int by_key(const void *a, const void *b)
{
    const struct span *left = a, *right = b;

    return span_compare(*left, *right);
}

/* Names of jobs that are evenly apart in time. */
static bool take_sample(struct parting *parting)
{
    uint64_t jobs = roaring_bitmap_get_cardinality(parting->jobs);
    struct ordinal_block block = {0};
    uint32_t ordinal;

    for (uint64_t i = 0; i < SAMPLE && i < jobs; i++) {
        uint64_t rank = jobs <= SAMPLE ? i : (2 * i + 1) * jobs / (2 * SAMPLE);
        if (roaring_bitmap_select(parting->jobs, (uint32_t)rank, &ordinal) &&
            !add_name(parting, &block, ordinal))
            return false;
    }
    if (parting->count > 0)
        qsort(parting->keys, parting->count, sizeof(parting->keys[0]), by_key);
    return true;
}

/* Nothing is parted at its ends. */
static void add_cut(struct parting *parting, struct span key)
{
    const struct name_bucket *bucket = parting->bucket;

    if (span_compare(key, bucket->first) > 0 &&
        (bucket->endless || span_compare(key, bucket->last) < 0))
        parting->cuts[parting->cut_count++] = key;
}

static size_t count_equal(const struct parting *parting, struct span key)
{
    size_t count = 0;

    for (size_t i = 0; i < parting->count; i++)
        count += span_eq(parting->keys[i], key);
    return count;
}

/* A key that half of them have gets a bucket for itself, up to the first one behind it. */
static void choose_cuts(struct parting *parting)
{
    struct span median;

    if (parting->count == 0)
        return;
    median = parting->keys[parting->count / 2];
    add_cut(parting, median);
    if (2 * count_equal(parting, median) >= parting->count)
        add_cut(parting, name_bucket_next(median, parting->behind));
}

static void bind_end(sqlite3_stmt *statement, int index, bool endless, struct span last)
{
    if (!endless)
        sqlite_bind_span(statement, index, last);
}

/* One of the two names between which all of the bucket's range lie that there are. */
static bool read_end(struct parting *parting, const char *sql, struct span *ret_key)
{
    const struct name_bucket *bucket = parting->bucket;
    sqlite3_stmt *statement = sqlite_prepare_cached(parting->writer, sql);

    if (statement == NULL)
        return false;
    sqlite_bind_span(statement, 1, bucket->first);
    bind_end(statement, 2, bucket->endless, bucket->last);
    return read_key(parting, statement, ret_key);
}

static bool run(sqlite3_stmt *statement)
{
    bool done = sqlite3_step(statement) == SQLITE_DONE;

    sqlite_rewind(statement);
    return done;
}

/* A blob comes behind every text. */
#define NAMES_OF_RANGE                                                                             \
    "SELECT name_folded FROM job WHERE name_folded >= ?1 AND name_folded < ifnull(?2, x'') "       \
    "ORDER BY name_folded "

static bool close_it(struct parting *parting, int64_t until)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        parting->writer, "UPDATE name_bucket SET first = ?2, last = ?3, until = ?4 WHERE id = ?1");
    struct span first, last;

    if (statement == NULL || !read_end(parting, NAMES_OF_RANGE "LIMIT 1", &first) ||
        !read_end(parting, NAMES_OF_RANGE "DESC LIMIT 1", &last))
        return false;
    sqlite3_bind_int64(statement, 1, parting->bucket->id);
    sqlite_bind_span(statement, 2, first);
    sqlite_bind_span(statement, 3, last);
    sqlite3_bind_int64(statement, 4, until);
    return run(statement);
}

static bool open_one(struct parting *parting, struct span first, bool endless, struct span last,
                     int64_t since)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(parting->writer, "INSERT INTO name_bucket (first, last, since, jobs) "
                                               "VALUES (?1, ?2, ?3, 0)");

    if (statement == NULL)
        return false;
    sqlite_bind_span(statement, 1, first);
    bind_end(statement, 2, endless, last);
    sqlite3_bind_int64(statement, 3, since);
    return run(statement);
}

static bool write_parts(struct parting *parting, int64_t jobs)
{
    const struct name_bucket *bucket = parting->bucket;
    struct span first = bucket->first;

    for (size_t i = 0; i < parting->cut_count; first = parting->cuts[i++])
        if (!open_one(parting, first, false, parting->cuts[i], jobs))
            return false;
    return open_one(parting, first, bucket->endless, bucket->last, jobs) && close_it(parting, jobs);
}

/* *ret_parted is false where none of the jobs that were looked at is the bucket's. */
static bool part(struct sqlite_reader *writer, const struct name_bucket *bucket, int64_t jobs,
                 bool *ret_parted)
{
    AUTO(parting_release) struct parting parting = {.writer = writer, .bucket = bucket};

    arena_init(&parting.arena, MEMORY_MAX);
    if (!gather(&parting) || !take_sample(&parting))
        return false;
    choose_cuts(&parting);
    *ret_parted = parting.cut_count > 0;
    return !*ret_parted || write_parts(&parting, jobs);
}

static bool is_due(const struct name_bucket *bucket, int64_t share)
{
    return bucket->jobs > share && bucket->jobs > 2 * bucket->tried && !name_bucket_is_one(bucket);
}

bool name_buckets_part(struct sqlite_reader *writer, int64_t jobs)
{
    struct name_buckets *buckets = &writer->buckets;
    int64_t share = name_bucket_share(jobs);
    bool any = false;

    for (size_t i = 0; i < buckets->open_count; i++) {
        struct name_bucket *bucket = buckets->open[i];
        bool parted;
        if (!is_due(bucket, share))
            continue;
        if (!part(writer, bucket, jobs, &parted))
            return false;
        bucket->tried = bucket->jobs;
        any = any || parted;
    }
    return !any || name_buckets_know(writer, NULL) == PROBLEM_NONE;
}
