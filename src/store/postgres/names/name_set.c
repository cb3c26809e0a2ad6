/* Name sets: bytes are chunks of positions, each told by its distance from the one before. */
#include "store/postgres/names/name_set.h"

#include "base/mem.h"
#include "base/scope.h"
#include "model/job.h"

#include <assert.h>

/* A word that more than so many of a chunk's jobs have rules too little out. */
#define DENSE 8

/* What a chunk begins with instead of its number of jobs when it is a run. */
#define RUN 0

#define SEQUENCE_MASK (((int64_t)1 << POSITION_SEQUENCE_BITS) - 1)

void name_set_release(struct name_set *set)
{
    mem_free(set->list);
    *set = (struct name_set){0};
}

static bool add(struct name_set *set, struct name_run run)
{
    struct name_run *list = mem_grow(set->list, &set->room, set->count + 1, sizeof(*list));

    if (list == NULL)
        return false;
    set->list = list;
    set->list[set->count++] = run;
    return true;
}

/* Seven bits a byte, the lowest first; all but the last have the highest bit set. */
static void put(struct buf *out, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        buf_add_char(out, (char)(number | 0x80));
    buf_add_char(out, (char)number);
}

/* The milliseconds since the one before, and whether a sequence follows, which is mostly 0. */
static void put_position(struct buf *out, int64_t position, int64_t before)
{
    int64_t ms = (position >> POSITION_SEQUENCE_BITS) - (before >> POSITION_SEQUENCE_BITS);
    int64_t sequence = position & SEQUENCE_MASK;

    put(out, (uint64_t)ms << 1 | (sequence != 0));
    if (sequence != 0)
        put(out, (uint64_t)sequence);
}

void name_set_write(struct buf *out, const int64_t *positions, size_t count, size_t jobs)
{
    bool dense = DENSE * count > jobs && count > 1;
    int64_t before = 0;

    assert(count > 0);
    put(out, dense ? RUN : count);
    for (size_t i = 0; i < count; i += dense ? count - 1 : 1) {
        put_position(out, positions[i], before);
        before = positions[i];
    }
}

static inline bool get(struct name_reader *reader, uint64_t *ret_number)
{
    const unsigned char *at = reader->at;
    uint64_t number = 0;

    for (unsigned shift = 0; at < reader->end && shift < 64; shift += 7) {
        unsigned char byte = *at++;
        number |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            reader->at = at;
            *ret_number = number;
            return true;
        }
    }
    return false;
}

static bool get_position(struct name_reader *reader)
{
    uint64_t ms, sequence = 0;

    if (!get(reader, &ms) || ((ms & 1) != 0 && !get(reader, &sequence)))
        return false;
    ms = (ms >> 1) + ((uint64_t)reader->position >> POSITION_SEQUENCE_BITS);
    reader->position = (int64_t)(ms << POSITION_SEQUENCE_BITS | sequence);
    return true;
}

/* The number of jobs that the chunk tells one by one, or RUN. */
static bool begin_chunk(struct name_reader *reader)
{
    reader->position = 0;
    return get(reader, &reader->left);
}

static bool get_run(struct name_reader *reader, struct name_run *ret_run)
{
    bool whole;

    if (reader->left == 0 && !begin_chunk(reader))
        return false;
    whole = reader->left == RUN;
    if (!get_position(reader))
        return false;
    ret_run->first = reader->position;
    if (whole && !get_position(reader))
        return false;
    ret_run->last = reader->position;
    if (ret_run->first <= reader->last || ret_run->last < ret_run->first)
        return false;
    reader->last = ret_run->last;
    reader->left -= whole ? 0 : 1;
    return true;
}

bool name_reader_next(struct name_reader *reader, struct name_run *ret_run)
{
    if (reader->at == reader->end) {
        reader->damaged = reader->left > 0;
        return false;
    }
    reader->damaged = !get_run(reader, ret_run);
    if (reader->damaged || ret_run->first >= reader->below)
        return false;
    if (ret_run->last >= reader->below)
        ret_run->last = reader->below - 1;
    return true;
}

bool name_set_read(struct name_set *set, struct name_reader reader)
{
    struct name_run run;

    while (name_reader_next(&reader, &run))
        if (!add(set, run))
            return false;
    return !reader.damaged;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Adds what a set has from *at on of a run; *at is then where the next run may meet it. */
static bool meet_run(const struct name_set *set, size_t *at, struct name_run run,
                     struct name_set *both)
{
    while (*at < set->count && set->list[*at].last < run.first)
        ++*at;
    for (;; ++*at) {
        struct name_run own;
        if (*at == set->count || set->list[*at].first > run.last)
            return true;
        own = set->list[*at];
        if (!add(both,
                 (struct name_run){larger(own.first, run.first), smaller(own.last, run.last)}))
            return false;
        if (own.last > run.last)
            return true;
    }
}

bool name_set_meet_posting(const struct name_set *set, size_t *at, struct name_reader reader,
                           struct name_set *both)
{
    struct name_run run;

    while (*at < set->count && name_reader_next(&reader, &run))
        if (!meet_run(set, at, run, both))
            return false;
    return !reader.damaged;
}

bool name_set_meet(struct name_set *set, const struct name_set *other)
{
    AUTO(name_set_release) struct name_set own = *set;
    size_t at = 0;

    *set = (struct name_set){0};
    for (size_t i = 0; i < other->count; i++)
        if (!meet_run(&own, &at, other->list[i], set))
            return false;
    return true;
}

/* Adds a run that begins no earlier than the last one, to that one where they meet. */
static bool add_beside(struct name_set *set, struct name_run run)
{
    struct name_run *last = set->count > 0 ? &set->list[set->count - 1] : NULL;

    if (last == NULL || run.first > last->last)
        return add(set, run);
    last->last = larger(last->last, run.last);
    return true;
}

bool name_set_join(struct name_set *set, const struct name_set *other)
{
    AUTO(name_set_release) struct name_set own = *set;
    size_t i = 0, j = 0;
    bool good = true;

    *set = (struct name_set){0};
    while (good && (i < own.count || j < other->count)) {
        bool mine =
            j == other->count || (i < own.count && own.list[i].first <= other->list[j].first);
        good = add_beside(set, mine ? own.list[i++] : other->list[j++]);
    }
    return good;
}
