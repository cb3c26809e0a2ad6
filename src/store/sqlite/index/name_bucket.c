/* Name buckets: known in memory as far as a connection sees them, found by name, and counted. */
#include "store/sqlite/index/name_bucket.h"

#include "store/sqlite/connection.h"

#include <stdlib.h>

/*
 * Of so many buckets each has a small part of the names; and to read the postings of one after
 * another takes as long as to read some hundreds of jobs.
 */
#define SHARE_OF_ALL 512
#define SHARE_MIN 1024

/* One job in so many is counted, as so many; which, its number says. */
#define COUNT_EVERY 16

int64_t name_bucket_share(int64_t jobs)
{
    int64_t share = jobs / SHARE_OF_ALL;

    return share > SHARE_MIN ? share : SHARE_MIN;
}

struct span name_bucket_next(struct span key, char bytes[static NAME_BUCKET_KEY_MAX])
{
    size_t len = key.len;

    memcpy(bytes, key.ptr, len);
    if (len < NAME_BUCKET_KEY_MAX)
        bytes[len++] = '\0';
    else
        bytes[len - 1] = (char)(bytes[len - 1] + 1); /* none of UTF-8 is the last there is */
    return (struct span){bytes, len};
}

void name_buckets_release(struct name_buckets *buckets)
{
    struct arena arena = buckets->arena;

    arena_release(&arena);
    *buckets = (struct name_buckets){.arena = arena};
}

/* An open one of one key ends with that. */
static void make_exact(struct name_bucket *bucket)
{
    char bytes[NAME_BUCKET_KEY_MAX];

    if (bucket->open && !bucket->endless &&
        span_eq(bucket->last, name_bucket_next(bucket->first, bytes)))
        bucket->last = bucket->first;
}

static bool add(struct name_buckets *buckets, size_t *room, sqlite3_stmt *row)
{
    struct name_bucket bucket = {
        .id = sqlite3_column_int64(row, 0),
        .first = arena_span(&buckets->arena, name_bucket_key(sqlite_text(row, 1))),
        .last = arena_span(&buckets->arena, name_bucket_key(sqlite_text(row, 2))),
        .since = sqlite3_column_int64(row, 3),
        .until = INT64_MAX,
        .jobs = sqlite3_column_int64(row, 5),
        .endless = sqlite3_column_type(row, 2) == SQLITE_NULL,
        .open = sqlite3_column_type(row, 4) == SQLITE_NULL,
    };

    if (!bucket.open)
        bucket.until = sqlite3_column_int64(row, 4);
    if (buckets->count == *room)
        buckets->list =
            arena_doubled(&buckets->arena, buckets->list, sizeof(buckets->list[0]), room);
    if (buckets->list == NULL || bucket.first.ptr == NULL || bucket.last.ptr == NULL)
        return false;
    buckets->list[buckets->count++] = bucket;
    return true;
}

static enum problem read_all(struct sqlite_reader *reader, struct name_buckets *buckets,
                             struct err *err)
{
    sqlite3_stmt *rows = sqlite_prepare_cached(
        reader, "SELECT id, first, last, since, until, jobs FROM name_bucket");
    enum problem problem = PROBLEM_NONE;
    size_t room = 0;
    int code = SQLITE_ERROR;

    while (problem == PROBLEM_NONE && rows != NULL && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        if (!add(buckets, &room, rows))
            problem = problem_no_memory(err);
    }
    if (problem == PROBLEM_NONE && code != SQLITE_DONE)
        problem = sqlite_problem(reader->db, err);
    sqlite_rewind(rows);
    return problem;
}

static int by_first(const void *a, const void *b)
{
    const struct name_bucket *left = a, *right = b;

    return span_compare(left->first, right->first);
}

static int by_last_down(const void *a, const void *b)
{
    const struct name_bucket *left = *(struct name_bucket *const *)a;
    const struct name_bucket *right = *(struct name_bucket *const *)b;

    if (left->endless || right->endless)
        return right->endless - left->endless;
    return span_compare(right->last, left->last);
}

