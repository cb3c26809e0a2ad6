/* The jobs: skewed by the arithmetic of a random number. */
#include "fill_jobs.h"

#include "base/scope.h"
#include "base/text.h"

#include <math.h>

#define SHARED_NAMES 2000
#define FIRST_MS INT64_C(1735689600000)
#define YEAR_MS INT64_C(31536000000)

void fill_jobs_init(struct fill_jobs *jobs, int64_t count)
{
    *jobs = (struct fill_jobs){.random = 1, .created_ms = FIRST_MS, .count = count};
    arena_init(&jobs->arena, 1 << 20);
}

void fill_jobs_release(struct fill_jobs *jobs)
{
    arena_release(&jobs->arena);
}

/* splitmix64 */
static uint64_t next_random(struct fill_jobs *jobs)
{
    uint64_t z = jobs->random += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static int64_t pick(struct fill_jobs *jobs, int64_t count)
{
    return (int64_t)(next_random(jobs) % (uint64_t)count);
}

/* Small numbers are likelier: about 1 / (n + 1). */
static int64_t pick_skewed(struct fill_jobs *jobs, int64_t count)
{
    double unit = (double)(next_random(jobs) >> 11) / 9007199254740992.0;

    return (int64_t)pow((double)count + 1, unit) - 1;
}

const char *fill_type(struct arena *arena, int type)
{
    static const char *const words[] = {"IMPORT", "EXPORT", "SCAN",    "DELTA_INGESTION",
                                        "REPORT", "BACKUP", "REINDEX", "SYNC"};

    if (type < (int)ARRAY_SIZE(words))
        return words[type];
    return arena_printf(arena, "%s_%d", words[type % 8], type / 8);
}

struct uuid fill_user(int user)
{
    return (struct uuid){{0xF1, (uint8_t)(user >> 8), (uint8_t)user, [6] = 0x40, [8] = 0x80}};
}

static const char *make_name(struct fill_jobs *jobs)
{
    static const char *const verbs[] = {
        "Import",      "Export", "Nightly import of", "Delta of",           "Reindex", "Profile",
        "Überprüfung", "Sync",   "Disk usage of",     "Quarterly report on"};
    static const char *const things[] = {
        "customers", "orders",  "invoices", "products", "suppliers", "contracts", "glossary",
        "lineage",   "assets",  "domains",  "policies", "metrics",   "sensors",   "Straßen",
        "accounts",  "ledgers", "tickets",  "parcels",  "archives",  "schemas"};
    bool unique = pick(jobs, 2) == 0;
    uint64_t number = unique ? next_random(jobs) : (uint64_t)pick_skewed(jobs, SHARED_NAMES);
    const char *verb = verbs[number % ARRAY_SIZE(verbs)];
    const char *thing = things[number / ARRAY_SIZE(verbs) % ARRAY_SIZE(things)];

    if (unique)
        return arena_printf(&jobs->arena, "%s %s %07llx", verb, thing,
                            (unsigned long long)(number >> 36));
    return arena_printf(&jobs->arena, "%s %s (%llu)", verb, thing,
                        (unsigned long long)(number / 200));
}

/* The young ones are under way, the others have ended somehow. */
static enum job_status make_status(struct fill_jobs *jobs, int64_t i)
{
    int64_t age = jobs->count - i, dice = pick(jobs, 1000);

    if (age < 3000 && dice < 100)
        return STATUS_WAITING;
    if ((age < 3000 && dice < 160) || pick(jobs, 50000) == 0)
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

static int64_t next_position(struct fill_jobs *jobs, int64_t i)
{
    int64_t gap = YEAR_MS / jobs->count;

    jobs->sequence++;
    if (pick(jobs, 10) > 0 || i == 0) {
        jobs->created_ms += 1 + pick(jobs, 2 * gap > 0 ? 2 * gap : 1);
        jobs->sequence = 0;
    }
    return position_at(jobs->created_ms) | jobs->sequence;
}

static void make_dates(struct fill_jobs *jobs, struct fill_job *job)
{
    int64_t started = jobs->created_ms + pick_skewed(jobs, 600000);
    int64_t ended = started + pick_skewed(jobs, 3600000);
    bool waiting = job->status == STATUS_WAITING;

    job->started_on = waiting ? JOB_NO_TIME : started;
    job->ended_on = waiting || job->status == STATUS_RUNNING ? JOB_NO_TIME : ended;
}

/* Two that many jobs have each and none has both: those that would are the next user's. */
static void part_pair(struct fill_job *job)
{
    if (job->type == FILL_APART && job->user == FILL_APART)
        job->user++;
}

bool fill_jobs_next(struct fill_jobs *jobs, struct fill_job *ret_job)
{
    if (jobs->made == jobs->count)
        return false;
    arena_clear(&jobs->arena);
    ret_job->position = next_position(jobs, jobs->made);
    ret_job->created_ms = jobs->created_ms;
    ret_job->name = span_of(make_name(jobs));
    ret_job->folded = text_fold(&jobs->arena, ret_job->name);
    ret_job->status = make_status(jobs, jobs->made);
    ret_job->type = (int)pick_skewed(jobs, FILL_TYPES);
    ret_job->user = (int)pick_skewed(jobs, FILL_USERS);
    part_pair(ret_job);
    make_dates(jobs, ret_job);
    ret_job->change = ++jobs->made;
    return true;
}
