/* Everything at once: threads do all there is to do, and the store stays consistent. */
#include "data.h"
#include "threads.h"

#include <stdio.h>
#include <string.h>

#define THREADS 6
#define ROUNDS 120
#define BULK 3

/* What all threads together did. */
struct crowd {
    struct store *store;
    _Atomic int64_t created, changed;
};

/* What one thread knows. */
struct worker {
    struct crowd *crowd;
    size_t number;
    struct arena arena; /* of one round */
    struct uuid ids[ROUNDS * BULK];
    size_t count;
    int64_t last_position, last_change;
};

static bool create_bulk(struct worker *worker, size_t round)
{
    struct draft drafts[BULK];
    struct job *jobs;

    for (size_t i = 0; i < BULK; i++) {
        drafts[i] = draft_of(&worker->arena, data_names[(round + i) % data_name_count],
                             data_types[worker->number % data_type_count]);
        drafts[i].user = user_at((unsigned)worker->number);
    }
    if (job_create(worker->crowd->store, &worker->arena, drafts, BULK, &jobs) != PROBLEM_NONE)
        return false;
    for (size_t i = 0; i < BULK; i++) {
        if (jobs[i].position <= worker->last_position || jobs[i].change <= worker->last_change)
            return false;
        worker->last_position = jobs[i].position;
        worker->last_change = jobs[i].change;
        worker->ids[worker->count++] = jobs[i].id;
    }
    worker->crowd->created += BULK;
    return true;
}

/* Its own jobs are changed by nobody else: it must read what it wrote. */
static bool report_and_read(struct worker *worker, size_t round)
{
    static const enum job_event_kind kinds[] = {EVENT_START, EVENT_PROGRESS, EVENT_DELETE};
    const struct uuid *id = &worker->ids[round * 7 % worker->count];
    struct job_event event = {
        .kind = kinds[round % ARRAY_SIZE(kinds)],
        .by = user_at(1),
        .progress = (int32_t)(round % 101),
        .has_message = true,
        .message = span_of(arena_printf(&worker->arena, "message %zu", round)),
    };
    struct job before, after, kept;
    enum problem problem;

    if (job_get(worker->crowd->store, &worker->arena, id, &before) != PROBLEM_NONE)
        return false;
    after = before;
    problem = job_report(worker->crowd->store, &worker->arena, id, event, &after);
    if (problem != PROBLEM_NONE && problem != PROBLEM_JOB_DELETED && problem != PROBLEM_CONFLICT)
        return false;
    if (after.change != before.change && after.change <= worker->last_change)
        return false;
    if (after.change != before.change) {
        worker->last_change = after.change;
        worker->crowd->changed++;
    }
    return job_get(worker->crowd->store, &worker->arena, id, &kept) == PROBLEM_NONE &&
           job_difference(&kept, &after)[0] == '\0';
}

/* In a descending order by numbers: the lower one, or the older one of two equal ones. */
static bool stands_behind(const struct query *query, const struct job *before,
                          const struct job *job)
{
    struct cursor first = cursor_at(query, before), second = cursor_at(query, job);

    return first.value > second.value ||
           (first.value == second.value && first.position > second.position);
}

/* A page under writes is of one moment: in order, and nothing but what was asked for. */
static bool find_sorted(struct worker *worker, size_t round)
{
    static const enum query_order orders[] = {ORDER_CREATED, ORDER_STATE, ORDER_START_DATE,
                                              ORDER_RESULT, ORDER_END_DATE};
    struct query query = query_all();
    struct store_find find;
    struct span folded = {0};

    query.has_user = round % 2 == 0;
    query.user = user_at((unsigned)worker->number);
    query.statuses = round % 3 == 0 ? 1u << STATUS_RUNNING : STATUS_MASK_ALL;
    query.order = orders[round % ARRAY_SIZE(orders)];
    if (job_page(worker->crowd->store, &worker->arena, &query, NULL, &find) != PROBLEM_NONE)
        return false;
    for (size_t i = 0; i < find.count; i++) {
        const struct job *job = find.jobs[i];
        if (!query_matches(&query, job, folded))
            return false;
        if (i > 0 && !stands_behind(&query, find.jobs[i - 1], job))
            return false;
    }
    return true;
}

static bool change_account(struct worker *worker, size_t round)
{
    struct store_account call = {.action = round % 3 == 0   ? ACCOUNT_ADD
                                           : round % 3 == 1 ? ACCOUNT_CHANGE
                                                            : ACCOUNT_DELETE,
                                 .members = ACCOUNT_MEMBERS_ALL,
                                 .account = {.role = ROLE_USER}};
    struct store_accounts all = {.arena = &worker->arena};

    snprintf(call.account.name, sizeof(call.account.name), "worker%zu", worker->number);
    STORE_WAIT(store_account, worker->crowd->store, &call);
    STORE_WAIT(store_accounts, worker->crowd->store, &all);
    return call.call.problem == PROBLEM_NONE && all.call.problem == PROBLEM_NONE &&
           all.count <= THREADS && store_accounts_version(worker->crowd->store) >= 0;
}

static bool work(void *context, size_t number)
{
    struct worker worker = {.crowd = context, .number = number, .last_position = -1};
    bool good = true;

    arena_init(&worker.arena, 1 << 24);
    for (size_t round = 0; round < ROUNDS && good; round++) {
        good = create_bulk(&worker, round) && report_and_read(&worker, round) &&
               find_sorted(&worker, round) && change_account(&worker, round);
        arena_clear(&worker.arena);
    }
    arena_release(&worker.arena);
    return good;
}

/* Every change number was given once: the latest ones differ, and the next one follows. */
static void check_changes(struct fixture *fixture, const struct crowd *crowd)
{
    int64_t total = crowd->created + crowd->changed;
    unsigned char *seen = ARENA_ARRAY(&fixture->arena, unsigned char, (size_t)total + 1);
    struct query query = query_all();
    struct store_find find = {.more = true};
    struct cursor cursor;
    int64_t count = 0;

    for (; find.more; cursor = cursor_at(&query, find.jobs[find.count - 1])) {
        assert_int_equal(
            job_page(fixture->store, &fixture->arena, &query, count > 0 ? &cursor : NULL, &find),
            PROBLEM_NONE);
        assert_true(find.count > 0);
        for (size_t i = 0; i < find.count; i++) {
            assert_in_range(find.jobs[i]->change, 1, total);
            assert_int_equal(seen[find.jobs[i]->change]++, 0);
        }
        count += (int64_t)find.count;
    }
    assert_true(count == crowd->created);
    assert_true(must_create_named(fixture, "last").change == total + 1);
}

static void a_crowd_leaves_a_consistent_store(void **state)
{
    struct fixture *fixture = *state;
    struct crowd crowd = {.store = fixture->store};

    assert_int_equal(threads_run(THREADS, work, &crowd), 0);
    assert_true(crowd.created == THREADS * ROUNDS * BULK);
    assert_true(crowd.changed > 0);
    check_changes(fixture, &crowd);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_crowd_leaves_a_consistent_store),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store threads", tests, NULL, NULL);
}
