/* Short ways to claim, beat, report and reap. */
#include "leases.h"

struct claimant worker_of(int64_t lease_ms)
{
    return (struct claimant){span_of("worker"), user_at(9), lease_ms};
}

struct claim claim_of(struct fixture *fixture, const char *type, size_t max)
{
    struct span *types = ARENA_NEW(&fixture->arena, struct span);

    *types = span_of(type);
    return (struct claim){.types = types, .type_count = 1, .by = worker_of(LEASE_MS), .max = max};
}

enum problem jobs_claim(struct store *store, struct arena *arena, const struct claim *claim,
                        struct store_claim *ret_claim)
{
    *ret_claim = (struct store_claim){.claim = claim, .arena = arena};
    STORE_WAIT(store_claim, store, ret_claim);
    return ret_claim->call.problem;
}

struct store_claim must_claim(struct fixture *fixture, const struct claim *claim)
{
    struct store_claim claimed;

    assert_int_equal(jobs_claim(fixture->store, &fixture->arena, claim, &claimed), PROBLEM_NONE);
    return claimed;
}

struct grant must_grant(struct fixture *fixture, int32_t attempts)
{
    struct draft draft = draft_of(&fixture->arena, "job", "TEST");
    struct claim claim = claim_of(fixture, "TEST", 1);
    struct store_claim claimed;

    draft.max_attempts = attempts;
    must_create(fixture, &draft);
    claimed = must_claim(fixture, &claim);
    assert_int_equal(claimed.count, 1);
    return claimed.grants[0];
}

struct beat {
    int64_t fence, lease_ms;
};

static enum problem beat(void *context, const struct hold *hold, bool *ret_changed, struct err *err)
{
    const struct beat *given = context;

    (void)ret_changed;
    return hold_beat(hold, given->fence, given->lease_ms, err);
}

static struct store_update run(struct fixture *fixture, struct store_update update)
{
    update.arena = &fixture->arena;
    STORE_WAIT(store_update, fixture->store, &update);
    return update;
}

struct store_update lease_beat(struct fixture *fixture, const struct uuid *id, int64_t fence,
                               int64_t lease_ms)
{
    struct beat given = {fence, lease_ms};

    return run(fixture, (struct store_update){.id = *id, .mutate = beat, .context = &given});
}

static enum problem report(void *context, const struct hold *hold, bool *ret_changed,
                           struct err *err)
{
    return hold_report(hold, context, ret_changed, err);
}

struct store_update lease_report_then(struct fixture *fixture, const struct uuid *id,
                                      struct report given, struct store_claim *then)
{
    given.event.by = user_at(9);
    return run(fixture,
               (struct store_update){.id = *id, .mutate = report, .context = &given, .then = then});
}

struct store_update lease_report(struct fixture *fixture, const struct uuid *id, int64_t fence,
                                 struct job_event event)
{
    return lease_report_then(fixture, id, (struct report){.event = event, .fence = fence}, NULL);
}

struct store_update lease_release(struct fixture *fixture, const struct uuid *id, int64_t fence,
                                  int64_t delay_ms)
{
    struct report release = {
        .event = {.kind = EVENT_RELEASE, .progress = JOB_NO_PROGRESS},
        .delay_ms = delay_ms,
        .fence = fence,
    };

    return lease_report_then(fixture, id, release, NULL);
}

static enum problem look(void *context, const struct hold *hold, bool *ret_changed, struct err *err)
{
    (void)context;
    (void)hold;
    (void)ret_changed;
    (void)err;
    return PROBLEM_NONE;
}

struct store_update lease_look(struct fixture *fixture, const struct uuid *id)
{
    struct store_update update = run(fixture, (struct store_update){.id = *id, .mutate = look});

    assert_int_equal(update.call.problem, PROBLEM_NONE);
    return update;
}

struct store_reap must_reap(struct fixture *fixture, size_t limit)
{
    struct store_reap reap = {.limit = limit};

    STORE_WAIT(store_reap, fixture->store, &reap);
    assert_int_equal(reap.call.problem, PROBLEM_NONE);
    return reap;
}

bool same_lease(const struct lease *a, const struct lease *b)
{
    return a->fence == b->fence && a->held == b->held && span_eq(a->worker, b->worker) &&
           uuid_eq(&a->account, &b->account) && a->lease_ms == b->lease_ms &&
           a->expires_at == b->expires_at && a->beat_on == b->beat_on &&
           a->progress_on == b->progress_on;
}
