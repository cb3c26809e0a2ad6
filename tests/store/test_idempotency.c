/* Creating under a key: the same request again creates nothing and is answered as at first. */
#include "fixture.h"
#include "threads.h"

#include <string.h>

#define DAY_MS (24 * HOUR_MS)
#define RACERS 8
#define BULK 5

/* A request's drafts, and what stands for the digest of its body. */
struct request {
    struct draft drafts[BULK];
    size_t count;
    uint8_t digest;
};

static struct request request_of(struct fixture *fixture, const char *name, size_t count)
{
    struct request request = {.count = count, .digest = (uint8_t)(name[0] ^ (int)count)};

    for (size_t i = 0; i < count; i++) {
        request.drafts[i] = draft_of(&fixture->arena, name, "KEYED");
        request.drafts[i].priority = (int32_t)i;
    }
    return request;
}

static struct store_create ask(struct store *store, struct arena *arena,
                               const struct request *request, const char *key, unsigned account)
{
    struct store_create create = {.drafts = request->drafts,
                                  .count = request->count,
                                  .key = span_of(key),
                                  .key_account = user_at(account),
                                  .arena = arena};

    memset(create.key_digest, request->digest, sizeof(create.key_digest));
    STORE_WAIT(store_create, store, &create);
    return create;
}

static struct store_create asked(struct fixture *fixture, const struct request *request,
                                 const char *key, unsigned account)
{
    struct store_create create = ask(fixture->store, &fixture->arena, request, key, account);

    assert_int_equal(create.call.problem, PROBLEM_NONE);
    return create;
}

static void assert_replayed(const struct store_create *first, const struct store_create *again)
{
    assert_false(first->replayed);
    assert_true(again->replayed);
    for (size_t i = 0; i < first->count; i++)
        assert_same_job(&again->jobs[i], &first->jobs[i]);
}

static void the_same_again_is_replayed(void **state)
{
    struct fixture *fixture = *state;
    struct request request = request_of(fixture, "one", 1);
    struct store_create first = asked(fixture, &request, "key", 1);
    struct store_create again = asked(fixture, &request, "key", 1);

    assert_replayed(&first, &again);
    assert_int_equal(job_count(fixture->store), 1);
    assert_true(must_create_named(fixture, "next").change == first.jobs[0].change + 1);
}

static void a_bulk_is_replayed_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct request request = request_of(fixture, "bulk", BULK);
    struct store_create first, again;

    must_create_named(fixture, "before");
    first = asked(fixture, &request, "key", 1);
    must_create_named(fixture, "behind");
    again = asked(fixture, &request, "key", 1);
    assert_replayed(&first, &again);
    assert_int_equal(job_count(fixture->store), BULK + 2);
}

static void the_first_answer_is_replayed_after_a_change(void **state)
{
    struct fixture *fixture = *state;
    struct request request = request_of(fixture, "bulk", BULK);
    struct store_create first = asked(fixture, &request, "key", 1), again;
    struct job_event delete = {.kind = EVENT_DELETE,
                               .by = user_at(2),
                               .progress = JOB_NO_PROGRESS,
                               .has_message = true,
                               .message = SPAN("gone")};
    struct job now;

    fixture->clock.ms += HOUR_MS;
    for (size_t i = 0; i < BULK; i += 2)
        assert_int_equal(
            job_report(fixture->store, &fixture->arena, &first.jobs[i].id, delete, &now),
            PROBLEM_NONE);
    again = asked(fixture, &request, "key", 1);
    assert_replayed(&first, &again);
    now = must_get(fixture, &first.jobs[0].id);
    assert_int_equal(now.status, STATUS_DELETED_ABORTED);
}

