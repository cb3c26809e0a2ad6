/* Accounts: added, changed and deleted by name, and a version that tells. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

static struct account account_named(const char *name, enum role role)
{
    struct account account = {.role = role};

    snprintf(account.name, sizeof(account.name), "%s", name);
    snprintf(account.hash, sizeof(account.hash), "hash of %s", name);
    return account;
}

static struct store_account act(struct store *store, enum account_action action,
                                const struct account *account)
{
    struct store_account call = {
        .action = action, .members = ACCOUNT_MEMBERS_ALL, .account = *account};

    STORE_WAIT(store_account, store, &call);
    return call;
}

static struct account change_of(struct store *store, const struct account *given, unsigned members)
{
    struct store_account call = {.action = ACCOUNT_CHANGE, .members = members, .account = *given};

    STORE_WAIT(store_account, store, &call);
    assert_int_equal(call.call.problem, PROBLEM_NONE);
    return call.account;
}

static struct account must_add(struct fixture *fixture, const struct account *account)
{
    struct store_account call = act(fixture->store, ACCOUNT_ADD, account);

    assert_int_equal(call.call.problem, PROBLEM_NONE);
    return call.account;
}

static struct store_accounts all(struct fixture *fixture)
{
    struct store_accounts accounts = {.arena = &fixture->arena};

    STORE_WAIT(store_accounts, fixture->store, &accounts);
    assert_int_equal(accounts.call.problem, PROBLEM_NONE);
    return accounts;
}

static void assert_same_account(const struct account *a, const struct account *b)
{
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->hash, b->hash);
    assert_true(uuid_eq(&a->id, &b->id));
    assert_int_equal(a->role, b->role);
    assert_int_equal(a->disabled, b->disabled);
    assert_true(a->created_on == b->created_on);
}

static void a_new_store_has_none(void **state)
{
    struct store_accounts accounts = all(*state);

    assert_int_equal(accounts.count, 0);
}

static void adding_assigns_what_is_missing(void **state)
{
    static const struct uuid none = {{0}};
    struct fixture *fixture = *state;
    struct account given = account_named("ada", ROLE_ADMIN), added = must_add(fixture, &given);
    struct store_accounts accounts = all(fixture);

    assert_false(uuid_eq(&added.id, &none));
    assert_true(added.created_on == START_MS);
    assert_int_equal(accounts.count, 1);
    assert_same_account(&accounts.accounts[0], &added);
}

static void adding_keeps_what_is_given(void **state)
{
    struct fixture *fixture = *state;
    struct account given = account_named("ada", ROLE_READER), added;
    struct store_accounts accounts;

    given.id = user_at(9);
    given.created_on = 12345;
    given.disabled = true;
    memset(given.name, 'n', ACCOUNT_NAME_MAX);
    memset(given.hash, 'h', ACCOUNT_HASH_SIZE - 1);
    added = must_add(fixture, &given);
    assert_same_account(&added, &given);
    accounts = all(fixture);
    assert_same_account(&accounts.accounts[0], &given);
}

static void a_taken_name_is_a_conflict(void **state)
{
    struct fixture *fixture = *state;
    struct account first = account_named("ada", ROLE_ADMIN), second = first;
    struct store_account call;
    struct store_accounts accounts;

    first = must_add(fixture, &first);
    second.role = ROLE_READER;
    call = act(fixture->store, ACCOUNT_ADD, &second);
    assert_int_equal(call.call.problem, PROBLEM_CONFLICT);
    assert_non_null(strstr(call.call.err.text, "ada"));
    accounts = all(fixture);
    assert_int_equal(accounts.count, 1);
    assert_same_account(&accounts.accounts[0], &first);
}

/* Case matters, in telling names apart and in sorting them. */
static void they_come_sorted_by_name(void **state)
{
    static const char *const names[] = {"bob", "ada", "Zoe", "ada2", "_x", "9", "Ada", "b.b"};
    static const char *const sorted[] = {"9", "Ada", "Zoe", "_x", "ada", "ada2", "b.b", "bob"};
    struct fixture *fixture = *state;
    struct store_accounts accounts;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct account account = account_named(names[i], ROLE_USER);
        must_add(fixture, &account);
    }
    accounts = all(fixture);
    assert_int_equal(accounts.count, ARRAY_SIZE(sorted));
    for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
        assert_string_equal(accounts.accounts[i].name, sorted[i]);
}

static void a_change_takes_role_disabled_and_hash(void **state)
{
    struct fixture *fixture = *state;
    struct account other = account_named("bob", ROLE_USER), added = account_named("ada", ROLE_USER);
    struct account change = account_named("ada", ROLE_WORKER);
    struct store_accounts accounts;
    struct store_account call;

    added = must_add(fixture, &added);
    other = must_add(fixture, &other);
    change.disabled = true;
    snprintf(change.hash, sizeof(change.hash), "another");
    fixture->clock.ms += HOUR_MS;
    call = act(fixture->store, ACCOUNT_CHANGE, &change);
    assert_int_equal(call.call.problem, PROBLEM_NONE);
    accounts = all(fixture);
    change.id = added.id;
    change.created_on = added.created_on;
    assert_same_account(&call.account, &change);
    assert_same_account(&accounts.accounts[0], &change);
    assert_same_account(&accounts.accounts[1], &other);
}

