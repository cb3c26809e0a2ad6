/* Moving: everything arrives, whatever engine it comes from, and however often the way is cut. */
#include "data.h"
#include "leases.h"
#include "random.h"
#include "shadow_walks.h"

#include "base/mem.h"
#include "store/move.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

static struct random start;

/* A store of the backend under test that is not open, and a file beside it for the other engine. */
struct place {
    struct fixture *fixture;
    char directory[64], file[96];
};

static int place_setup(void **state)
{
    struct place *place = mem_need(mem_alloc(1, sizeof(*place)));

    snprintf(place->directory, sizeof(place->directory), "/tmp/jobd-move-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    snprintf(place->file, sizeof(place->file), "sqlite:%s/x.db", place->directory);
    fixture_setup((void **)&place->fixture);
    *state = place;
    return 0;
}

static int place_teardown(void **state)
{
    struct place *place = *state;
    const char *ends[] = {"", "-lock", "-wal", "-shm"};
    char path[128];

    fixture_teardown((void **)&place->fixture);
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        snprintf(path, sizeof(path), "%s/x.db%s", place->directory, ends[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(place->directory), 0);
    mem_free(place);
    return 0;
}

#define MOVE_TEST(function) cmocka_unit_test_setup_teardown(function, place_setup, place_teardown)

/* A connection that was cut a moment ago may hold the guard for another one. */
static bool open_for_move(const char *url, const struct clock *clock, struct store **ret_store,
                          struct err *err)
{
    struct store_options options = {.clock = clock, .move = true};
    int64_t deadline = clock_mono_ns(&clock_system) + INT64_C(20000000000);

    while (!store_open(url, &options, ret_store, err)) {
        if (strstr(err->text, "in use") == NULL || clock_mono_ns(&clock_system) > deadline)
            return false;
        usleep(5000);
    }
    return true;
}

static bool move_between(const struct clock *clock, const char *from_url, const char *to_url,
                         struct move *move, struct err *err)
{
    bool good = open_for_move(from_url, clock, &move->from, err);

    if (good) {
        good = open_for_move(to_url, clock, &move->to, err);
        if (good) {
            good = move_run(move, err);
            store_close(move->to);
        }
        store_close(move->from);
    }
    return good;
}

static void must_move(struct fixture *fixture, const char *from, const char *to)
{
    struct move move = {0};
    struct err err = {0};

    if (!move_between(&fixture->clock.clock, from, to, &move, &err))
        fail_msg("%s to %s: %s", from, to, err.text);
    assert_true(move.copied == move.compared);
}

static enum problem allow(void *context, const struct hold *hold, struct err *err)
{
    (void)context, (void)hold, (void)err;
    return PROBLEM_NONE;
}

static void append(struct fixture *fixture, const struct uuid *id, struct span bytes)
{
    struct store_append append = {
        .id = *id, .check = allow, .bytes = bytes, .arena = &fixture->arena};

    STORE_WAIT(store_append, fixture->store, &append);
    assert_int_equal(append.call.problem, PROBLEM_NONE);
}

static struct store_create keyed(struct fixture *fixture)
{
    struct draft draft = draft_of(&fixture->arena, "keyed", "KEYED");

    return must_create_keyed(fixture, &draft);
}

static void add_account(struct fixture *fixture, const char *name)
{
    struct store_account call = {.action = ACCOUNT_ADD, .account = {.role = ROLE_WORKER}};

    snprintf(call.account.name, sizeof(call.account.name), "%s", name);
    snprintf(call.account.hash, sizeof(call.account.hash), "hash of %s", name);
    STORE_WAIT(store_account, fixture->store, &call);
    assert_int_equal(call.call.problem, PROBLEM_NONE);
}

static struct session session_of(const struct fixture *fixture)
{
    return (struct session){.token = {1, 2},
                            .account = user_at(3),
                            .proof = {4},
                            .created_on = fixture->clock.ms,
                            .expires_on = fixture->clock.ms + 24 * HOUR_MS};
}

static void add_session(struct fixture *fixture)
{
    struct store_session add = {.action = SESSION_ADD, .keep = 5, .session = session_of(fixture)};

    STORE_WAIT(store_session, fixture->store, &add);
    assert_int_equal(add.call.problem, PROBLEM_NONE);
}

static struct claim claim_again(struct fixture *fixture)
{
    struct claim claim = claim_of(fixture, "HELD", 1);

    claim.request_id = span_of("request");
    return claim;
}

/* A held job with a payload and output, under a request id. */
static struct grant grant_one(struct fixture *fixture)
{
    struct draft draft = draft_of(&fixture->arena, "held", "HELD");
    struct claim claim = claim_again(fixture);
    struct store_claim claimed;

    draft.payload = span_of("{\"a\":1}");
    must_create(fixture, &draft);
    claimed = must_claim(fixture, &claim);
    assert_int_equal(claimed.count, 1);
    return claimed.grants[0];
}

/* One of everything, and many jobs. */
static struct grant fill(struct fixture *fixture, struct shadow *shadow)
{
    static char many[100000];
    struct grant grant;

    data_fill(fixture, shadow);
    keyed(fixture);
    add_account(fixture, "ada");
    add_session(fixture);
    grant = grant_one(fixture);
    memset(many, 'x', sizeof(many));
    append(fixture, &grant.job.id, (struct span){many, sizeof(many)});
    return grant;
}

static void check_same_work(struct fixture *fixture, const struct grant *grant)
{
    struct claim claim = claim_again(fixture);
    struct store_claim claimed = must_claim(fixture, &claim);
    struct store_output read = {.id = grant->job.id, .arena = &fixture->arena};
    struct store_session_get get = {.session = session_of(fixture)};

    assert_int_equal(claimed.count, 1);
    assert_same_job(&claimed.grants[0].job, &grant->job);
    assert_true(claimed.grants[0].fence == grant->fence);
    assert_true(span_is(claimed.grants[0].payload, "{\"a\":1}"));
    STORE_WAIT(store_output, fixture->store, &read);
    assert_int_equal(read.output.bytes.len, 100000);
    STORE_WAIT(store_session_get, fixture->store, &get);
    assert_int_equal(get.call.problem, PROBLEM_NONE);
}

static void check_numbers_go_on(struct fixture *fixture, const struct grant *grant)
{
    struct store_create again = keyed(fixture);
    struct job next;

    assert_true(again.replayed);
    next = must_create_named(fixture, "next");
    assert_true(next.position > grant->job.position);
    assert_true(next.change == grant->job.change + 1);
}

static void everything_arrives_and_goes_on(void **state)
{
    struct place *place = *state;
    struct fixture *source = place->fixture, *target;
    struct query query = query_all();
    struct shadow shadow;
    struct grant grant;
    uint8_t key[CURSOR_KEY_SIZE];

    shadow_init(&shadow);
    grant = fill(source, &shadow);
    memcpy(key, source->store->cursor_key, sizeof(key));
    store_close(TAKE(source->store));
    must_move(source, source->url, place->file);
    fixture_setup((void **)&target);
    store_close(TAKE(target->store));
    must_move(source, place->file, target->url);
    target->clock.ms = source->clock.ms;
    target->store = fixture_open(target, true);
    assert_memory_equal(target->store->cursor_key, key, sizeof(key));
    for (size_t i = 0; i < shadow.count; i++) {
        struct job job = must_get(target, &shadow.jobs[i].job.id);
        assert_same_job(&job, &shadow.jobs[i].job);
    }
    query_by_types(&target->arena, &query, 31);
    query_by_name(&target->arena, &query, "import", MATCH_ANYWHERE);
    shadow_check_walk(&shadow, target, query, 50);
    check_same_work(target, &grant);
    check_numbers_go_on(target, &grant);
    fixture_teardown((void **)&target);
    shadow_release(&shadow);
}

/* A day later its worker has the time of a lease to be heard, and no more. */
static void a_held_lease_is_neither_freed_nor_kept_for_ever(void **state)
{
    struct place *place = *state;
    struct fixture *source = place->fixture, *target;
    struct grant grant = grant_one(source);
    struct store_update look;

    store_close(TAKE(source->store));
    must_move(source, source->url, place->file);
    fixture_setup((void **)&target);
    store_close(TAKE(target->store));
    must_move(source, place->file, target->url);
    fixture_pass(target, 24 * HOUR_MS);
    target->store = fixture_open(target, true);
    assert_int_equal(must_reap(target, 100).expired, 0);
    fixture_pass(target, LEASE_MS - 1);
    assert_int_equal(must_reap(target, 100).expired, 0);
    look = lease_look(target, &grant.job.id);
    assert_true(look.lease.held && look.lease.fence == grant.fence);
    fixture_pass(target, LEASE_MS);
    assert_int_equal(must_reap(target, 100).expired, 1);
    fixture_teardown((void **)&target);
}

/* Steps of the move as its progress tells of them; the process ends at one of them. */
static void die(void *context, const struct move_progress *progress)
{
    int *left = context;

    (void)progress;
    if ((*left)-- == 0)
        _exit(9);
}

/* Whether it came to its end. */
static bool move_in_child(struct fixture *fixture, const char *from, const char *to, int steps)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        struct move move = {.progress = die, .context = &steps};
        struct err err = {0};
        bool good = move_between(&fixture->clock.clock, from, to, &move, &err);
        if (!good)
            fprintf(stderr, "# %s\n", err.text);
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 1);
    return WEXITSTATUS(status) == 0;
}