static void another_request_under_the_key_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct request one = request_of(fixture, "one", 1), two = request_of(fixture, "two", 1);
    struct store_create first = asked(fixture, &one, "key", 1), again;

    assert_int_equal(ask(fixture->store, &fixture->arena, &two, "key", 1).call.problem,
                     PROBLEM_IDEMPOTENCY_KEY_REUSED);
    assert_int_equal(job_count(fixture->store), 1);
    again = asked(fixture, &one, "key", 1);
    assert_replayed(&first, &again);
}

static void every_bit_of_the_digest_counts(void **state)
{
    struct fixture *fixture = *state;
    struct request request = request_of(fixture, "one", 1);
    struct store_create create;

    asked(fixture, &request, "key", 1);
    for (size_t i = 0; i < sizeof(create.key_digest); i += 31) {
        create = (struct store_create){.drafts = request.drafts,
                                       .count = 1,
                                       .key = SPAN("key"),
                                       .key_account = user_at(1),
                                       .arena = &fixture->arena};
        memset(create.key_digest, request.digest, sizeof(create.key_digest));
        create.key_digest[i] ^= 1;
        STORE_WAIT(store_create, fixture->store, &create);
        assert_int_equal(create.call.problem, PROBLEM_IDEMPOTENCY_KEY_REUSED);
    }
}

static void keys_belong_to_their_account(void **state)
{
    struct fixture *fixture = *state;
    struct request one = request_of(fixture, "one", 1), two = request_of(fixture, "two", 1);

    assert_false(asked(fixture, &one, "key", 1).replayed);
    assert_false(asked(fixture, &two, "key", 2).replayed);
    assert_false(asked(fixture, &one, "key", 3).replayed);
    assert_true(asked(fixture, &two, "key", 2).replayed);
    assert_int_equal(job_count(fixture->store), 3);
}

static void keys_are_compared_exactly(void **state)
{
    static const char *const keys[] = {"key", "Key", "ke", "key ", "k_y", "k%", "'key'"};
    struct fixture *fixture = *state;
    struct request request = request_of(fixture, "one", 1);
    char longest[256] = {0};

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        assert_false(asked(fixture, &request, keys[i], 1).replayed);
    memset(longest, '~', sizeof(longest) - 1);
    assert_false(asked(fixture, &request, longest, 1).replayed);
    assert_true(asked(fixture, &request, longest, 1).replayed);
    longest[254] = '!';
    assert_false(asked(fixture, &request, longest, 1).replayed);
}

static void without_a_key_nothing_is_replayed(void **state)
{
    struct fixture *fixture = *state;
    struct request request = request_of(fixture, "one", 1);

    assert_false(asked(fixture, &request, "", 1).replayed);
    assert_false(asked(fixture, &request, "", 1).replayed);
    assert_int_equal(job_count(fixture->store), 2);
}

static void a_key_lives_for_a_day(void **state)
{
    struct fixture *fixture = *state;
    struct request one = request_of(fixture, "one", 1), two = request_of(fixture, "two", 1);
    struct store_create first = asked(fixture, &one, "key", 1), again, next;

    fixture->clock.ms = START_MS + DAY_MS - 1;
    again = asked(fixture, &one, "key", 1);
    assert_replayed(&first, &again);
    fixture->clock.ms = START_MS + DAY_MS + 1;
    next = asked(fixture, &two, "key", 1);
    assert_false(next.replayed);
    again = asked(fixture, &two, "key", 1);
    assert_replayed(&next, &again);
    assert_int_equal(ask(fixture->store, &fixture->arena, &one, "key", 1).call.problem,
                     PROBLEM_IDEMPOTENCY_KEY_REUSED);
}

/* Counted from the first answer: a replay does not prolong it. */
static void a_replay_does_not_prolong_the_key(void **state)
{
    struct fixture *fixture = *state;
    struct request request = request_of(fixture, "one", 1);

    asked(fixture, &request, "key", 1);
    fixture->clock.ms = START_MS + DAY_MS / 2;
    assert_true(asked(fixture, &request, "key", 1).replayed);
    fixture->clock.ms = START_MS + DAY_MS + 1;
    assert_false(asked(fixture, &request, "key", 1).replayed);
}

