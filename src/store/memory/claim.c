/* Claims in memory: the best of all jobs in one pass, and request ids that grant the same again. */
#include "store/memory/state.h"

#include "base/mem.h"
#include "model/type_list.h"

#define REQUEST_LIFE_MS (INT64_C(10) * 60 * 1000)

/* The best so far, best first. */
struct best {
    struct memory_job *jobs[CLAIM_JOBS_MAX];
    size_t count, max;
};

/* Older ones came before, and stay in front of those with the same priority. */
static void best_add(struct best *best, struct memory_job *kept)
{
    size_t place = best->count;

    while (place > 0 && best->jobs[place - 1]->job.priority < kept->job.priority)
        place--;
    if (place == best->max)
        return;
    if (best->count < best->max)
        best->count++;
    for (size_t i = best->count - 1; i > place; i--)
        best->jobs[i] = best->jobs[i - 1];
    best->jobs[place] = kept;
}

static void best_find(struct memory *memory, const struct claim *claim, int64_t passed_over,
                      struct best *best)
{
    size_t place;

    *best = (struct best){.max = claim->max < CLAIM_JOBS_MAX ? claim->max : CLAIM_JOBS_MAX};
    for (size_t i = 0; i < memory->job_count; i++) {
        struct memory_job *kept = &memory->jobs[i];
        if (job_is_ready(&kept->job) && kept->job.position != passed_over &&
            type_list_find(claim->types, claim->type_count, kept->job.type, &place))
            best_add(best, kept);
    }
}

static bool grant_fill(struct store_claim *claim, const struct memory_job *kept, struct moment now)
{
    struct grant *grant = &claim->grants[claim->count];

    grant->payload = arena_span(claim->arena, kept->payload);
    grant->fence = kept->lease.fence;
    grant->expires_on = lease_expires_on(&kept->lease, now);
    return memory_job_copy(claim->arena, &kept->job, &grant->job) && grant->payload.ptr != NULL;
}

/* What can fail comes first; a job that was granted cannot fail to be handed out. */
static bool grant_new(struct memory *memory, struct store_claim *claim, struct memory_job *kept,
                      struct moment now, struct news *news)
{
    struct grant *grant = &claim->grants[claim->count];
    struct lease lease = kept->lease;
    struct hold hold = {&grant->job, &lease, now};

    if (!grant_fill(claim, kept, now) ||
        hold_claim(&hold, &claim->claim->by, NULL) != PROBLEM_NONE ||
        !memory_job_replace(memory, kept, &hold, true, news))
        return false;
    grant->fence = lease.fence;
    grant->expires_on = lease_expires_on(&lease, now);
    claim->count++;
    return true;
}

static bool request_is(const struct memory_request *request, const struct claim *claim)
{
    return uuid_eq(&request->account, &claim->by.account) &&
           span_eq((struct span){request->text, request->len}, claim->request_id);
}

static void requests_expire(struct memory *memory, struct moment now)
{
    size_t kept = 0;

    for (size_t i = 0; i < memory->request_count; i++) {
        if (now.lease - memory->requests[i].granted_at < REQUEST_LIFE_MS)
            memory->requests[kept++] = memory->requests[i];
        else
            mem_free(memory->requests[i].text);
    }
    memory->request_count = kept;
}

/* Before the job is granted; counts once it is. */
static bool request_prepare(struct memory *memory, const struct claim *claim)
{
    struct memory_request *grown = mem_grow(memory->requests, &memory->request_capacity,
                                            memory->request_count + 1, sizeof(*grown));
    char *text = memory_text(claim->request_id);

    memory->requests = grown != NULL ? grown : memory->requests;
    if (grown == NULL || text == NULL) {
        mem_free(text);
        return false;
    }
    grown[memory->request_count] = (struct memory_request){
        .account = claim->by.account, .text = text, .len = claim->request_id.len};
    return true;
}

static bool grant_keyed(struct memory *memory, struct store_claim *claim, struct memory_job *kept,
                        struct moment now, struct news *news)
{
    struct memory_request *request;

    if (!request_prepare(memory, claim->claim))
        return false;
    request = &memory->requests[memory->request_count];
    if (!grant_new(memory, claim, kept, now, news)) {
        mem_free(request->text);
        return false;
    }
    request->position = kept->job.position;
    request->fence = kept->lease.fence;
    request->granted_at = now.lease;
    memory->request_count++;
    return true;
}

/* Where memory is short, fewer jobs are better than none for ever. */
static enum problem grant_all(struct memory *memory, struct store_claim *claim, struct moment now,
                              struct news *news)
{
    bool keyed = claim->claim->request_id.len > 0;
    struct best best;

    best_find(memory, claim->claim, claim->passed_over, &best);
    for (size_t i = 0; i < best.count; i++) {
        bool granted = keyed ? grant_keyed(memory, claim, best.jobs[i], now, news)
                             : grant_new(memory, claim, best.jobs[i], now, news);
        if (!granted)
            return i > 0 ? PROBLEM_NONE : memory_none(&claim->call);
    }
    return PROBLEM_NONE;
}

/* Whether the request id is known; then what is still held is granted. */
static enum problem grant_again(struct memory *memory, struct store_claim *claim, struct moment now,
                                bool *ret_known)
{
    *ret_known = false;
    if (claim->claim->request_id.len == 0)
        return PROBLEM_NONE;
    requests_expire(memory, now);
    for (size_t i = 0; i < memory->request_count; i++) {
        const struct memory_request *request = &memory->requests[i];
        const struct memory_job *kept;
        if (!request_is(request, claim->claim))
            continue;
        *ret_known = true;
        kept = memory_job_at(memory, request->position);
        if (!kept->lease.held || kept->lease.fence != request->fence)
            continue;
        if (!grant_fill(claim, kept, now))
            return memory_none(&claim->call);
        claim->count++;
    }
    return PROBLEM_NONE;
}

enum problem memory_claim_locked(struct memory *memory, struct store_claim *claim,
                                 struct news *news)
{
    struct moment now = lease_clock_now(&memory->lease_clock);
    enum problem problem;
    bool known;

    claim->count = 0;
    if (claim->grants == NULL)
        claim->grants = ARENA_ARRAY(claim->arena, struct grant, CLAIM_JOBS_MAX);
    if (claim->grants == NULL)
        return memory_none(&claim->call);
    problem = grant_again(memory, claim, now, &known);
    return problem != PROBLEM_NONE || known ? problem : grant_all(memory, claim, now, news);
}

void memory_claim(struct store *store, struct store_claim *claim)
{
    struct memory *memory = memory_enter(store, &claim->call);
    struct news news;

    news_init(&news);
    memory_leave_telling(memory, &claim->call, memory_claim_locked(memory, claim, &news), &news);
}
