/* The log's file of SQLite's writer: a gathered commit is few writes, and no byte is another. */
#include "fixture.h"

#include "store/sqlite/connection.h"
#include "store/sqlite/log_file.h"

#include <stdio.h>
#include <string.h>

static struct sqlite_reader *open_file(struct fixture *fixture, enum connection_use use)
{
    const char *path = arena_printf(&fixture->arena, "%s/log.db", fixture->directory);
    struct sqlite_reader *reader = NULL;
    struct err err;
    FILE *file = fopen(path, "a");

    assert_non_null(file);
    fclose(file);
    if (!connection_open(path, use, &reader, &err))
        fail_msg("%s", err.text);
    return reader;
}

/* How many calls of write this thread has made, of any kind. */
static int64_t writes(void)
{
    FILE *file = fopen("/proc/thread-self/io", "r");
    long long count = -1;
    char line[64];

    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL)
        sscanf(line, "syscw: %lld", &count);
    fclose(file);
    assert_true(count >= 0);
    return count;
}

/* A transaction of about `pages` pages; the writes of its COMMIT. */
static int64_t commit(struct sqlite_reader *writer, int pages, bool gather)
{
    char sql[200];
    int64_t before;

    snprintf(sql, sizeof(sql),
             "BEGIN IMMEDIATE; WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n "
             "LIMIT %d) INSERT INTO t SELECT randomblob(3000) FROM n",
             pages);
    assert_true(connection_run(writer, sql));
    before = writes();
    log_file_gather(writer->db, gather);
    assert_true(connection_run(writer, "COMMIT"));
    log_file_gather(writer->db, false);
    return writes() - before;
}

static void assert_rows(struct fixture *fixture, int64_t expected)
{
    struct sqlite_reader *reader = open_file(fixture, CONNECTION_READS);
    int64_t rows = -1, damaged = -1;

    assert_true(connection_number(reader, "SELECT count(*) FROM t", &rows));
    assert_true(connection_number(
        reader, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
        &damaged));
    assert_int_equal(rows, expected);
    assert_int_equal(damaged, 0);
    connection_close(reader);
}

static struct sqlite_reader *make_table(struct fixture *fixture)
{
    struct sqlite_reader *writer = open_file(fixture, CONNECTION_WRITES);

    /* Copying the log is left to the test: it writes as well. */
    assert_true(connection_run(writer, "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; "
                                       "CREATE TABLE t (x)"));
    return writer;
}

static void a_commit_is_written_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct sqlite_reader *writer = make_table(fixture);

    assert_true(commit(writer, 20, false) >= 40);
    assert_in_range(commit(writer, 20, true), 1, 2);
    assert_rows(fixture, 40);
    connection_close(writer);
}

/* More than is kept in memory, and more than SQLite's own cache: some pages are written before. */
static void a_large_commit_is_written_in_pieces(void **state)
{
    struct fixture *fixture = *state;
    struct sqlite_reader *writer = make_table(fixture);

    assert_in_range(commit(writer, 1000, true), 30, 60);
    commit(writer, 4000, true);
    assert_rows(fixture, 5000);
    connection_close(writer);
}

/* The log begins anew when all of it has been copied. */
static void the_log_begins_anew(void **state)
{
    struct fixture *fixture = *state;
    struct sqlite_reader *writer = make_table(fixture);

    for (int i = 0; i < 10; i++) {
        commit(writer, 50, true);
        assert_rows(fixture, 50 * (i + 1));
        assert_true(connection_run(writer, "PRAGMA wal_checkpoint(RESTART)"));
    }
    connection_close(writer);
    assert_rows(fixture, 500);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_commit_is_written_at_once),
        STORE_TEST(a_large_commit_is_written_in_pieces),
        STORE_TEST(the_log_begins_anew),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store sqlite log file", tests, NULL, NULL);
}
