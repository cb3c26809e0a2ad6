/* SQLite on a failing disk: nothing acknowledged is lost, nothing refused comes true. */
#include "fixture.h"
#include "statistics.h"

#include "base/metrics.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAULT_DIR "JOBD_FAULT_DIR"

/* The knobs of tests/fault/disk.c. */
static void set_knob(const char *knob, const char *text)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", getenv(FAULT_DIR), knob);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void clear_knob(const char *knob)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", getenv(FAULT_DIR), knob);
    assert_int_equal(unlink(path), 0);
}

static uint64_t syncs(void)
{
    char path[256];
    uint64_t count = 0;
    FILE *file;

    snprintf(path, sizeof(path), "%s/syncs", getenv(FAULT_DIR));
    file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fread(&count, sizeof(count), 1, file), 1);
    fclose(file);
    return count;
}

static enum problem create_named(struct fixture *fixture, const char *name, struct job **ret_jobs)
{
    struct draft draft = draft_of(&fixture->arena, name, "TYPE");

    return job_create(fixture->store, &fixture->arena, &draft, 1, ret_jobs);
}

/* Until the log has no room left in what the file holds already. */
static void fill(struct fixture *fixture, size_t *ret_created)
{
    struct job *jobs;

    set_knob("full", "");
    for (size_t i = 0; i < 100000; i++) {
        enum problem problem = create_named(fixture, "job", &jobs);
        if (problem == PROBLEM_STORE_UNAVAILABLE)
            return;
        assert_int_equal(problem, PROBLEM_NONE);
        ++*ret_created;
    }
    fail_msg("the disk is never full");
}

static void a_full_disk_recovers(void **state)
{
    struct fixture *fixture = *state;
    struct job first = must_create_named(fixture, "first"), kept;
    struct job_event event = {.kind = EVENT_START, .by = first.user, .progress = JOB_NO_PROGRESS};
    struct err err = {0};
    size_t created = 1;

    assert_true(probe(fixture->store, &err));
    fill(fixture, &created);
    assert_false(probe(fixture->store, &err));
    assert_true(err.text[0] != '\0');
    assert_int_equal(job_report(fixture->store, &fixture->arena, &first.id, event, &kept),
                     PROBLEM_STORE_UNAVAILABLE);
    kept = must_get(fixture, &first.id);
    assert_same_job(&kept, &first);
    assert_int_equal(job_count(fixture->store), created);

    clear_knob("full");
    assert_true(probe(fixture->store, &err));
    assert_true(must_create_named(fixture, "next").change == first.change + (int64_t)created);
    fixture_reopen(fixture);
    assert_int_equal(job_count(fixture->store), created + 1);
}

static void an_end_that_was_refused_is_not_counted(void **state)
{
    struct fixture *fixture = *state;
    struct job job = must_create_named(fixture, "job"), kept;
    struct job_event event = {.kind = EVENT_END,
                              .status = STATUS_COMPLETED_SUCCESS,
                              .by = job.user,
                              .progress = JOB_NO_PROGRESS};
    struct statistics statistics;
    size_t created = 0;

    fill(fixture, &created);
    for (int i = 0; i < 3; i++)
        assert_int_equal(job_report(fixture->store, &fixture->arena, &job.id, event, &kept),
                         PROBLEM_STORE_UNAVAILABLE);
    clear_knob("full");
    assert_int_equal(must_read_statistics(fixture, 1, &fixture->arena).count, 0);
    assert_int_equal(job_report(fixture->store, &fixture->arena, &job.id, event, &kept),
                     PROBLEM_NONE);
    statistics = must_read_statistics(fixture, 1, &fixture->arena);
    assert_int_equal(statistics_sum(&statistics).counts[OUTCOME_SUCCEEDED], 1);
}

