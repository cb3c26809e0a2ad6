/* Tests of states, results and statuses. */
#include "model/states.h"

#include "model_test.h"

/* The table of legal pairs as the decisions on the contract write it, by state. */
static const struct {
    const char *state;
    const char *results[5];
} legal[] = {
    {"WAITING", {"NOT_SET"}},
    {"RUNNING", {"NOT_SET"}},
    {"COMPLETED", {"SUCCESS", "COMPLETED_WITH_ERROR", "ABORTED"}},
    {"FAILED", {"FAILURE", "ABORTED"}},
    {"DELETED", {"SUCCESS", "COMPLETED_WITH_ERROR", "FAILURE", "ABORTED"}},
};

static bool is_legal(const char *state, const char *result)
{
    for (size_t i = 0; i < ARRAY_SIZE(legal) * ARRAY_SIZE(legal[0].results); i++) {
        size_t row = i / ARRAY_SIZE(legal[0].results);
        const char *candidate = legal[row].results[i % ARRAY_SIZE(legal[0].results)];
        if (strcmp(legal[row].state, state) == 0 && candidate != NULL &&
            strcmp(candidate, result) == 0)
            return true;
    }
    return false;
}

static bool check_pair(enum job_state state, enum job_result result)
{
    enum job_status status = STATUS_COUNT;
    bool found = status_of(state, result, &status);
    assert_int_equal(found, is_legal(state_name(state), result_name(result)));
    assert_int_equal(found, status != STATUS_COUNT);
    if (found) {
        assert_int_equal(status_state(status), state);
        assert_int_equal(status_result(status), result);
    }
    return found;
}

static void pairs_are_the_contracts(void **test)
{
    size_t count = 0;
    (void)test;
    for (unsigned state = 0; state < STATE_COUNT; state++) {
        for (unsigned result = 0; result < RESULT_COUNT; result++)
            count += check_pair(state, result);
    }
    assert_int_equal(count, STATUS_COUNT);
}

/* Stores keep these numbers. */
static void numbers_never_change(void **test)
{
    static const char *const kept[] = {
        "WAITING NOT_SET",
        "RUNNING NOT_SET",
        "COMPLETED SUCCESS",
        "COMPLETED COMPLETED_WITH_ERROR",
        "COMPLETED ABORTED",
        "FAILED FAILURE",
        "FAILED ABORTED",
        "DELETED SUCCESS",
        "DELETED COMPLETED_WITH_ERROR",
        "DELETED FAILURE",
        "DELETED ABORTED",
    };
    (void)test;
    assert_int_equal(ARRAY_SIZE(kept), STATUS_COUNT);
    for (unsigned i = 0; i < STATUS_COUNT; i++) {
        char text[64];
        snprintf(text, sizeof(text), "%s %s", state_name(status_state(i)),
                 result_name(status_result(i)));
        assert_string_equal(text, kept[i]);
    }
}

static void values_sort_like_their_names(void **test)
{
    (void)test;
    for (unsigned i = 1; i < STATE_COUNT; i++)
        assert_true(strcmp(state_name(i - 1), state_name(i)) < 0);
    for (unsigned i = 1; i < RESULT_COUNT; i++)
        assert_true(strcmp(result_name(i - 1), result_name(i)) < 0);
}

static void names_are_parsed_back(void **test)
{
    (void)test;
    for (unsigned i = 0; i < STATE_COUNT; i++) {
        enum job_state state = STATE_COUNT;
        assert_true(state_parse(span_of(state_name(i)), &state));
        assert_int_equal(state, i);
    }
    for (unsigned i = 0; i < RESULT_COUNT; i++) {
        enum job_result result = RESULT_COUNT;
        assert_true(result_parse(span_of(result_name(i)), &result));
        assert_int_equal(result, i);
    }
}

static void other_names_are_refused(void **test)
{
    static const char *const wrong[] = {"", "waiting", "WAITIN", "WAITINGS", " WAITING", "NOT SET"};
    enum job_state state = STATE_COUNT;
    enum job_result result = RESULT_COUNT;
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        assert_false(state_parse(span_of(wrong[i]), &state));
        assert_false(result_parse(span_of(wrong[i]), &result));
    }
    assert_int_equal(state, STATE_COUNT);
    assert_int_equal(result, RESULT_COUNT);
}

static void check_mask(uint32_t states, uint32_t results)
{
    uint32_t mask = status_mask(states, results);
    assert_int_equal(mask & ~STATUS_MASK_ALL, 0);
    for (unsigned i = 0; i < STATUS_COUNT; i++) {
        bool by_state = states == 0 || (states >> status_state(i) & 1) != 0;
        bool by_result = results == 0 || (results >> status_result(i) & 1) != 0;
        assert_int_equal(mask >> i & 1, by_state && by_result);
    }
}

static void mask_holds_what_both_sets_hold(void **test)
{
    (void)test;
    for (uint32_t states = 0; states < 1u << STATE_COUNT; states++) {
        for (uint32_t results = 0; results < 1u << RESULT_COUNT; results++)
            check_mask(states, results);
    }
    assert_int_equal(status_mask(0, 0), STATUS_MASK_ALL);
    assert_int_equal(status_mask(1u << STATE_RUNNING, 1u << RESULT_SUCCESS), 0);
}

static void ended_and_deleted(void **test)
{
    (void)test;
    for (unsigned i = 0; i < STATUS_COUNT; i++) {
        const char *state = state_name(status_state(i));
        assert_int_equal(status_is_ended(i),
                         strcmp(state, "COMPLETED") == 0 || strcmp(state, "FAILED") == 0);
        assert_int_equal(status_is_deleted(i), strcmp(state, "DELETED") == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_the_contracts),
        cmocka_unit_test(numbers_never_change),
        cmocka_unit_test(values_sort_like_their_names),
        cmocka_unit_test(names_are_parsed_back),
        cmocka_unit_test(other_names_are_refused),
        cmocka_unit_test(mask_holds_what_both_sets_hold),
        cmocka_unit_test(ended_and_deleted),
    };
    return cmocka_run_group_tests_name("states", tests, NULL, NULL);
}