/* Whether each name there can be belongs to one open bucket. */
static bool is_whole(const struct name_buckets *buckets)
{
    struct name_bucket **open = buckets->open;
    size_t last = buckets->open_count - 1;

    if (buckets->open_count == 0 || open[0]->first.len > 0 || !open[last]->endless)
        return false;
    for (size_t i = 0; i < last; i++)
        if (open[i]->endless || !span_eq(open[i]->last, open[i + 1]->first))
            return false;
    return true;
}

static void list_open(struct name_buckets *buckets)
{
    qsort(buckets->list, buckets->count, sizeof(buckets->list[0]), by_first);
    for (size_t i = 0; i < buckets->count; i++)
        if (buckets->list[i].open)
            buckets->open[buckets->open_count++] = &buckets->list[i];
}

static void list_down(struct name_buckets *buckets)
{
    for (size_t i = 0; i < buckets->count; i++) {
        make_exact(&buckets->list[i]);
        buckets->down[i] = &buckets->list[i];
    }
    qsort(buckets->down, buckets->count, sizeof(struct name_bucket *), by_last_down);
}

static enum problem arrange(struct name_buckets *buckets, struct err *err)
{
    buckets->down = ARENA_ARRAY(&buckets->arena, struct name_bucket *, buckets->count);
    buckets->open = ARENA_ARRAY(&buckets->arena, struct name_bucket *, buckets->count);
    if (buckets->down == NULL || buckets->open == NULL)
        return problem_no_memory(err);
    if (buckets->count > 0)
        list_open(buckets);
    if (!is_whole(buckets)) {
        err_set(err, "The store is damaged: the index's ranges of names are not side by side.");
        return PROBLEM_INTERNAL;
    }
    list_down(buckets);
    return PROBLEM_NONE;
}

enum problem name_buckets_know(struct sqlite_reader *reader, struct err *err)
{
    struct name_buckets *buckets = &reader->buckets;
    int64_t last_id;
    enum problem problem;

    if (!connection_number(reader, "SELECT max(id) FROM name_bucket", &last_id))
        return sqlite_problem(reader->db, err);
    if (buckets->count > 0 && last_id == buckets->last_id)
        return PROBLEM_NONE;
    name_buckets_release(buckets);
    problem = read_all(reader, buckets, err);
    if (problem == PROBLEM_NONE)
        problem = arrange(buckets, err);
    if (problem == PROBLEM_NONE)
        buckets->last_id = last_id;
    else
        name_buckets_release(buckets);
    return problem;
}

struct name_bucket *name_buckets_find(const struct name_buckets *buckets, struct span folded)
{
    size_t low = 0, high = buckets->open_count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (span_compare(buckets->open[middle]->first, folded) <= 0)
            low = middle;
        else
            high = middle;
    }
    return buckets->open[low];
}

/* Of many jobs that are created together each sixteenth may be named alike. */
static bool is_counted(int64_t ordinal)
{
    return ((uint64_t)ordinal * UINT64_C(0x9E3779B97F4A7C15) >> 32) % COUNT_EVERY == 0;
}

bool name_bucket_count(struct sqlite_reader *writer, struct name_bucket *bucket, int64_t ordinal)
{
    sqlite3_stmt *update;
    bool done;

    if (!is_counted(ordinal))
        return true;
    update = sqlite_prepare_cached(writer, "UPDATE name_bucket SET jobs = ?2 WHERE id = ?1");
    if (update == NULL)
        return false;
    bucket->jobs += COUNT_EVERY;
    sqlite3_bind_int64(update, 1, bucket->id);
    sqlite3_bind_int64(update, 2, bucket->jobs);
    done = sqlite3_step(update) == SQLITE_DONE;
    sqlite_rewind(update);
    return done;
}
