/* SQLite's file: what is made, what is refused and with which words, and who may use it. */
#include "fixture.h"

#include "store/sqlite/connection.h"
#include "store/sqlite/migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Beside the fixture's own store, "x.db". */
static const char *path_of(struct fixture *fixture, const char *name)
{
    return arena_printf(&fixture->arena, "%s/%s", fixture->directory, name);
}

static bool try_open(struct fixture *fixture, const char *path, bool daemon, struct store **ret,
                     struct err *err)
{
    struct store_options options = {.clock = &fixture->clock.clock, .daemon = daemon};

    return store_open(arena_printf(&fixture->arena, "sqlite:%s", path), &options, ret, err);
}

/* Every part of the sentence, in any order. */
static void assert_refused(struct fixture *fixture, const char *path, const char *first,
                           const char *second)
{
    struct store *store = NULL;
    struct err err = {0};

    assert_false(try_open(fixture, path, true, &store, &err));
    if (strstr(err.text, first) == NULL || strstr(err.text, second) == NULL)
        fail_msg("'%s' says nothing of '%s' and '%s'", err.text, first, second);
}

static void change_file(const char *path, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void assert_private(const char *path)
{
    struct stat file;

    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0600);
}

static void files_are_private(void **state)
{
    struct fixture *fixture = *state;

    must_create_named(fixture, "job");
    assert_private(path_of(fixture, "x.db"));
    assert_private(path_of(fixture, "x.db-wal"));
    assert_private(path_of(fixture, "x.db-lock"));
}

static void a_missing_directory_is_named(void **state)
{
    struct fixture *fixture = *state;
    const char *path = path_of(fixture, "nowhere/y.db");

    assert_refused(fixture, path, path, "directory");
    assert_refused(fixture, "", "path", "");
}

static void what_is_no_file_is_refused(void **state)
{
    struct fixture *fixture = *state;

    assert_refused(fixture, fixture->directory, fixture->directory, "not a file");
}

static void what_is_no_database_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const char *path = path_of(fixture, "text.db");

    write_file(path, "This is a letter, and a long one at that, so that nobody takes it for less.\n"
                     "It goes on and on, for a page of a database has more than a hundred bytes.");
    assert_refused(fixture, path, path, "not a database");
}

static void another_programs_database_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const char *path = path_of(fixture, "other.db");

    change_file(path, "CREATE TABLE job (id)");
    assert_refused(fixture, path, path, "not one of jobd's");
    change_file(path, "PRAGMA application_id = 77");
    assert_refused(fixture, path, path, "not one of jobd's");
}

static void a_newer_schema_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const char *path = path_of(fixture, "x.db");
    int latest = migrate_latest();

    store_close(TAKE(fixture->store));
    change_file(path, "PRAGMA user_version = 77");
    assert_refused(fixture, path, "newer jobd (schema 77",
                   arena_printf(&fixture->arena, "this one knows %d)", latest));
    change_file(path, arena_printf(&fixture->arena, "PRAGMA user_version = %d", latest));
    fixture->store = fixture_open(fixture, true);
}

static void a_file_of_another_mode_is_brought_to_wal(void **state)
{
    struct fixture *fixture = *state;
    struct job job = must_create_named(fixture, "job"), kept;

    store_close(TAKE(fixture->store));
    change_file(path_of(fixture, "x.db"), "PRAGMA journal_mode = DELETE");
    fixture->store = fixture_open(fixture, true);
    kept = must_get(fixture, &job.id);
    assert_same_job(&kept, &job);
    assert_int_equal(access(path_of(fixture, "x.db-wal"), F_OK), 0);
}

/*
 * A later version keeps a case of its own here for each version before: a file at that version,
 * with rows, becomes a store that has them.
 */
