/* The guard of a store on PostgreSQL: who comes while it is being let go of is not turned away. */
#include "fixture.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* Long enough to be met, and well within what is waited. */
#define HELD_US 200000

/* The session of somebody who has closed the store, which its server has not noticed yet. */
struct leaver {
    PGconn *conn;
    pthread_t thread;
};

static PGconn *take(struct fixture *fixture, const char *lock)
{
    PGconn *conn = PQconnectdb(fixture->url);
    const char *sql = arena_printf(&fixture->arena,
                                   "SELECT %s(hashtextextended('jobd serves ' || "
                                   "current_schema(), 0))",
                                   lock);
    PGresult *result = PQexec(conn, sql);

    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    assert_string_equal(PQgetvalue(result, 0, 0), "t");
    PQclear(result);
    return conn;
}

static void *leave(void *argument)
{
    struct leaver *leaver = argument;

    usleep(HELD_US);
    PQfinish(leaver->conn);
    return NULL;
}

static void assert_opens(struct fixture *fixture, struct store_options options, const char *lock)
{
    struct leaver leaver = {.conn = take(fixture, lock)};
    struct store *store;
    struct err err = {0};
    bool opened;

    options.clock = &fixture->clock.clock;
    assert_int_equal(pthread_create(&leaver.thread, NULL, leave, &leaver), 0);
    opened = store_open(fixture->url, &options, &store, &err);
    pthread_join(leaver.thread, NULL);
    if (!opened)
        fail_msg("%s", err.text);
    store_close(store);
}

static void a_daemon_may_come_right_after_a_move(void **state)
{
    struct fixture *fixture = *state;

    store_close(TAKE(fixture->store));
    assert_opens(fixture, (struct store_options){.daemon = true}, "pg_try_advisory_lock");
    fixture->store = fixture_open(fixture, true);
}

static void a_move_may_come_right_after_a_daemon(void **state)
{
    struct fixture *fixture = *state;

    store_close(TAKE(fixture->store));
    assert_opens(fixture, (struct store_options){.move = true}, "pg_try_advisory_lock_shared");
    fixture->store = fixture_open(fixture, true);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_daemon_may_come_right_after_a_move),
        STORE_TEST(a_move_may_come_right_after_a_daemon),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store guard on postgresql", tests, NULL, NULL);
}