/* As when an administrator disables an account whose owner is just typing a new password. */
static void changes_of_different_members_do_not_undo_each_other(void **state)
{
    struct fixture *fixture = *state;
    struct account kept = account_named("ada", ROLE_USER), other, out;

    kept = must_add(fixture, &kept);
    other = account_named("ada", ROLE_ADMIN);
    snprintf(other.hash, sizeof(other.hash), "another");
    kept.disabled = other.disabled = true;
    out = change_of(fixture->store, &other, ACCOUNT_DISABLED);
    assert_same_account(&out, &kept);
    other.disabled = false;
    memcpy(kept.hash, other.hash, sizeof(kept.hash));
    out = change_of(fixture->store, &other, ACCOUNT_HASH);
    assert_same_account(&out, &kept);
    snprintf(other.hash, sizeof(other.hash), "a third one");
    kept.role = other.role;
    out = change_of(fixture->store, &other, ACCOUNT_ROLE);
    assert_same_account(&out, &kept);
    other.role = ROLE_READER;
    out = change_of(fixture->store, &other, 0);
    assert_same_account(&out, &kept);
    assert_same_account(&all(fixture).accounts[0], &kept);
}

static void a_deleted_one_is_gone(void **state)
{
    struct fixture *fixture = *state;
    struct account ada = account_named("ada", ROLE_USER), bob = account_named("bob", ROLE_USER);
    struct store_accounts accounts;
    struct job job, kept;

    ada = must_add(fixture, &ada);
    bob = must_add(fixture, &bob);
    job = must_create_named(fixture, "job");
    assert_int_equal(act(fixture->store, ACCOUNT_DELETE, &ada).call.problem, PROBLEM_NONE);
    accounts = all(fixture);
    assert_int_equal(accounts.count, 1);
    assert_same_account(&accounts.accounts[0], &bob);
    kept = must_get(fixture, &job.id);
    assert_same_job(&kept, &job);
    ada.id = user_at(7);
    must_add(fixture, &ada); /* the name is free again */
}

static void an_unknown_name_is_invalid(void **state)
{
    struct fixture *fixture = *state;
    struct account ada = account_named("ada", ROLE_USER), unknown = account_named("Ada", ROLE_USER);
    struct store_account call;

    must_add(fixture, &ada);
    call = act(fixture->store, ACCOUNT_CHANGE, &unknown);
    assert_int_equal(call.call.problem, PROBLEM_INVALID_REQUEST);
    assert_non_null(strstr(call.call.err.text, "Ada"));
    call = act(fixture->store, ACCOUNT_DELETE, &unknown);
    assert_int_equal(call.call.problem, PROBLEM_INVALID_REQUEST);
    assert_non_null(strstr(call.call.err.text, "Ada"));
    assert_int_equal(all(fixture).count, 1);
}

/* The version is another one than the last, and the list carries the same. */
static void assert_moved(struct fixture *fixture, int64_t *last)
{
    int64_t version = store_accounts_version(fixture->store);

    assert_true(version >= 0);
    assert_true(version != *last);
    assert_true(all(fixture).version == version);
    *last = version;
}

static void the_version_moves_with_each_change(void **state)
{
    struct fixture *fixture = *state;
    struct account ada = account_named("ada", ROLE_USER), unknown = account_named("x", ROLE_USER);
    int64_t last = store_accounts_version(fixture->store), before;

    assert_true(all(fixture).version == last);
    must_add(fixture, &ada);
    assert_moved(fixture, &last);
    before = last;
    assert_int_equal(act(fixture->store, ACCOUNT_CHANGE, &ada).call.problem, PROBLEM_NONE);
    assert_moved(fixture, &last);
    assert_true(last != before);
    assert_int_equal(act(fixture->store, ACCOUNT_DELETE, &ada).call.problem, PROBLEM_NONE);
    assert_moved(fixture, &last);
    act(fixture->store, ACCOUNT_DELETE, &unknown);
    assert_true(store_accounts_version(fixture->store) == last);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_new_store_has_none),
        STORE_TEST(adding_assigns_what_is_missing),
        STORE_TEST(adding_keeps_what_is_given),
        STORE_TEST(a_taken_name_is_a_conflict),
        STORE_TEST(they_come_sorted_by_name),
        STORE_TEST(a_change_takes_role_disabled_and_hash),
        STORE_TEST(changes_of_different_members_do_not_undo_each_other),
        STORE_TEST(a_deleted_one_is_gone),
        STORE_TEST(an_unknown_name_is_invalid),
        STORE_TEST(the_version_moves_with_each_change),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store accounts", tests, NULL, NULL);
}
