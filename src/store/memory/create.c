/* Creating in memory: positions, change numbers, and keys under which a create may come again. */
#include "store/memory/state.h"

#include "base/mem.h"

#define KEY_LIFE_MS (INT64_C(24) * 60 * 60 * 1000)

/* Keeps a job that the draft became, with texts of its own. */
static bool job_keep(struct memory_job *kept, const struct job *job, const struct draft *draft,
                     struct moment now)
{
    struct lease lease = draft_lease(draft, now);

    *kept = (struct memory_job){
        .job = *job,
        .name = memory_text(job->name),
        .type = memory_text(job->type),
        .folded = memory_text(draft->name_folded),
        .message = memory_text(job->message),
        .payload_text = memory_text(draft->payload),
        .lease = lease,
        .worker = memory_text(lease.worker),
    };
    kept->job.name.ptr = kept->name;
    kept->job.type.ptr = kept->type;
    kept->job.message.ptr = kept->message;
    kept->lease.worker.ptr = kept->worker;
    kept->payload = (struct span){kept->payload_text, draft->payload.len};
    kept->name_folded = (struct span){kept->folded, draft->name_folded.len};
    if (kept->name != NULL && kept->type != NULL && kept->folded != NULL && kept->message != NULL &&
        kept->payload_text != NULL && kept->worker != NULL)
        return true;
    memory_job_release(kept);
    return false;
}

/* Behind the last one, also when the clock stands still or was set back. */
static int64_t next_position(const struct memory *memory, int64_t now)
{
    int64_t by_clock = position_at(now);
    int64_t last = memory->job_count > 0 ? memory->jobs[memory->job_count - 1].job.position : -1;

    return by_clock > last ? by_clock : last + 1;
}

static bool job_prepare(struct memory_job *kept, struct job *job, const struct draft *draft,
                        struct moment now, struct news *news)
{
    if (!job_keep(kept, job, draft, now))
        return false;
    if (news_of_job(news, NULL, &(struct hold){job, &kept->lease, now}) &&
        news_of_change(news, job->position, job->change))
        return true;
    memory_job_release(kept);
    return false;
}

/* Writes the jobs behind the last one, where they do not count yet. */
static bool jobs_prepare(struct memory *memory, struct store_create *create, struct moment now,
                         struct news *news)
{
    struct memory_job *end = &memory->jobs[memory->job_count];
    int64_t position = next_position(memory, now.wall);

    for (size_t i = 0; i < create->count; i++) {
        struct uuid id = uuid_at(position + (int64_t)i);
        create->jobs[i] = draft_job(&create->drafts[i], position + (int64_t)i, &id,
                                    memory->change + 1 + (int64_t)i);
        if (!job_prepare(&end[i], &create->jobs[i], &create->drafts[i], now, news)) {
            while (i-- > 0)
                memory_job_release(&end[i]);
            return false;
        }
    }
    return true;
}

static bool key_prepare(struct memory *memory, const struct store_create *create, int64_t now)
{
    char *text = memory_text(create->key);

    if (text == NULL)
        return false;
    memory->keys[memory->key_count] = (struct memory_key){
        .account = create->key_account,
        .text = text,
        .len = create->key.len,
        .first = memory->job_count,
        .count = create->count,
        .first_change = memory->change + 1,
        .created_on = now,
    };
    memcpy(memory->keys[memory->key_count].digest, create->key_digest, sizeof(create->key_digest));
    return true;
}

static bool reserve(struct memory *memory, size_t count)
{
    struct memory_job *jobs = mem_grow(memory->jobs, &memory->job_capacity,
                                       memory->job_count + count, sizeof(*memory->jobs));
    struct memory_key *keys =
        mem_grow(memory->keys, &memory->key_capacity, memory->key_count + 1, sizeof(*memory->keys));

    memory->jobs = jobs != NULL ? jobs : memory->jobs;
    memory->keys = keys != NULL ? keys : memory->keys;
    return jobs != NULL && keys != NULL;
}

/* All that can fail comes first; then everything counts at once. */
static enum problem create_new(struct memory *memory, struct store_create *create,
                               struct moment now, struct news *news)
{
    bool keyed = create->key.len > 0;

    create->replayed = false;
    create->jobs = ARENA_ARRAY(create->arena, struct job, create->count);
    if (create->jobs == NULL || !reserve(memory, create->count) ||
        !jobs_prepare(memory, create, now, news))
        return memory_none(&create->call);
    if (keyed && !key_prepare(memory, create, now.wall)) {
        for (size_t i = 0; i < create->count; i++)
            memory_job_release(&memory->jobs[memory->job_count + i]);
        return memory_none(&create->call);
    }
    memory->job_count += create->count;
    memory->change += (int64_t)create->count;
    memory->key_count += keyed;
    return PROBLEM_NONE;
}

static void keys_expire(struct memory *memory, int64_t now)
{
    size_t kept = 0;

    for (size_t i = 0; i < memory->key_count; i++) {
        if (now - memory->keys[i].created_on < KEY_LIFE_MS)
            memory->keys[kept++] = memory->keys[i];
        else
            mem_free(memory->keys[i].text);
    }
    memory->key_count = kept;
}

static const struct memory_key *key_of(const struct memory *memory,
                                       const struct store_create *create)
{
    for (size_t i = 0; i < memory->key_count; i++) {
        const struct memory_key *key = &memory->keys[i];
        if (uuid_eq(&key->account, &create->key_account) &&
            span_eq((struct span){key->text, key->len}, create->key))
            return key;
    }
    return NULL;
}

/* The same digest means the same drafts, and what a job is at first comes from its draft. */
static enum problem create_again(const struct memory *memory, struct store_create *create,
                                 const struct memory_key *key)
{
    if (memcmp(key->digest, create->key_digest, sizeof(key->digest)) != 0 ||
        key->count != create->count)
        return PROBLEM_IDEMPOTENCY_KEY_REUSED;
    create->jobs = ARENA_ARRAY(create->arena, struct job, create->count);
    if (create->jobs == NULL)
        return memory_none(&create->call);
    for (size_t i = 0; i < create->count; i++) {
        const struct job *first = &memory->jobs[key->first + i].job;
        create->jobs[i] = draft_job(&create->drafts[i], first->position, &first->id,
                                    key->first_change + (int64_t)i);
    }
    create->replayed = true;
    return PROBLEM_NONE;
}

static enum problem create_locked(struct memory *memory, struct store_create *create,
                                  struct news *news)
{
    struct moment now = lease_clock_now(&memory->lease_clock);
    const struct memory_key *key = NULL;

    if (create->key.len > 0) {
        keys_expire(memory, now.wall);
        key = key_of(memory, create);
    }
    return key != NULL ? create_again(memory, create, key) : create_new(memory, create, now, news);
}

void memory_create(struct store *store, struct store_create *create)
{
    struct memory *memory = memory_enter(store, &create->call);
    struct news news;

    news_init(&news);
    memory_leave_telling(memory, &create->call, create_locked(memory, create, &news), &news);
}