static void a_failed_create_leaves_no_key(void **state)
{
    struct fixture *fixture = *state;
    struct request bulk = request_of(fixture, "bulk", BULK), one = request_of(fixture, "one", 1);
    AUTO(arena_release) struct arena tight;

    arena_init(&tight, 64);
    assert_int_equal(ask(fixture->store, &tight, &bulk, "key", 1).call.problem, PROBLEM_NO_MEMORY);
    assert_false(asked(fixture, &one, "key", 1).replayed);
}

struct race {
    struct store *store;
    struct request request;
    _Atomic int created, replayed;
    struct uuid ids[RACERS];
};

static bool race_once(void *context, size_t number)
{
    struct race *race = context;
    AUTO(arena_release) struct arena arena;
    struct store_create create;

    arena_init(&arena, 1 << 20);
    create = ask(race->store, &arena, &race->request, "key", 1);
    if (create.call.problem != PROBLEM_NONE)
        return false;
    race->ids[number] = create.jobs[0].id;
    race->created += !create.replayed;
    race->replayed += create.replayed;
    return true;
}

static void a_race_under_one_key_creates_once(void **state)
{
    struct fixture *fixture = *state;
    struct race race = {.store = fixture->store, .request = request_of(fixture, "one", 1)};

    assert_int_equal(threads_run(RACERS, race_once, &race), 0);
    assert_int_equal(race.created, 1);
    assert_int_equal(race.replayed, RACERS - 1);
    for (size_t i = 1; i < RACERS; i++)
        assert_true(uuid_eq(&race.ids[i], &race.ids[0]));
    assert_int_equal(job_count(fixture->store), 1);
}

/* All submitted before the first is answered, so that a backend may take them into one batch. */
static void one_batch_under_one_key_creates_once(void **state)
{
    struct fixture *fixture = *state;
    struct request request = request_of(fixture, "bulk", BULK);
    struct store_create creates[RACERS];
    struct store_waiter waiters[RACERS];
    struct arena arenas[RACERS];
    int created = 0;

    for (size_t i = 0; i < RACERS; i++) {
        arena_init(&arenas[i], 1 << 20);
        creates[i] = (struct store_create){.drafts = request.drafts,
                                           .count = BULK,
                                           .key = SPAN("key"),
                                           .key_account = user_at(1),
                                           .arena = &arenas[i]};
        store_waiter_init(&waiters[i], &creates[i].call);
        store_create(fixture->store, &creates[i]);
    }
    for (size_t i = 0; i < RACERS; i++) {
        store_waiter_wait(&waiters[i]);
        assert_int_equal(creates[i].call.problem, PROBLEM_NONE);
        created += !creates[i].replayed;
        for (size_t k = 0; k < BULK; k++)
            assert_same_job(&creates[i].jobs[k], &creates[0].jobs[k]);
    }
    for (size_t i = 0; i < RACERS; i++)
        arena_release(&arenas[i]);
    assert_int_equal(created, 1);
    assert_int_equal(job_count(fixture->store), BULK);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(the_same_again_is_replayed),
        STORE_TEST(a_bulk_is_replayed_in_order),
        STORE_TEST(the_first_answer_is_replayed_after_a_change),
        STORE_TEST(another_request_under_the_key_is_refused),
        STORE_TEST(every_bit_of_the_digest_counts),
        STORE_TEST(keys_belong_to_their_account),
        STORE_TEST(keys_are_compared_exactly),
        STORE_TEST(without_a_key_nothing_is_replayed),
        STORE_TEST(a_key_lives_for_a_day),
        STORE_TEST(a_replay_does_not_prolong_the_key),
        STORE_TEST(a_failed_create_leaves_no_key),
        STORE_TEST(a_race_under_one_key_creates_once),
        STORE_TEST(one_batch_under_one_key_creates_once),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store idempotency", tests, NULL, NULL);
}
