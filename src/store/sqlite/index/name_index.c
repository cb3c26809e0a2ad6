/* The name index: jobs turned into (gram, ordinal) pairs, sorted, and written a gram at a time. */
#include "store/sqlite/index/name_index.h"

#include "base/mem.h"
#include "base/scope.h"
#include "store/name_grams.h"
#include "store/name_range.h"
#include "store/sqlite/index/follow.h"
#include "store/sqlite/index/mark.h"
#include "store/sqlite/index/name_merge.h"
#include "store/sqlite/index/ordinal.h"
#include "store/sqlite/index/posting.h"
#include "store/sqlite/index/segment.h"
#include "store/sqlite/index/watermark.h"

#include <assert.h>
#include <stdlib.h>

/*
 * Rows to merge for each that is written. Of ordinary names, which have most grams in common, each
 * is read and thrown out twice or thrice on its way through all merges.
 */
#define MERGED_A_ROW 4
#define MERGED_MIN 512

#define WORDS 4 /* beside the grams: type, person, name and its bucket */

/* So many pairs for each job of a step's budget, twice as many as names mostly have: what longer
 * ones would take is left to the next step. */
#define PAIRS_A_JOB 128

/* A piece of jobs; start from {0}. */
struct piece {
    int64_t first; /* ordinal */
    int64_t *positions;
    struct mark *marks;
    size_t count;
    uint64_t *pairs; /* the gram above, the ordinal below */
    size_t pair_count, room;
    bool more; /* jobs are left, as far as is known */
    int rows; /* written */
    struct name_grams grams; /* of the name at hand */
};

static void piece_release(struct piece *piece)
{
    mem_free(piece->positions);
    mem_free(piece->marks);
    mem_free(piece->pairs);
    name_grams_release(&piece->grams);
}

static bool reserve(struct piece *piece, size_t more)
{
    uint64_t *pairs =
        mem_grow(piece->pairs, &piece->room, piece->pair_count + more, sizeof(*pairs));

    if (pairs == NULL)
        return false;
    piece->pairs = pairs;
    return true;
}

/* Of the job at hand. */
static int64_t ordinal_of(const struct piece *piece)
{
    return piece->first + (int64_t)piece->count;
}

static void add_pair(struct piece *piece, uint32_t gram)
{
    piece->pairs[piece->pair_count++] = (uint64_t)gram << 32 | (uint64_t)ordinal_of(piece);
}

static bool add_job(struct sqlite_reader *writer, struct piece *piece, sqlite3_stmt *job)
{
    struct name_grams *grams = &piece->grams;
    struct span folded = sqlite_text(job, 3);
    struct name_bucket *bucket = name_buckets_find(&writer->buckets, folded);
    int64_t whole;

    static_assert(NAME_INDEX_GRAM == NAME_RANGE_GRAM, "names are cut once");
    name_grams_clear(grams);
    if (!name_grams_cut(grams, folded, NAME_INDEX_GRAM) ||
        !name_grams_ask_word(NAME_WORD_WHOLE, sqlite_text(job, 4), &whole))
        return false;
    name_grams_finish(grams);
    if (!known_ranges_add(writer, folded, grams) ||
        !name_bucket_count(writer, bucket, ordinal_of(piece)) ||
        !reserve(piece, grams->count + WORDS))
        return false;
    for (size_t i = 0; i < grams->count; i++)
        add_pair(piece, (uint32_t)grams->list[i]);
    add_pair(piece, posting_type(sqlite3_column_int64(job, 1)));
    add_pair(piece, posting_person(sqlite3_column_int64(job, 2)));
    add_pair(piece, posting_name(whole));
    add_pair(piece, posting_bucket(bucket->id));
    piece->marks[piece->count] = mark_of(job, 5, ordinal_of(piece));
    piece->positions[piece->count++] = sqlite3_column_int64(job, 0);
    return true;
}

static bool gather(struct sqlite_reader *writer, int64_t watermark, size_t budget,
                   struct piece *piece)
{
    sqlite3_stmt *jobs = sqlite_prepare_cached(
        writer, "SELECT position, type, person, name_folded, name, status, started_on, ended_on "
                "FROM job WHERE position > ?1 ORDER BY position LIMIT ?2");
    bool good = jobs != NULL;
    int code = SQLITE_DONE;