static void refused(const char *url, const struct clock *clock, const char *why)
{
    struct store_options options = {.clock = clock, .daemon = true};
    int64_t deadline = clock_mono_ns(&clock_system) + INT64_C(20000000000);
    struct err err = {0};
    struct store *store;

    do {
        assert_false(store_open(url, &options, &store, &err));
    } while (strstr(err.text, why) == NULL && clock_mono_ns(&clock_system) < deadline);
    assert_non_null(strstr(err.text, why));
}

static void a_move_that_is_killed_goes_on(void **state)
{
    struct place *place = *state;
    struct fixture *source = place->fixture, *target;
    struct shadow shadow;
    int kills = 0;

    shadow_init(&shadow);
    fill(source, &shadow);
    store_close(TAKE(source->store));
    must_move(source, source->url, place->file);
    fixture_setup((void **)&target);
    store_close(TAKE(target->store));
    while (!move_in_child(source, place->file, target->url, kills)) {
        if (kills % 8 == 1)
            refused(target->url, &target->clock.clock, "only in part");
        kills++;
    }
    assert_true(kills > 10);
    target->store = fixture_open(target, true);
    assert_int_equal(job_count(target->store), shadow.count + 2);
    fixture_teardown((void **)&target);
    shadow_release(&shadow);
}

