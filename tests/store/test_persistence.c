/* What outlives closing, and what two handles to one store see of each other. */
#include "data.h"
#include "shadow_walks.h"

#include <stdio.h>
#include <string.h>

static void reopening_keeps_every_job(void **state)
{
    struct fixture *fixture = *state;
    static const size_t size = 50;
    struct shadow shadow;
    struct query query = query_all();

    shadow_init(&shadow);
    data_fill(fixture, &shadow);
    fixture_reopen(fixture);
    for (size_t i = 0; i < shadow.count; i++) {
        struct job kept = must_get(fixture, &shadow.jobs[i].job.id);
        assert_same_job(&kept, &shadow.jobs[i].job);
    }
    shadow_check_walk(&shadow, fixture, query, size);
    query_by_name(&fixture->arena, &query, "import", MATCH_ANYWHERE);
    shadow_check_walk(&shadow, fixture, query, size);
    shadow_release(&shadow);
}

static void numbers_go_on_rising(void **state)
{
    struct fixture *fixture = *state;
    struct job first = must_create_named(fixture, "first"), second;

    fixture->clock.ms = START_MS - 2 * HOUR_MS;
    fixture_reopen(fixture);
    second = must_create_named(fixture, "second");
    assert_true(second.position > first.position);
    assert_true(second.change == first.change + 1);
}

/* The last change may belong to a job that is not the newest. */
static void change_numbers_go_on_behind_an_update(void **state)
{
    struct fixture *fixture = *state;
    struct job first = must_create_named(fixture, "first"), second, updated;
    struct job_event start = {.kind = EVENT_START, .by = user_at(1), .progress = JOB_NO_PROGRESS};

    second = must_create_named(fixture, "second");
    assert_int_equal(job_report(fixture->store, &fixture->arena, &first.id, start, &updated),
                     PROBLEM_NONE);
    assert_true(updated.change == second.change + 1);
    fixture_reopen(fixture);
    assert_true(must_create_named(fixture, "third").change == updated.change + 1);
}

static void keys_are_kept(void **state)
{
    struct fixture *fixture = *state;
    struct draft draft = draft_of(&fixture->arena, "keyed", "TEST");
    struct store_create first = must_create_keyed(fixture, &draft), again;

    fixture_reopen(fixture);
    again = must_create_keyed(fixture, &draft);
    assert_true(again.replayed);
    assert_same_job(&again.jobs[0], &first.jobs[0]);
}

static void cursors_stay_valid(void **state)
{
    struct fixture *fixture = *state;
    struct query query = query_all();
    struct cursor cursor = {.position = position_at(START_MS)}, opened;

    query.cursor = cursor_seal(&fixture->arena, fixture->store->cursor_key, &query, &cursor);
    fixture_reopen(fixture);
    assert_int_equal(cursor_open(fixture->store->cursor_key, &query, &opened, NULL), PROBLEM_NONE);
    assert_true(opened.position == cursor.position);
}

static struct store_account act(struct store *store, enum account_action action, const char *name)
{
    struct store_account call = {
        .action = action, .members = ACCOUNT_MEMBERS_ALL, .account = {.role = ROLE_WORKER}};

    snprintf(call.account.name, sizeof(call.account.name), "%s", name);
    snprintf(call.account.hash, sizeof(call.account.hash), "hash of %s", name);
    STORE_WAIT(store_account, store, &call);
    assert_int_equal(call.call.problem, PROBLEM_NONE);
    return call;
}

static struct store_accounts all(struct fixture *fixture, struct store *store)
{
    struct store_accounts accounts = {.arena = &fixture->arena};

    STORE_WAIT(store_accounts, store, &accounts);
    assert_int_equal(accounts.call.problem, PROBLEM_NONE);
    return accounts;
}

static void accounts_are_kept(void **state)
{
    struct fixture *fixture = *state;
    struct store_account added = act(fixture->store, ACCOUNT_ADD, "ada");
    struct store_accounts accounts;

    fixture_reopen(fixture);
    accounts = all(fixture, fixture->store);
    assert_int_equal(accounts.count, 1);
    assert_string_equal(accounts.accounts[0].name, "ada");
    assert_string_equal(accounts.accounts[0].hash, "hash of ada");
    assert_int_equal(accounts.accounts[0].role, ROLE_WORKER);
    assert_true(uuid_eq(&accounts.accounts[0].id, &added.account.id));
}

/* As `jobd user` changes accounts beside the daemon. */
static void two_handles_see_each_others_accounts(void **state)
{
    struct fixture *fixture = *state;
    struct store *daemon = fixture->store, *tool = fixture_open(fixture, false);
    int64_t version = store_accounts_version(daemon);

    act(tool, ACCOUNT_ADD, "ada");
    assert_true(store_accounts_version(daemon) != version);
    version = store_accounts_version(daemon);
    assert_int_equal(all(fixture, daemon).count, 1);
    assert_true(all(fixture, daemon).version == version);
    act(daemon, ACCOUNT_ADD, "bob");
    assert_int_equal(all(fixture, tool).count, 2);
    act(tool, ACCOUNT_DELETE, "bob");
    assert_true(store_accounts_version(daemon) != version);
    assert_int_equal(all(fixture, daemon).count, 1);
    store_close(tool);
    must_create_named(fixture, "the daemon goes on");
}

/* The tool comes and goes again and again, and always changes the same account. */
static void every_visit_moves_the_version(void **state)
{
    struct fixture *fixture = *state;
    int64_t last = store_accounts_version(fixture->store), version;

    act(fixture->store, ACCOUNT_ADD, "ada");
    for (int i = 0; i < 5; i++) {
        struct store *tool = fixture_open(fixture, false);
        act(tool, ACCOUNT_CHANGE, "ada");
        store_close(tool);
        version = store_accounts_version(fixture->store);
        assert_true(version >= 0 && version != last);
        last = version;
    }
}

static void two_handles_never_give_a_number_twice(void **state)
{
    struct fixture *fixture = *state;
    struct store *tool = fixture_open(fixture, false);
    struct draft draft = draft_of(&fixture->arena, "job", "TEST");
    struct job last = must_create_named(fixture, "first"), *jobs;

    for (int i = 0; i < 10; i++) {
        struct store *store = i % 3 == 0 ? fixture->store : tool;
        assert_int_equal(job_create(store, &fixture->arena, &draft, 1, &jobs), PROBLEM_NONE);
        assert_true(jobs[0].position > last.position);
        assert_true(jobs[0].change == last.change + 1);
        last = jobs[0];
    }
    store_close(tool);
    assert_int_equal(job_count(fixture->store), 11);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(reopening_keeps_every_job),
        STORE_TEST(numbers_go_on_rising),
        STORE_TEST(change_numbers_go_on_behind_an_update),
        STORE_TEST(keys_are_kept),
        STORE_TEST(cursors_stay_valid),
        STORE_TEST(accounts_are_kept),
        STORE_TEST(two_handles_see_each_others_accounts),
        STORE_TEST(every_visit_moves_the_version),
        STORE_TEST(two_handles_never_give_a_number_twice),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store persistence", tests, NULL, NULL);
}