    piece->positions = mem_alloc(budget, sizeof(*piece->positions));
    piece->marks = mem_alloc(budget, sizeof(*piece->marks));
    if (!good || piece->positions == NULL || piece->marks == NULL)
        return false;
    sqlite3_bind_int64(jobs, 1, watermark);
    sqlite3_bind_int64(jobs, 2, (int64_t)budget);
    while (good && !piece->more && (code = sqlite3_step(jobs)) == SQLITE_ROW) {
        good = add_job(writer, piece, jobs);
        piece->more = piece->count == budget || piece->pair_count >= budget * PAIRS_A_JOB;
    }
    sqlite_rewind(jobs);
    return good && (code == SQLITE_DONE || piece->more);
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

/* The pairs of one gram, from *at on. */
static bool write_gram(struct sqlite_reader *writer, int64_t segment, struct piece *piece,
                       size_t *at, struct buf *room)
{
    uint32_t gram = (uint32_t)(piece->pairs[*at] >> 32);
    roaring_bitmap_t *jobs = roaring_bitmap_create();
    bool good;

    if (jobs == NULL)
        return false;
    for (; *at < piece->pair_count && piece->pairs[*at] >> 32 == gram; ++*at)
        roaring_bitmap_add(jobs, (uint32_t)piece->pairs[*at]);
    good = posting_write(writer, posting_key(segment, gram), jobs, room);
    piece->rows++;
    posting_free(jobs);
    return good;
}

static bool write_piece(struct sqlite_reader *writer, struct piece *piece)
{
    AUTO(buf_release) struct buf room = BUF(POSTING_MAX);
    struct segment segment = {
        .first = piece->first, .count = (int64_t)piece->count, .state = SEGMENT_LIVE};
    size_t at = 0;

    qsort(piece->pairs, piece->pair_count, sizeof(piece->pairs[0]), by_value);
    if (!ordinal_append(writer, piece->positions, piece->count) || !segment_add(writer, &segment))
        return false;
    while (at < piece->pair_count)
        if (!write_gram(writer, segment.id, piece, &at, &room))
            return false;
    return marks_put(writer, piece->marks, piece->count) &&
           watermark_write(writer, WATERMARK_JOBS, piece->positions[piece->count - 1]);
}

/* Ordinals have an end; the jobs behind it are read one by one. */
static size_t within(int64_t ordinals, int budget)
{
    int64_t left = (int64_t)ORDINAL_MAX - ordinals;

    return left < budget ? (size_t)left : (size_t)budget;
}

static bool index_more(struct sqlite_reader *writer, int budget, struct piece *piece)
{
    int64_t watermark = -1;
    size_t count;

    if (watermark_read(writer, WATERMARK_JOBS, &watermark, NULL) != PROBLEM_NONE ||
        ordinal_count(writer, &piece->first, NULL) != PROBLEM_NONE ||
        (watermark < 0 && !follow_start(writer)) ||
        name_buckets_know(writer, NULL) != PROBLEM_NONE || !name_buckets_part(writer, piece->first))
        return false;
    count = within(piece->first, budget);
    if (count > 0 && !gather(writer, watermark, count, piece))
        return false;
    return piece->count == 0 || write_piece(writer, piece);
}

bool name_index_step(struct sqlite_reader *writer, int budget,
                     struct name_index_progress *ret_progress)
{
    AUTO(piece_release) struct piece piece = {0};
    int rows;

    if (!index_more(writer, budget, &piece))
        return false;
    rows = piece.rows * MERGED_A_ROW;
    ret_progress->done = (int)piece.count;
    ret_progress->behind = piece.more;
    return name_merge_step(writer, rows > MERGED_MIN ? rows : MERGED_MIN, &ret_progress->merging);
}

void name_index_forget(struct sqlite_reader *writer)
{
    known_ranges_release(&writer->ranges);
    name_buckets_release(&writer->buckets);
}
