/* Postings: written and read in Roaring's portable format. */
#include "store/sqlite/index/posting.h"

/* Multiplication by an odd number, of which the upper half is well mixed. */
static uint32_t mixed(uint64_t number)
{
    return (uint32_t)(number * UINT64_C(0x9E3779B97F4A7C15) >> 32);
}

enum word { WORD_TYPE, WORD_PERSON, WORD_NAME, WORD_BUCKET, WORD_COUNT };

static uint32_t word_of(enum word word, uint64_t number)
{
    return mixed(number * WORD_COUNT + word);
}

uint32_t posting_type(int64_t id)
{
    return word_of(WORD_TYPE, (uint64_t)id);
}

uint32_t posting_person(int64_t id)
{
    return word_of(WORD_PERSON, (uint64_t)id);
}

uint32_t posting_name(int64_t whole)
{
    return word_of(WORD_NAME, ((uint64_t)whole ^ (uint64_t)whole >> 16) & 0xFFFF);
}

uint32_t posting_bucket(int64_t id)
{
    return word_of(WORD_BUCKET, (uint64_t)id);
}

void posting_free(roaring_bitmap_t *jobs)
{
    if (jobs != NULL)
        roaring_bitmap_free(jobs);
}

roaring_bitmap_t *posting_of(sqlite3_stmt *row, int column)
{
    const char *bytes = sqlite3_column_blob(row, column);
    size_t len = (size_t)sqlite3_column_bytes(row, column);

    return bytes != NULL ? roaring_bitmap_portable_deserialize_safe(bytes, len) : NULL;
}

static enum problem damaged(int64_t segment, struct err *err)
{
    err_set(err, "The store is damaged, or memory is short: a posting of the segment %lld.",
            (long long)segment);
    return PROBLEM_INTERNAL;
}

enum problem posting_read(struct sqlite_reader *reader, int64_t segment, uint32_t gram,
                          roaring_bitmap_t **ret_jobs, struct err *err)
{
    sqlite3_stmt *statement =
        sqlite_prepare_cached(reader, "SELECT ordinals FROM name_posting WHERE key = ?1");
    enum problem problem = PROBLEM_NONE;
    int code = SQLITE_ERROR;

    *ret_jobs = NULL;
    if (statement != NULL) {
        sqlite3_bind_int64(statement, 1, posting_key(segment, gram));
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW && (*ret_jobs = posting_of(statement, 0)) == NULL)
        problem = damaged(segment, err);
    else if (code != SQLITE_ROW && code != SQLITE_DONE)
        problem = sqlite_problem(reader->db, err);
    sqlite_rewind(statement);
    return problem;
}

/* What is added is made small first, for a union takes longer than an intersection. */
static bool add(sqlite3_stmt *row, const roaring_bitmap_t *some, roaring_bitmap_t *jobs)
{
    roaring_bitmap_t *more = posting_of(row, 0);

    if (more == NULL)
        return false;
    roaring_bitmap_and_inplace(more, some);
    roaring_bitmap_or_inplace(jobs, more);
    posting_free(more);
    return true;
}

enum problem posting_add(struct sqlite_reader *reader, int64_t segment, uint32_t first,
                         uint32_t last, const roaring_bitmap_t *some, roaring_bitmap_t *jobs,
                         struct err *err)
{
    sqlite3_stmt *rows = sqlite_prepare_cached(
        reader, "SELECT ordinals FROM name_posting WHERE key BETWEEN ?1 AND ?2 ORDER BY key");
    enum problem problem = PROBLEM_NONE;
    int code = SQLITE_ERROR;

    if (rows != NULL) {
        sqlite3_bind_int64(rows, 1, posting_key(segment, first));
        sqlite3_bind_int64(rows, 2, posting_key(segment, last));
    }
    while (problem == PROBLEM_NONE && rows != NULL && (code = sqlite3_step(rows)) == SQLITE_ROW)
        problem = add(rows, some, jobs) ? PROBLEM_NONE : damaged(segment, err);
    if (problem == PROBLEM_NONE && code != SQLITE_DONE)
        problem = sqlite_problem(reader->db, err);
    sqlite_rewind(rows);
    return problem;
}

bool posting_write(struct sqlite_reader *writer, int64_t key, roaring_bitmap_t *jobs,
                   struct buf *room)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer, "INSERT OR REPLACE INTO name_posting (key, ordinals) VALUES (?1, ?2)");
    size_t size;
    char *bytes;
    bool done;

    roaring_bitmap_run_optimize(jobs);
    size = roaring_bitmap_portable_size_in_bytes(jobs);
    buf_clear(room);
    bytes = buf_room(room, size);
    if (statement == NULL || bytes == NULL)
        return false;
    roaring_bitmap_portable_serialize(jobs, bytes);
    sqlite3_bind_int64(statement, 1, key);
    sqlite3_bind_blob64(statement, 2, bytes, size, SQLITE_STATIC);
    done = sqlite3_step(statement) == SQLITE_DONE;
    sqlite_rewind(statement);
    return done;
}
