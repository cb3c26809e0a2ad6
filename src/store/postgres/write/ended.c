/* What ends in a batch: one row for each width of buckets and type. */
#include "store/postgres/write/ended.h"

#include "model/statistics.h"

#define PRUNE_ROWS 100

static struct pg_ended_entry *entry_of(struct pg_ended *ended, struct arena *arena, int64_t at,
                                       struct span type)
{
    struct pg_ended_entry *entry = ended->first;

    while (entry != NULL && (entry->at != at || !span_eq(entry->type, type)))
        entry = entry->next;
    if (entry != NULL)
        return entry;
    entry = ARENA_NEW(arena, struct pg_ended_entry);
    if (entry == NULL)
        return NULL;
    *entry = (struct pg_ended_entry){.at = at, .type = type, .next = ended->first};
    ended->first = entry;
    return entry;
}

bool pg_ended_note(struct pg_ended *ended, struct arena *arena, const struct job *before,
                   const struct job *after)
{
    struct ended counted = {0}, ignored = {0};
    struct pg_ended_entry *entry;

    if (!ended_count(&counted, after) || ended_count(&ignored, before))
        return true;
    entry =
        entry_of(ended, arena, statistics_floor(after->ended_on, statistics_levels[0].bucket_ms),
                 after->type);
    if (entry == NULL)
        return false;
    ended_add(&entry->ended, &counted);
    return true;
}

static void store_entry(const struct pg_ended_entry *entry, int64_t bucket_ms,
                        struct pg_connection *connection)
{
    const int64_t *counts = entry->ended.counts;
    struct pg_params params = {0};

    param_number(&params, bucket_ms);
    param_number(&params, statistics_floor(entry->at, bucket_ms));
    param_text(&params, entry->type);
    param_number(&params, counts[OUTCOME_SUCCEEDED]);
    param_number(&params, counts[OUTCOME_FAILED]);
    param_number(&params, counts[OUTCOME_ABORTED]);
    param_number(&params, entry->ended.run_ms);
    param_number(&params, ENDED_BUCKET_TYPES);
    pg_send(connection,
            "INSERT INTO ended AS e (bucket_ms, at, type, succeeded, failed, aborted, run_ms) "
            "VALUES ($1, $2, CASE WHEN EXISTS (SELECT 1 FROM ended WHERE bucket_ms = $1 AND "
            "at = $2 AND type = $3) OR (SELECT count(*) FROM ended WHERE bucket_ms = $1 AND "
            "at = $2 AND type <> '') < $8 THEN $3 ELSE '' END, $4, $5, $6, $7) "
            "ON CONFLICT (bucket_ms, at, type) DO UPDATE SET succeeded = e.succeeded + $4, "
            "failed = e.failed + $5, aborted = e.aborted + $6, run_ms = e.run_ms + $7",
            &params);
}

static void prune(const struct statistics_level *level, struct pg_connection *connection,
                  struct moment now)
{
    struct pg_params params = {0};

    param_number(&params, level->bucket_ms);
    param_number(&params, now.wall - level->keep_ms - level->bucket_ms);
    param_number(&params, PRUNE_ROWS);
    pg_send(connection,
            "DELETE FROM ended WHERE (bucket_ms, at, type) IN (SELECT bucket_ms, at, type FROM "
            "ended WHERE bucket_ms = $1 AND at < $2 ORDER BY at LIMIT $3)",
            &params);
}

void pg_ended_store(const struct pg_ended *ended, struct pg_connection *connection,
                    struct moment now)
{
    for (const struct pg_ended_entry *entry = ended->first; entry != NULL; entry = entry->next)
        for (size_t i = 0; i < STATISTICS_LEVELS; i++)
            store_entry(entry, statistics_levels[i].bucket_ms, connection);
    for (size_t i = 0; i < STATISTICS_LEVELS && ended->first != NULL; i++)
        prune(&statistics_levels[i], connection, now);
}