/* All are submitted while another one holds the file, as one thread could not if it waited. */
static void probes_of_a_failed_store_share_a_commit(void **state)
{
    struct fixture *fixture = *state;
    enum { PROBES = 100 };
    struct store_probe *probes = ARENA_ARRAY(&fixture->arena, struct store_probe, PROBES);
    struct store_waiter *waiters = ARENA_ARRAY(&fixture->arena, struct store_waiter, PROBES);
    size_t created = 0;
    int64_t commits;
    sqlite3 *blocker;

    fill(fixture, &created);
    clear_knob("full");
    commits = metric_get(METRIC_STORE_COMMITS);
    assert_int_equal(sqlite3_open(fixture->url + strlen("sqlite:"), &blocker), SQLITE_OK);
    assert_int_equal(sqlite3_exec(blocker, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < PROBES; i++) {
        store_waiter_init(&waiters[i], &probes[i].call);
        store_probe(fixture->store, &probes[i]);
        assert_int_equal(waiters[i].finished, 0); /* neither answered nor waited for */
    }
    assert_int_equal(sqlite3_exec(blocker, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(blocker);
    for (size_t i = 0; i < PROBES; i++) {
        store_waiter_wait(&waiters[i]);
        assert_int_equal(probes[i].call.problem, PROBLEM_NONE);
    }
    assert_in_range(metric_get(METRIC_STORE_COMMITS) - commits, 1, 2);
}

static void copy_file(const char *from, const char *to)
{
    static char bytes[1 << 20];
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    size_t len;

    assert_true(in != NULL && out != NULL);
    while ((len = fread(bytes, 1, sizeof(bytes), in)) > 0)
        assert_int_equal(fwrite(bytes, 1, len, out), len);
    fclose(in);
    fclose(out);
}

/* The store as another process would find it, if this one were killed now. */
static struct store *open_copy(struct fixture *fixture)
{
    const char *path = fixture->url + strlen("sqlite:");
    const char *copy = arena_printf(&fixture->arena, "%s/copy.db", fixture->directory);
    struct store_options options = {.clock = &fixture->clock.clock, .daemon = true};
    struct store *store = NULL;
    struct err err;

    copy_file(path, copy);
    copy_file(arena_printf(&fixture->arena, "%s-wal", path),
              arena_printf(&fixture->arena, "%s-wal", copy));
    if (!store_open(arena_printf(&fixture->arena, "sqlite:%s", copy), &options, &store, &err))
        fail_msg("%s", err.text);
    return store;
}

/*
 * The whole transaction is in the log's file, with its mark of commitment, when the sync fails: a
 * recovery would find it there.
 */
static void what_a_failed_sync_refused_never_comes_true(void **state)
{
    struct fixture *fixture = *state;
    struct job kept = must_create_named(fixture, "kept"), found;
    struct draft draft = draft_of(&fixture->arena, "refused", "TYPE");
    struct arena arena;
    struct store_create create = {.drafts = &draft, .count = 1, .arena = &arena};
    struct store_waiter waiter;
    uint64_t before = syncs();
    struct store *copy;

    arena_init(&arena, 1 << 20);
    set_knob("sync_us", "300000");
    store_waiter_init(&waiter, &create.call);
    store_create(fixture->store, &create);
    while (syncs() == before)
        usleep(1000);
    set_knob("cut", "");
    clear_knob("sync_us");
    store_waiter_wait(&waiter);
    assert_int_equal(create.call.problem, PROBLEM_STORE_UNAVAILABLE);
    clear_knob("cut");

    copy = open_copy(fixture);
    assert_int_equal(job_count(copy), 1);
    assert_int_equal(job_get(copy, &fixture->arena, &kept.id, &found), PROBLEM_NONE);
    store_close(copy);
    assert_true(must_create_named(fixture, "next").change == kept.change + 1);
    assert_int_equal(job_count(fixture->store), 2);
    arena_release(&arena);
}

/* Five milliseconds a sync, so a commit for each call would take seconds. */
static void a_slow_sync_is_shared(void **state)
{
    struct fixture *fixture = *state;
    enum { CALLS = 1000 };
    struct store_create *creates = ARENA_ARRAY(&fixture->arena, struct store_create, CALLS);
    struct store_waiter *waiters = ARENA_ARRAY(&fixture->arena, struct store_waiter, CALLS);
    struct draft draft = draft_of(&fixture->arena, "job", "TYPE");
    struct arena arena;
    uint64_t before = syncs();

    arena_init(&arena, 1 << 24);
    set_knob("sync_us", "5000");
    for (size_t i = 0; i < CALLS; i++) {
        creates[i] = (struct store_create){.drafts = &draft, .count = 1, .arena = &arena};
        store_waiter_init(&waiters[i], &creates[i].call);
        store_create(fixture->store, &creates[i]);
    }
    for (size_t i = 0; i < CALLS; i++) {
        store_waiter_wait(&waiters[i]);
        assert_int_equal(creates[i].call.problem, PROBLEM_NONE);
    }
    clear_knob("sync_us");
    assert_in_range(syncs() - before, 1, 50);
    arena_release(&arena);
}

/* Runs this program again with the library loaded before the C library, and its knobs' directory.
 */
static void start_again(char **argv, const char *library)
{
    char directory[] = "/tmp/jobd-disk-XXXXXX";

    if (getenv(FAULT_DIR) != NULL)
        return;
    if (mkdtemp(directory) == NULL || setenv(FAULT_DIR, directory, 1) != 0 ||
        setenv("LD_PRELOAD", library, 1) != 0)
        exit(2);
    execv("/proc/self/exe", argv);
    exit(2);
}

static void remove_knobs(void)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/syncs", getenv(FAULT_DIR));
    unlink(path);
    rmdir(getenv(FAULT_DIR));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_full_disk_recovers),
        STORE_TEST(an_end_that_was_refused_is_not_counted),
        STORE_TEST(probes_of_a_failed_store_share_a_commit),
        STORE_TEST(what_a_failed_sync_refused_never_comes_true),
        STORE_TEST(a_slow_sync_is_shared),
    };
    int failed;

    if (argc != 3)
        return 2;
    start_again(argv, argv[2]);
    fixture_backend(2, argv);
    failed = cmocka_run_group_tests_name("store sqlite disk", tests, NULL, NULL);
    remove_knobs();
    return failed;
}