static void fails(struct fixture *fixture, const char *from, const char *to, const char *why)
{
    struct move move = {0};
    struct err err = {0};

    assert_false(move_between(&fixture->clock.clock, from, to, &move, &err));
    if (strstr(err.text, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void only_an_empty_store_is_moved_into(void **state)
{
    struct place *place = *state;
    struct fixture *source = place->fixture, *target;

    must_create_named(source, "one");
    store_close(TAKE(source->store));
    fixture_setup((void **)&target);
    must_create_named(target, "another");
    store_close(TAKE(target->store));
    fails(source, source->url, target->url, "not empty");
    fails(source, place->file, source->url, "nothing in the store");
    target->store = fixture_open(target, true);
    assert_int_equal(job_count(target->store), 1);
    fixture_teardown((void **)&target);
}

static void a_source_that_was_written_is_not_gone_on_from(void **state)
{
    struct place *place = *state;
    struct fixture *source = place->fixture, *target;

    must_create_named(source, "one");
    store_close(TAKE(source->store));
    fixture_setup((void **)&target);
    store_close(TAKE(target->store));
    assert_false(move_in_child(source, source->url, target->url, 3));
    source->store = fixture_open(source, true);
    must_create_named(source, "two");
    store_close(TAKE(source->store));
    fails(source, source->url, target->url, "before it was written again");
    target->store = NULL;
    fixture_teardown((void **)&target);
}

/* What is served is not moved, and what is moved is not served. */
static void a_store_is_moved_or_served(void **state)
{
    struct place *place = *state;
    struct fixture *source = place->fixture;
    struct store_options options = {.clock = &source->clock.clock, .move = true};
    struct store *store;
    struct err err = {0};

    must_create_named(source, "one");
    while (store_open(source->url, &options, &store, &err)) {
        store_close(store); /* a daemon's listener takes a moment to connect */
        usleep(5000);
    }
    assert_true(strstr(err.text, "in use") != NULL || strstr(err.text, "uses the store") != NULL);
    store_close(TAKE(source->store));
    assert_true(open_for_move(source->url, options.clock, &store, &err));
    options = (struct store_options){.clock = &source->clock.clock, .daemon = true};
    assert_false(store_open(source->url, &options, &source->store, &err));
    store_close(store);
    source->store = fixture_open(source, true);
}

static void random_step(struct fixture *fixture, struct random *random)
{
    static const char *const types[] = {"A", "B", "C"};
    const char *type = types[random_pick(random, ARRAY_SIZE(types))];
    struct draft draft =
        draft_of(&fixture->arena, data_names[random_pick(random, data_name_count)], type);
    struct claim claim = claim_of(fixture, type, 1 + random_pick(random, 3));
    struct job_event end = {
        .kind = EVENT_END, .status = STATUS_COMPLETED_SUCCESS, .progress = JOB_NO_PROGRESS};
    struct store_claim claimed;

    draft.run_after = random_one_in(random, 5) ? fixture->clock.ms + HOUR_MS : JOB_NO_TIME;
    draft.priority = (int32_t)random_pick(random, 5) - 2;
    draft.max_attempts = 1 + (int32_t)random_pick(random, 3);
    if (random_one_in(random, 2))
        draft.payload = span_of("{\"é\":[]}");
    must_create(fixture, &draft);
    fixture_pass(fixture, random_pick(random, 20000));
    if (random_one_in(random, 2))
        return;
    claimed = must_claim(fixture, &claim);
    for (size_t i = 0; i < claimed.count; i++) {
        append(fixture, &claimed.grants[i].job.id, span_of(draft.name.ptr));
        if (!random_one_in(random, 3))
            lease_report(fixture, &claimed.grants[i].job.id, claimed.grants[i].fence, end);
    }
    if (random_one_in(random, 4))
        must_reap(fixture, 10);
}

/* There and back again: the rows are compared by the move itself, both times. */
static void random_stores_move(void **state)
{
    struct place *place = *state;
    struct fixture *source = place->fixture, *target;
    uint64_t steps = fixture_number("JOBD_TEST_STEPS", 150);
    size_t count;

    for (uint64_t i = 0; i < steps; i++)
        random_step(source, &start);
    count = job_count(source->store);
    store_close(TAKE(source->store));
    must_move(source, source->url, place->file);
    fixture_setup((void **)&target);
    store_close(TAKE(target->store));
    must_move(source, place->file, target->url);
    target->clock.ms = source->clock.ms;
    target->store = fixture_open(target, true);
    assert_int_equal(job_count(target->store), count);
    fixture_teardown((void **)&target);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        MOVE_TEST(everything_arrives_and_goes_on),
        MOVE_TEST(a_held_lease_is_neither_freed_nor_kept_for_ever),
        MOVE_TEST(a_move_that_is_killed_goes_on),
        MOVE_TEST(only_an_empty_store_is_moved_into),
        MOVE_TEST(a_source_that_was_written_is_not_gone_on_from),
        MOVE_TEST(a_store_is_moved_or_served),
        MOVE_TEST(random_stores_move),
    };

    fixture_backend(argc, argv);
    start = random_start();
    return cmocka_run_group_tests_name("store move", tests, NULL, NULL);
}
