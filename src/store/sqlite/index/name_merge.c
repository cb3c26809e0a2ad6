/* Merging: neighbours of one size become one, a range of grams at a time. */
#include "store/sqlite/index/name_merge.h"

#include "base/mem.h"
#include "base/scope.h"
#include "store/sqlite/index/posting.h"
#include "store/sqlite/index/segment.h"

#include <stdlib.h>

/*
 * A segment's level is the logarithm of its jobs to the base of eight; neighbours that reach no
 * higher than a level are merged once they are eight, so a job is written again once a level. From
 * the last level on it stays where it is: larger ones would be looked into less often, but take
 * longer to read where many jobs have a gram.
 */
#define WIDTH_BITS 3
#define WIDTH (1 << WIDTH_BITS)
#define LEVEL_LAST 6
/* The largest has to be a small part, or it would be written again for the sake of a few. */
#define PART 4
#define CHILDREN_MAX 64
/* So many live ones are as they should be; with each so many more, as much more is done at once. */
#define LIVE_FEW 32
#define MEMORY_MAX ((size_t)16 << 20)

static int level_of(int64_t count)
{
    int bits = 63 - __builtin_clzll((unsigned long long)count);

    return bits / WIDTH_BITS < LEVEL_LAST ? bits / WIDTH_BITS : LEVEL_LAST;
}

/* Some segments in the order of their ordinals, and one that is to take their place. */
struct merge {
    struct segment target;
    struct segment children[CHILDREN_MAX];
    size_t count;
    int64_t largest; /* the jobs of that child */
};

static void add_child(struct merge *merge, const struct segment *child)
{
    if (merge->count == 0)
        merge->target.first = child->first;
    if (child->count > merge->largest)
        merge->largest = child->count;
    merge->target.count += child->count;
    merge->children[merge->count++] = *child;
}

static bool is_worth_it(const struct merge *merge)
{
    return merge->count >= WIDTH && merge->target.count >= PART * merge->largest;
}

static bool is_covered(const struct segments *segments, const struct segment *one)
{
    for (size_t i = 0; i < segments->count; i++) {
        const struct segment *at = &segments->list[i];
        if (at->state == SEGMENT_GROWING && at->first <= one->first &&
            one->first < at->first + at->count)
            return true;
    }
    return false;
}

/* All segments come the oldest first: the first run of live neighbours that reach no higher than a
 * level and are worth it. */
static bool find_run(const struct segments *segments, int level, struct merge *ret_merge)
{
    *ret_merge = (struct merge){.target.state = SEGMENT_GROWING};
    for (size_t i = 0; i < segments->count; i++) {
        const struct segment *at = &segments->list[i];
        if (at->state != SEGMENT_LIVE)
            continue;
        if (level_of(at->count) > level || is_covered(segments, at)) {
            *ret_merge = (struct merge){.target.state = SEGMENT_GROWING};
            continue;
        }
        add_child(ret_merge, at);
        if (is_worth_it(ret_merge))
            return true;
        if (ret_merge->count == CHILDREN_MAX)
            *ret_merge = (struct merge){.target.state = SEGMENT_GROWING};
    }
    return false;
}

/* The one that grows already, with what it covers. */
static bool find_growing(const struct segments *segments, int level, struct merge *ret_merge)
{
    for (size_t i = 0; i < segments->count; i++) {
        const struct segment *target = &segments->list[i];
        if (target->state != SEGMENT_GROWING || level_of(target->count) > level + 1)
            continue;
        *ret_merge = (struct merge){.count = 0};
        for (size_t j = 0; j < segments->count && ret_merge->count < CHILDREN_MAX; j++) {
            const struct segment *child = &segments->list[j];
            if (child->state == SEGMENT_LIVE && target->first <= child->first &&
                child->first < target->first + target->count)
                add_child(ret_merge, child);
        }
        ret_merge->target = *target;
        return true;
    }
    return false;
}

/* Small ones first: there are more of them, and they are soon done. */
static bool find_merge(struct sqlite_reader *writer, const struct segments *segments,
                       struct merge *ret_merge, bool *ret_found)
{
    *ret_found = false;
    for (int level = 0; level <= LEVEL_LAST && !*ret_found; level++) {
        *ret_found = find_growing(segments, level, ret_merge);
        if (*ret_found || level == LEVEL_LAST)
            continue;
        *ret_found = find_run(segments, level, ret_merge);
        if (*ret_found && !segment_add(writer, &ret_merge->target))
            return false;
    }
    return true;
}

