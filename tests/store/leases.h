/* Short ways to claim, beat, report and reap; they fail the test on an unexpected problem. */
#ifndef JOBD_TESTS_STORE_LEASES_H
#define JOBD_TESTS_STORE_LEASES_H

#include "fixture.h"

#define LEASE_MS INT64_C(60000)

/* Who claims: user 9 as the worker "worker". */
struct claimant worker_of(int64_t lease_ms);

/* For jobs of `type`, which must stay, like the claim itself, in the fixture's arena. */
struct claim claim_of(struct fixture *fixture, const char *type, size_t max);

/* Any thread; never fails a test. */
enum problem jobs_claim(struct store *store, struct arena *arena, const struct claim *claim,
                        struct store_claim *ret_claim);

struct store_claim must_claim(struct fixture *fixture, const struct claim *claim);

/* Creates a job of type TEST with so many attempts, and claims it. */
struct grant must_grant(struct fixture *fixture, int32_t attempts);

/* As the functions of hold.h; the outcome's problem is the caller's to look at. */
struct store_update lease_beat(struct fixture *fixture, const struct uuid *id, int64_t fence,
                               int64_t lease_ms);
struct store_update lease_report(struct fixture *fixture, const struct uuid *id, int64_t fence,
                                 struct job_event event);
struct store_update lease_release(struct fixture *fixture, const struct uuid *id, int64_t fence,
                                  int64_t delay_ms);

/* A report with a claim that hangs on it. */
struct store_update lease_report_then(struct fixture *fixture, const struct uuid *id,
                                      struct report given, struct store_claim *then);

/* Changes nothing. */
struct store_update lease_look(struct fixture *fixture, const struct uuid *id);

bool same_lease(const struct lease *a, const struct lease *b);

#define assert_same_lease(a, b) assert_true(same_lease((a), (b)))

struct store_reap must_reap(struct fixture *fixture, size_t limit);

#endif
