/* Widening name ranges: what is known is compared, the rest looked up, and what grows written. */
#include "store/sqlite/index/known_ranges.h"

#include "base/mem.h"
#include "store/name_range.h"
#include "store/sqlite/sqlite.h"

#define ROOM_FIRST 4096

void known_ranges_release(struct known_ranges *known)
{
    mem_free(known->list);
    known->list = NULL;
    known->count = known->room = 0;
    known->full = false;
    arena_release(&known->keys);
}

/* With four times the room, until that is all; what was known is soon looked up again. */
static bool start_over(struct known_ranges *known)
{
    size_t room = known->room > 0 ? known->room : ROOM_FIRST;

    if (known->room > 0 && room < KNOWN_RANGES_ROOM)
        room *= 4;
    known_ranges_release(known);
    known->list = mem_alloc(room, sizeof(*known->list));
    known->room = known->list != NULL ? room : 0;
    return known->list != NULL;
}

/* Where it is, or the free place for it. */
static struct known_range *find(const struct known_ranges *known, int64_t place)
{
    size_t at = ((uint64_t)place * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (known->room - 1);

    while (known->list[at].first.ptr != NULL && known->list[at].place != place)
        at = (at + 1) & (known->room - 1);
    return &known->list[at];
}

/* Keeps a new one, if there is room. */
static void keep(struct known_ranges *known, struct known_range *range, struct known_range found)
{
    known->full = known->full || found.first.ptr == NULL || found.last.ptr == NULL ||
                  4 * known->count >= 3 * known->room;
    if (known->full)
        return;
    *range = found;
    known->count++;
}

static int32_t gram_of(int64_t place)
{
    return (int32_t)(uint32_t)place;
}

static void bind_place(sqlite3_stmt *statement, int64_t place)
{
    sqlite3_bind_int(statement, 1, gram_of(place));
    sqlite3_bind_int(statement, 2, (int)(place >> 32));
}

/* Leaves the range free where there is none. */
static bool look_up(struct sqlite_reader *writer, int64_t place, struct known_range *range)
{
    struct known_ranges *known = &writer->ranges;
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer, "SELECT first, last FROM name_range WHERE gram = ?1 AND head = ?2");
    int code = SQLITE_ERROR;

    if (statement != NULL) {
        bind_place(statement, place);
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW)
        keep(known, range,
             (struct known_range){place, arena_span(&known->keys, sqlite_text(statement, 0)),
                                  arena_span(&known->keys, sqlite_text(statement, 1))});
    sqlite_rewind(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

static bool store(struct sqlite_reader *writer, int64_t place, struct span key)
{
    sqlite3_stmt *statement = sqlite_prepare_cached(
        writer, "INSERT INTO name_range (gram, head, first, last) VALUES (?1, ?2, ?3, ?3) ON "
                "CONFLICT (gram, head) DO UPDATE SET first = min(first, excluded.first), "
                "last = max(last, excluded.last) "
                "WHERE excluded.first < first OR excluded.last > last");
    bool done;

    if (statement == NULL)
        return false;
    bind_place(statement, place);
    sqlite_bind_span(statement, 3, key);
    done = sqlite3_step(statement) == SQLITE_DONE;
    sqlite_rewind(statement);
    return done;
}

/* The key of the name at hand, and its copy for those it widens. */
struct naming {
    struct span key, kept;
};

static void widen_known(struct known_ranges *known, int64_t place, struct known_range *range,
                        struct naming *name)
{
    if (name->kept.ptr == NULL)
        name->kept = arena_span(&known->keys, name->key);
    if (range->first.ptr == NULL)
        keep(known, range, (struct known_range){place, name->kept, name->kept});
    else if (name->kept.ptr == NULL)
        known->full = true;
    else if (span_compare(name->key, range->first) < 0)
        range->first = name->kept;
    else
        range->last = name->kept;
}

static bool widen(struct sqlite_reader *writer, int64_t place, struct naming *name)
{
    struct known_range *range = find(&writer->ranges, place);

    if (range->first.ptr == NULL && !look_up(writer, place, range))
        return false;
    if (range->first.ptr != NULL && span_compare(range->first, name->key) <= 0 &&
        span_compare(name->key, range->last) <= 0)
        return true;
    widen_known(&writer->ranges, place, range, name);
    return store(writer, place, name->key);
}

bool known_ranges_add(struct sqlite_reader *writer, struct span folded,
                      const struct name_grams *grams)
{
    struct known_ranges *known = &writer->ranges;
    struct naming name = {.key = known_range_key(folded)};

    if ((known->room == 0 || known->full) && !start_over(known))
        return false;
    for (size_t i = 0; i < grams->count; i++) {
        if (!widen(writer, name_range_place(folded, grams->list[i]), &name))
            return false;
    }
    return true;
}