static void every_version_becomes_the_latest(void **state)
{
    struct fixture *fixture = *state;
    struct err err = {0};

    for (int version = 0; version < migrate_latest(); version++) {
        const char *path = path_of(fixture, arena_printf(&fixture->arena, "v%d.db", version));
        struct sqlite_reader *writer;
        struct store *store = NULL;
        write_file(path, "");
        assert_true(connection_open(path, CONNECTION_WRITES, &writer, &err));
        assert_true(migrate_run(writer, path, version, &err));
        connection_close(writer);
        if (!try_open(fixture, path, true, &store, &err))
            fail_msg("from version %d: %s", version, err.text);
        assert_int_equal(job_count(store), 0);
        store_close(store);
    }
}

static void a_second_daemon_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const char *path = path_of(fixture, "x.db"), *link = path_of(fixture, "link.db");
    const char *process = arena_printf(&fixture->arena, "process %ld", (long)getpid());

    assert_refused(fixture, path, path, process);
    /* By whatever name. */
    assert_int_equal(symlink("x.db", link), 0);
    assert_refused(fixture, link, path, process);
    store_close(TAKE(fixture->store));
    fixture->store = fixture_open(fixture, true);
}

/* The child keeps the store open until it is killed. */
static pid_t daemon_in_child(struct fixture *fixture)
{
    int ready[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        struct store *store;
        struct err err;
        if (try_open(fixture, path_of(fixture, "x.db"), true, &store, &err) &&
            write(ready[1], "!", 1) == 1)
            pause();
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void the_lock_dies_with_its_process(void **state)
{
    struct fixture *fixture = *state;
    pid_t pid;

    store_close(TAKE(fixture->store));
    pid = daemon_in_child(fixture);
    assert_refused(fixture, path_of(fixture, "x.db"), "x.db",
                   arena_printf(&fixture->arena, "process %ld", (long)pid));
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    fixture->store = fixture_open(fixture, true);
}

/* What `jobd user` does while the daemon serves. */
static void administration_works_beside_a_daemon(void **state)
{
    struct fixture *fixture = *state;
    struct store *beside = fixture_open(fixture, false);
    struct store_account add = {.action = ACCOUNT_ADD, .account = {.name = "ann"}};
    struct store_accounts all = {.arena = &fixture->arena};
    int64_t version = store_accounts_version(fixture->store);

    STORE_WAIT(store_account, beside, &add);
    assert_int_equal(add.call.problem, PROBLEM_NONE);
    assert_true(store_accounts_version(fixture->store) != version);
    STORE_WAIT(store_accounts, fixture->store, &all);
    assert_int_equal(all.count, 1);
    store_close(beside);
    must_create_named(fixture, "job");
}

/* Two writers give no position and no change number twice. */
static void two_handles_take_turns(void **state)
{
    struct fixture *fixture = *state;
    struct store *beside = fixture_open(fixture, false);
    struct job here, there;
    struct job *jobs;

    for (int i = 0; i < 20; i++) {
        struct draft draft = draft_of(&fixture->arena, "job", "TYPE");
        here = must_create(fixture, &draft);
        assert_int_equal(job_create(beside, &fixture->arena, &draft, 1, &jobs), PROBLEM_NONE);
        there = must_get(fixture, &jobs[0].id);
        assert_true(there.change == here.change + 1);
        assert_true(there.position > here.position);
    }
    store_close(beside);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(files_are_private),
        STORE_TEST(a_missing_directory_is_named),
        STORE_TEST(what_is_no_file_is_refused),
        STORE_TEST(what_is_no_database_is_refused),
        STORE_TEST(another_programs_database_is_refused),
        STORE_TEST(a_newer_schema_is_refused),
        STORE_TEST(a_file_of_another_mode_is_brought_to_wal),
        STORE_TEST(every_version_becomes_the_latest),
        STORE_TEST(a_second_daemon_is_refused),
        STORE_TEST(the_lock_dies_with_its_process),
        STORE_TEST(administration_works_beside_a_daemon),
        STORE_TEST(two_handles_take_turns),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store sqlite file", tests, NULL, NULL);
}
