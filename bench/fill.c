/* Fills a SQLite store with jobs as an installation has them after a year, each time the same. */
#include "base/mem.h"
#include "base/parse.h"
#include "base/scope.h"
#include "base/text.h"
#include "store/sqlite/connection.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Types and users are skewed (the first of each has most jobs), half of the names are unique, a few
 * hundred jobs wait or run, mostly young ones. The name index is built at the end.
 */
#define TYPES 40
#define USERS 5000
#define SHARED_NAMES 2000
#define FIRST_MS INT64_C(1735689600000)
#define YEAR_MS INT64_C(31536000000)

struct fill {
    struct sqlite_reader *connection;
    struct arena arena;
    uint64_t random;
    int64_t jobs, created_ms, sequence;
};

/* splitmix64 */
static uint64_t next_random(struct fill *fill)
{
    uint64_t z = fill->random += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static int64_t pick(struct fill *fill, int64_t count)
{
    return (int64_t)(next_random(fill) % (uint64_t)count);
}

/* Small numbers are likelier: about 1 / (n + 1). */
static int64_t pick_skewed(struct fill *fill, int64_t count)
{
    double unit = (double)(next_random(fill) >> 11) / 9007199254740992.0;

    return (int64_t)pow((double)count + 1, unit) - 1;
}

static void must(struct fill *fill, bool good)
{
    if (good)
        return;
    fprintf(stderr, "fill: %s\n", sqlite3_errmsg(fill->connection->db));
    exit(1);
}

static sqlite3_stmt *statement(struct fill *fill, const char *sql)
{
    sqlite3_stmt *prepared = sqlite_prepare_cached(fill->connection, sql);

    must(fill, prepared != NULL);
    return prepared;
}

static void run(struct fill *fill, sqlite3_stmt *prepared)
{
    must(fill, sqlite3_step(prepared) == SQLITE_DONE);
    sqlite_rewind(prepared);
}

static void fill_dictionaries(struct fill *fill)
{
    static const char *const words[] = {"IMPORT", "EXPORT", "SCAN",    "DELTA_INGESTION",
                                        "REPORT", "BACKUP", "REINDEX", "SYNC"};

    for (int i = 0; i < TYPES; i++) {
        sqlite3_stmt *insert = statement(fill, "INSERT INTO type (name) VALUES (?1)");
        const char *name = i < (int)ARRAY_SIZE(words)
                               ? words[i]
                               : arena_printf(&fill->arena, "%s_%d", words[i % 8], i / 8);
        sqlite_bind_span(insert, 1, span_of(name));
        run(fill, insert);
    }
    for (int i = 0; i < USERS; i++) {
        sqlite3_stmt *insert = statement(fill, "INSERT INTO person (uuid) VALUES (?1)");
        struct uuid uuid = {{0xF1, [1] = (uint8_t)(i >> 8), (uint8_t)i, [6] = 0x40, [8] = 0x80}};
        sqlite_bind_uuid(insert, 1, &uuid);
        run(fill, insert);
    }
}

static const char *make_name(struct fill *fill)
{
    static const char *const verbs[] = {
        "Import",      "Export", "Nightly import of", "Delta of",           "Reindex", "Profile",
        "Überprüfung", "Sync",   "Disk usage of",     "Quarterly report on"};
    static const char *const things[] = {
        "customers", "orders",  "invoices", "products", "suppliers", "contracts", "glossary",
        "lineage",   "assets",  "domains",  "policies", "metrics",   "sensors",   "Straßen",
        "accounts",  "ledgers", "tickets",  "parcels",  "archives",  "schemas"};
    bool unique = pick(fill, 2) == 0;
    uint64_t number = unique ? next_random(fill) : (uint64_t)pick_skewed(fill, SHARED_NAMES);
    const char *verb = verbs[number % ARRAY_SIZE(verbs)];
    const char *thing = things[number / ARRAY_SIZE(verbs) % ARRAY_SIZE(things)];

    if (unique)
        return arena_printf(&fill->arena, "%s %s %07llx", verb, thing,
                            (unsigned long long)(number >> 36));
    return arena_printf(&fill->arena, "%s %s (%llu)", verb, thing,
                        (unsigned long long)(number / 200));
}

/* The young ones are under way, the others have ended somehow. */
static int make_status(struct fill *fill, int64_t i)
{
    int64_t age = fill->jobs - i, dice = pick(fill, 1000);

    if (age < 3000 && dice < 100)
        return STATUS_WAITING;
    if ((age < 3000 && dice < 160) || pick(fill, 50000) == 0)
        return STATUS_RUNNING;
    if (dice < 840)
        return STATUS_COMPLETED_SUCCESS;
    if (dice < 900)
        return STATUS_COMPLETED_WITH_ERROR;
    if (dice < 910)
        return STATUS_COMPLETED_ABORTED;
    if (dice < 970)
        return STATUS_FAILED_FAILURE;
    if (dice < 980)
        return STATUS_FAILED_ABORTED;
    return dice < 990 ? STATUS_DELETED_SUCCESS : STATUS_DELETED_ABORTED;
}

static int64_t next_position(struct fill *fill, int64_t i)
{
    int64_t gap = YEAR_MS / fill->jobs;

    fill->sequence++;
    if (pick(fill, 10) > 0 || i == 0) {
        fill->created_ms += 1 + pick(fill, 2 * gap > 0 ? 2 * gap : 1);
        fill->sequence = 0;
    }
    return position_at(fill->created_ms) | fill->sequence;
}

static void bind_dates(struct fill *fill, sqlite3_stmt *insert, int status)
{
    int64_t started = fill->created_ms + pick_skewed(fill, 600000);
    int64_t ended = started + pick_skewed(fill, 3600000);

    if (status != STATUS_WAITING)
        sqlite3_bind_int64(insert, 7, started);
    if (status != STATUS_WAITING && status != STATUS_RUNNING)
        sqlite3_bind_int64(insert, 8, ended);
}

static void fill_job(struct fill *fill, int64_t i)
{
    sqlite3_stmt *insert = statement(
        fill, "INSERT INTO job (position, id, change, status, type, person, created_by, "
              "modified_by, modified_on, started_on, ended_on, self_managed, priority, attempt, "
              "max_attempts, name, name_folded) "
              "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?6, ?11, ?7, ?8, 0, 0, 0, 1, ?9, ?10)");
    int64_t position = next_position(fill, i);
    struct uuid id = uuid_at(position);
    struct span name = span_of(make_name(fill));
    int status = make_status(fill, i);

    sqlite3_bind_int64(insert, 1, position);
    sqlite_bind_uuid(insert, 2, &id);
    sqlite3_bind_int64(insert, 3, i + 1);
    sqlite3_bind_int(insert, 4, status);
    sqlite3_bind_int64(insert, 5, 1 + pick_skewed(fill, TYPES));
    sqlite3_bind_int64(insert, 6, 1 + pick_skewed(fill, USERS));
    bind_dates(fill, insert, status);
    sqlite_bind_span(insert, 9, name);
    sqlite_bind_span(insert, 10, text_fold(&fill->arena, name));
    sqlite3_bind_int64(insert, 11, fill->created_ms);
    run(fill, insert);
    arena_clear(&fill->arena);
}

static void fill_jobs(struct fill *fill)
{
    for (int64_t i = 0; i < fill->jobs; i++) {
        if (i % 10000 == 0)
            must(fill, connection_run(fill->connection, i > 0 ? "COMMIT; BEGIN" : "BEGIN"));
        fill_job(fill, i);
    }
    must(fill, connection_run(fill->connection, "COMMIT"));
}

static void fill_index(struct fill *fill)
{
    int done = 512;

    while (done == 512) {
        must(fill, connection_run(fill->connection, "BEGIN"));
        must(fill, sqlite_gram_step(NULL, fill->connection, 512, &done));
        must(fill, connection_run(fill->connection, "COMMIT"));
    }
}

static double timed(struct fill *fill, void (*step)(struct fill *fill))
{
    int64_t start = clock_mono_ns(&clock_system);

    step(fill);
    return (double)(clock_mono_ns(&clock_system) - start) / 1000 / (double)fill->jobs;
}

int main(int argc, char **argv)
{
    struct fill fill = {.random = 1, .created_ms = FIRST_MS};
    struct store *store;
    struct err err = {0};

    if (argc != 3 || !parse_int(span_of(argv[2]), 1, 100000000, &fill.jobs) ||
        !sqlite_open(argv[1], &(struct store_options){0}, &store, &err)) {
        fprintf(stderr, "fill FILE JOBS: %s\n", err.text);
        return 2;
    }
    store_close(store);
    arena_init(&fill.arena, 1 << 20);
    if (!connection_open(argv[1], CONNECTION_WRITES, &fill.connection, &err))
        return 1;
    must(&fill, connection_run(fill.connection,
                               "PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 20000;"
                               "PRAGMA cache_size = -262144"));
    fill_dictionaries(&fill);
    printf("%.1f µs a job", timed(&fill, fill_jobs));
    fflush(stdout);
    printf(", %.1f µs to index its name\n", timed(&fill, fill_index));
    connection_close(fill.connection);
    arena_release(&fill.arena);
    return 0;
}