/* The postings of a range of grams, of all children. */
struct gathered {
    struct posting {
        uint32_t gram;
        roaring_bitmap_t *jobs;
    } * list;
    size_t count, room;
};

static void gathered_release(struct gathered *gathered)
{
    for (size_t i = 0; i < gathered->count; i++)
        posting_free(gathered->list[i].jobs);
    mem_free(gathered->list);
}

static bool keep(struct gathered *gathered, uint32_t gram, roaring_bitmap_t *jobs)
{
    struct posting *list =
        mem_grow(gathered->list, &gathered->room, gathered->count + 1, sizeof(*list));

    if (list == NULL)
        return false;
    gathered->list = list;
    gathered->list[gathered->count++] = (struct posting){gram, jobs};
    return true;
}

/* From one gram to another, both included. */
struct range {
    int64_t from, to;
};

static sqlite3_stmt *bind_range(struct sqlite_reader *writer, const char *sql, int64_t segment,
                                struct range range)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(writer, sql);

    if (statement != NULL) {
        sqlite3_bind_int64(statement, 1, posting_key(segment, (uint32_t)range.from));
        sqlite3_bind_int64(statement, 2, posting_key(segment, (uint32_t)range.to));
    }
    return statement;
}

static bool gather(struct sqlite_reader *writer, int64_t segment, struct range range,
                   struct gathered *gathered)
{
    sqlite3_stmt *rows = bind_range(
        writer, "SELECT key, ordinals FROM name_posting WHERE key BETWEEN ?1 AND ?2 ORDER BY key",
        segment, range);
    bool good = rows != NULL;
    int code = SQLITE_ERROR;

    while (good && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        roaring_bitmap_t *jobs = posting_of(rows, 1);
        good = jobs != NULL && keep(gathered, posting_gram(sqlite3_column_int64(rows, 0)), jobs);
        if (!good)
            posting_free(jobs);
    }
    sqlite_rewind(rows);
    return good && code == SQLITE_DONE;
}

