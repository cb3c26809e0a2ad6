/* Reaping in memory: all jobs are looked at, in the order of their age. */
#include "store/memory/state.h"

#include "store/jitter.h"

/* When the lease or the delay is over by the lease clock; INT64_MAX: there is none. */
static int64_t due_of(const struct memory_job *kept, struct moment now)
{
    if (kept->lease.held)
        return kept->lease.expires_at;
    return job_is_delayed(&kept->job) ? job_ready_at(&kept->job, now) : INT64_MAX;
}

static bool expire(struct memory *memory, struct memory_job *kept, struct store_reap *reap,
                   struct moment now, struct news *news)
{
    struct job job = kept->job;
    struct lease lease = kept->lease;
    struct hold hold = {&job, &lease, now};
    bool changed = false;

    if (lease_clock_spare(memory->lease_clock.opened_at, &lease, now))
        return memory_job_replace(memory, kept, &hold, false, news);
    changed = hold_expire(&hold, jitter_bits());
    if (!memory_job_replace(memory, kept, &hold, changed, news))
        return false;
    reap->expired++;
    return true;
}

static bool make_ready(struct memory_job *kept, struct store_reap *reap, struct moment now,
                       struct news *news)
{
    struct job ready = kept->job;

    ready.run_after = JOB_NO_TIME;
    if (!news_of_job(news, NULL, &(struct hold){&ready, &kept->lease, now}))
        return false;
    kept->job.run_after = JOB_NO_TIME;
    reap->readied++;
    return true;
}

/* Each change counts by itself, so what is done stays done, and is told, when memory ends. */
static enum problem reap_locked(struct memory *memory, struct store_reap *reap, struct news *news)
{
    struct moment now = lease_clock_now(&memory->lease_clock);
    int64_t next_at = INT64_MAX, at;
    size_t done = 0;

    reap->expired = reap->readied = reap->sessions = 0;
    for (size_t i = 0; i < memory->job_count; i++) {
        struct memory_job *kept = &memory->jobs[i];
        if (due_of(kept, now) <= now.lease && done < reap->limit) {
            bool good = kept->lease.held ? expire(memory, kept, reap, now, news)
                                         : make_ready(kept, reap, now, news);
            if (!good && done == 0)
                return memory_none(&reap->call);
            if (!good) {
                next_at = now.lease;
                break;
            }
            done++;
        }
        at = due_of(kept, now);
        next_at = at < next_at ? at : next_at;
    }
    at = memory_reap_sessions(memory, reap, done, now);
    next_at = at < next_at ? at : next_at;
    reap->more = next_at <= now.lease;
    observed_reap_ends(&memory->observed, reap, next_at, now);
    return PROBLEM_NONE;
}

void memory_reap(struct store *store, struct store_reap *reap)
{
    struct memory *memory = (struct memory *)store;
    struct news news;

    news_init(&news);
    observed_reap_begins(&memory->observed);
    memory_enter(store, &reap->call);
    memory_leave_telling(memory, &reap->call, reap_locked(memory, reap, &news), &news);
}
