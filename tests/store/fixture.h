/* What every store test stands on: a fresh store, a clock set by hand, short ways to ask. */
#ifndef JOBD_TESTS_STORE_FIXTURE_H
#define JOBD_TESTS_STORE_FIXTURE_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/scope.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* A clock that shows what it was set to, on any thread. */
struct hand_clock {
    struct clock clock;
    _Atomic int64_t ms; /* wall */
    _Atomic int64_t mono_ms;
};

struct fixture {
    struct hand_clock clock;
    struct store *store;
    struct arena arena; /* of the main thread, for the whole test */
    char directory[128]; /* empty when nothing is kept */
    char schema[32]; /* empty but on PostgreSQL */
    char url[256];
};

/* Where the clock stands when a test starts. */
#define START_MS INT64_C(1767225600000)
#define HOUR_MS INT64_C(3600000)

/*
 * Takes the backend from the command line: a store URL, in which TEMPDIR stands for a directory
 * that is made for each test and removed after it. `postgresql` is the URL in JOBD_TEST_POSTGRESQL
 * (without it the program is skipped), in which SCHEMA stands for a schema that is made and dropped
 * likewise. Call it first in main.
 */
void fixture_backend(int argc, char **argv);

/* The number in the environment variable, or `standard`. */
uint64_t fixture_number(const char *variable, uint64_t standard);

int fixture_setup(void **state);
int fixture_teardown(void **state);

#define STORE_TEST(function)                                                                       \
    cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

/* Another handle to the store of this test; fails the test when it does not open. */
struct store *fixture_open(struct fixture *fixture, bool daemon);
void fixture_reopen(struct fixture *fixture);

/* Time passes, on both clocks. Setting clock.ms alone makes the wall clock jump. */
void fixture_pass(struct fixture *fixture, int64_t ms);

/* Waits until the store has done what it does behind its commits; there must have been some. */
void fixture_settle(void);

/* What follows may be asked on any thread, with an arena of its own; it never fails a test. */

struct uuid user_at(unsigned number);

/* A draft by user 1 for user 1; `name` and `type` are not copied. */
struct draft draft_of(struct arena *arena, const char *name, const char *type);

enum problem job_create(struct store *store, struct arena *arena, const struct draft *drafts,
                        size_t count, struct job **ret_jobs);
enum problem job_get(struct store *store, struct arena *arena, const struct uuid *id,
                     struct job *ret_job);

/* By job_apply, whoever holds the job: its lease ends when it no longer runs. The event's time is
 * the store's. */
enum problem job_report(struct store *store, struct arena *arena, const struct uuid *id,
                        struct job_event event, struct job *ret_job);

/* Replaces everything but position, id, change, name and type. */
enum problem job_put(struct store *store, struct arena *arena, const struct uuid *id,
                     const struct job *content, struct job *ret_job);

/* The same in two steps: those that have begun share a commit. The arena is the store's until both
 * are done. */
struct job_put {
    struct store_update update;
    struct job content;
    struct store_waiter waiter;
};
void job_put_begin(struct job_put *put, struct store *store, struct arena *arena,
                   const struct uuid *id, const struct job *content);
enum problem job_put_end(struct job_put *put, struct job *ret_job);

enum problem job_page(struct store *store, struct arena *arena, const struct query *query,
                      const struct cursor *after, struct store_find *ret_find);

/* Whether the store accepts writes; the call's err otherwise. */
bool probe(struct store *store, struct err *err);

/* Everything, newest first, by pages of 50. */
struct query query_all(void);

/* How many jobs there are, by walking. SIZE_MAX on a problem. */
size_t job_count(struct store *store);

/* The name of the first member that differs, "" when none does. */
const char *job_difference(const struct job *a, const struct job *b);

/* The same of what a page has of a job. */
const char *job_shown_difference(const struct job *a, const struct job *b);

#define assert_same_job(a, b) assert_string_equal(job_difference((a), (b)), "")

/* The same, on the main thread, failing the test on any problem. */
struct job must_create(struct fixture *fixture, const struct draft *draft);
struct job must_create_named(struct fixture *fixture, const char *name);
/* By user 1 under the key "key". */
struct store_create must_create_keyed(struct fixture *fixture, const struct draft *draft);
struct job must_get(struct fixture *fixture, const struct uuid *id);

#endif
