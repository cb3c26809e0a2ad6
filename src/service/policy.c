/* Who may do what, and what they are told when they may not. */
#include "service/policy.h"

enum problem policy_write(const struct account *caller, struct err *err)
{
    if (account_may_create(caller))
        return PROBLEM_NONE;
    err_set(err, "The role %s may only read.", role_name(caller->role));
    return PROBLEM_FORBIDDEN;
}

enum problem policy_claim(const struct account *caller, struct err *err)
{
    if (account_may_claim(caller))
        return PROBLEM_NONE;
    err_set(err, "The role %s may not claim jobs.", role_name(caller->role));
    return PROBLEM_FORBIDDEN;
}

enum problem policy_create_for(const struct account *caller, const struct uuid *user,
                               struct err *err)
{
    if (uuid_eq(user, &caller->id) || account_may_create_for_others(caller))
        return PROBLEM_NONE;
    err_set(err, "The role %s may not create jobs for another user.", role_name(caller->role));
    return PROBLEM_FORBIDDEN;
}

enum problem policy_report(const struct account *caller, const struct job *job, struct err *err)
{
    if (account_may_report(caller, &job->user, &job->created_by))
        return PROBLEM_NONE;
    err_set(err, "The job belongs to another user; only its user, its creator or an "
                 "administrator may report on it.");
    return PROBLEM_JOB_NOT_OWNED;
}

enum problem policy_hold(const struct account *caller, const struct hold *hold, int64_t fence,
                         struct err *err)
{
    if (fence != LEASE_NO_FENCE || hold->lease->held)
        return PROBLEM_NONE;
    return policy_report(caller, hold->job, err);
}

enum problem policy_delete(const struct account *caller, const struct job *job, struct err *err)
{
    if (account_may_delete(caller, &job->user))
        return PROBLEM_NONE;
    err_set(err, "The job belongs to another user; only that user or an administrator may "
                 "delete it.");
    return PROBLEM_JOB_NOT_OWNED;
}
