/* Job sets: postings by set and chunk. */
#include "store/sqlite/index/job_set.h"

#include "store/sqlite/index/ordinal.h"

#include <assert.h>

static_assert(JOB_SET_COUNT * (ORDINAL_MAX / MARK_CHUNK + 1LL) <= UINT32_MAX,
              "each chunk of a set has a number of its own");

static uint32_t number_of(unsigned set, int64_t chunk)
{
    return (uint32_t)(set * (uint32_t)(ORDINAL_MAX / MARK_CHUNK + 1LL) + chunk);
}

enum problem job_set_read(struct sqlite_reader *reader, unsigned set, int64_t chunk,
                          roaring_bitmap_t **ret_jobs, struct err *err)
{
    return posting_read(reader, JOB_SET_SEGMENT, number_of(set, chunk), ret_jobs, err);
}

enum problem job_set_add(struct sqlite_reader *reader, unsigned set, int64_t first, int64_t last,
                         const roaring_bitmap_t *some, roaring_bitmap_t *jobs, struct err *err)
{
    return posting_add(reader, JOB_SET_SEGMENT, number_of(set, first), number_of(set, last), some,
                       jobs, err);
}

static bool belongs(const struct mark *mark, unsigned set)
{
    if (set == JOB_SET_NOT_STARTED)
        return mark->started_on == JOB_NO_TIME;
    if (set == JOB_SET_NOT_ENDED)
        return mark->ended_on == JOB_NO_TIME;
    return (unsigned)mark->status == set;
}

/* Whether anything changed. */
static bool put_all(roaring_bitmap_t *jobs, unsigned set, const struct mark *marks, size_t count)
{
    bool changed = false;

    for (size_t i = 0; i < count; i++) {
        uint32_t ordinal = (uint32_t)marks[i].ordinal;
        bool moved = belongs(&marks[i], set) ? roaring_bitmap_add_checked(jobs, ordinal)
                                             : roaring_bitmap_remove_checked(jobs, ordinal);
        changed = changed || moved;
    }
    return changed;
}

static bool put_set(struct sqlite_reader *writer, unsigned set, const struct mark *marks,
                    size_t count, struct buf *room)
{
    int64_t chunk = mark_chunk(marks[0].ordinal);
    roaring_bitmap_t *jobs;
    bool good = job_set_read(writer, set, chunk, &jobs, NULL) == PROBLEM_NONE;

    if (good && jobs == NULL)
        jobs = roaring_bitmap_create();
    if (!good || jobs == NULL)
        return false;
    if (put_all(jobs, set, marks, count))
        good =
            posting_write(writer, posting_key(JOB_SET_SEGMENT, number_of(set, chunk)), jobs, room);
    posting_free(jobs);
    return good;
}

bool job_sets_put(struct sqlite_reader *writer, const struct mark *marks, size_t count,
                  struct buf *room)
{
    bool good = true;

    for (unsigned set = 0; good && set < JOB_SET_COUNT; set++)
        good = put_set(writer, set, marks, count, room);
    return good;
}