/* The first key that a statement finds; `otherwise` when it finds none. */
static bool find_key(sqlite3_stmt *statement, int64_t otherwise, int64_t *ret_key)
{
    int code = statement != NULL ? sqlite3_step(statement) : SQLITE_ERROR;

    *ret_key = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : otherwise;
    sqlite_rewind(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

static const struct range everything = {0, UINT32_MAX};

/* Behind what the target has; above UINT32_MAX when it has the last gram there can be. */
static bool find_begin(struct sqlite_reader *writer, int64_t target, int64_t *ret_gram)
{
    int64_t before = posting_key(target, 0) - 1, key;
    sqlite3_stmt *statement =
        bind_range(writer,
                   "SELECT key FROM name_posting WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC "
                   "LIMIT 1",
                   target, everything);

    if (!find_key(statement, before, &key))
        return false;
    *ret_gram = key - before;
    return true;
}

/* Where a child has `rows` in a range. */
static bool find_end(struct sqlite_reader *writer, int64_t child, int rows, struct range *range)
{
    int64_t key;
    sqlite3_stmt *statement =
        bind_range(writer,
                   "SELECT key FROM name_posting WHERE key BETWEEN ?1 AND ?2 ORDER BY key "
                   "LIMIT 1 OFFSET ?3",
                   child, *range);

    if (statement != NULL)
        sqlite3_bind_int(statement, 3, rows);
    if (!find_key(statement, posting_key(child, (uint32_t)range->to), &key))
        return false;
    range->to = posting_gram(key);
    return true;
}

/* What comes next, in which no child has many more rows than its share. */
static bool next_range(struct sqlite_reader *writer, const struct merge *merge, int rows,
                       struct range *ret_range)
{
    *ret_range = everything;
    if (!find_begin(writer, merge->target.id, &ret_range->from))
        return false;
    for (size_t i = 0; i < merge->count && ret_range->from <= ret_range->to; i++)
        if (!find_end(writer, merge->children[i].id, rows / (int)merge->count, ret_range))
            return false;
    return true;
}

/* Of one gram in the order of their ordinals. */
static int by_gram(const void *a, const void *b)
{
    const struct posting *left = a, *right = b;
    uint32_t first, second;

    if (left->gram != right->gram)
        return left->gram < right->gram ? -1 : 1;
    first = roaring_bitmap_minimum(left->jobs);
    second = roaring_bitmap_minimum(right->jobs);
    return (first > second) - (first < second);
}

static bool write_out(struct sqlite_reader *writer, int64_t target, struct gathered *gathered)
{
    AUTO(buf_release) struct buf room = BUF(POSTING_MAX);
    struct posting *list = gathered->list;

    if (gathered->count > 0)
        qsort(list, gathered->count, sizeof(*list), by_gram);
    for (size_t i = 0, next; i < gathered->count; i = next) {
        for (next = i + 1; next < gathered->count && list[next].gram == list[i].gram; next++)
            roaring_bitmap_or_inplace(list[i].jobs, list[next].jobs);
        if (!posting_write(writer, posting_key(target, list[i].gram), list[i].jobs, &room))
            return false;
    }
    return true;
}

static bool finish(struct sqlite_reader *writer, const struct merge *merge)
{
    for (size_t i = 0; i < merge->count; i++)
        if (!segment_set_state(writer, merge->children[i].id, SEGMENT_RETIRED))
            return false;
    return segment_set_state(writer, merge->target.id, SEGMENT_LIVE);
}

/* *rows are those that may be read, and then those that were. */
static bool merge_some(struct sqlite_reader *writer, const struct merge *merge, int *rows)
{
    AUTO(gathered_release) struct gathered gathered = {0};
    struct range range;

    if (!next_range(writer, merge, *rows, &range))
        return false;
    for (size_t i = 0; i < merge->count && range.from <= range.to; i++)
        if (!gather(writer, merge->children[i].id, range, &gathered))
            return false;
    *rows = (int)gathered.count;
    if (!write_out(writer, merge->target.id, &gathered))
        return false;
    return range.to < UINT32_MAX || finish(writer, merge);
}

/* Once nobody new can see it. Pages that get free are used for the next ones. */
static bool throw_out(struct sqlite_reader *writer, int64_t segment, int *rows)
{
    int wanted = *rows;
    sqlite3_stmt *statement = bind_range(
        writer,
        "DELETE FROM name_posting WHERE key BETWEEN ?1 AND (SELECT max(key) FROM (SELECT key FROM "
        "name_posting WHERE key BETWEEN ?1 AND ?2 ORDER BY key LIMIT ?3))",
        segment, everything);
    bool done;

    if (statement == NULL)
        return false;
    sqlite3_bind_int(statement, 3, wanted);
    done = sqlite3_step(statement) == SQLITE_DONE;
    sqlite_rewind(statement);
    *rows = sqlite3_changes(writer->db);
    return done && (*rows == wanted || segment_remove(writer, segment));
}

static const struct segment *find_retired(const struct segments *segments)
{
    for (size_t i = 0; i < segments->count; i++)
        if (segments->list[i].state == SEGMENT_RETIRED)
            return &segments->list[i];
    return NULL;
}

static void reverse(struct segments *segments)
{
    for (size_t i = 0, j = segments->count; i + 1 < j; i++) {
        struct segment one = segments->list[i];
        segments->list[i] = segments->list[--j];
        segments->list[j] = one;
    }
}

/* The live ones that are yet to be merged. */
static int count_live(const struct segments *segments)
{
    int count = 0;

    for (size_t i = 0; i < segments->count; i++)
        count += segments->list[i].state == SEGMENT_LIVE &&
                 level_of(segments->list[i].count) < LEVEL_LAST;
    return count;
}

/* One thing that is to do, if there is any. */
static bool work(struct sqlite_reader *writer, const struct segments *segments, int *rows,
                 bool *ret_more)
{
    const struct segment *retired = find_retired(segments);
    struct merge merge;

    *ret_more = retired != NULL;
    if (retired != NULL)
        return throw_out(writer, retired->id, rows);
    if (!find_merge(writer, segments, &merge, ret_more))
        return false;
    return !*ret_more || merge_some(writer, &merge, rows);
}

bool name_merge_step(struct sqlite_reader *writer, int rows, bool *ret_more)
{
    AUTO(arena_release) struct arena arena;
    struct segments segments;
    int left = 0, some;

    arena_init(&arena, MEMORY_MAX);
    do {
        if (segments_read(writer, SEGMENT_ANY_STATE, &arena, &segments, NULL) != PROBLEM_NONE)
            return false;
        if (left == 0)
            left = rows * (1 + count_live(&segments) / LIVE_FEW);
        reverse(&segments);
        some = left;
        if (!work(writer, &segments, &some, ret_more))
            return false;
        left -= some + 1;
        arena_clear(&arena);
    } while (*ret_more && left > 0);
    return true;
}
