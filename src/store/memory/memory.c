/* The store in memory: arrays behind one mutex, simple enough to compare other backends with. */
#include "store/memory/memory.h"

#include "base/mem.h"
#include "store/memory/state.h"

#include <sys/random.h>

static enum problem get_locked(struct memory *memory, struct store_get *get)
{
    const struct memory_job *found = memory_job_of(memory, &get->id);

    if (found == NULL)
        return PROBLEM_JOB_NOT_FOUND;
    if (!memory_job_copy(get->arena, &found->job, &get->job))
        return memory_none(&get->call);
    return PROBLEM_NONE;
}

static void memory_get(struct store *store, struct store_get *get)
{
    struct memory *memory = memory_enter(store, &get->call);

    memory_leave(memory, &get->call, get_locked(memory, get));
}

static enum problem detail_locked(struct memory *memory, struct store_detail *detail)
{
    const struct memory_job *found = memory_job_of(memory, &detail->id);

    if (found == NULL)
        return PROBLEM_JOB_NOT_FOUND;
    detail->now = lease_clock_now(&memory->lease_clock);
    detail->output_size = found->output_size;
    if (!memory_held_copy(detail->arena, found, &detail->job, &detail->lease))
        return memory_none(&detail->call);
    return PROBLEM_NONE;
}

static void memory_detail(struct store *store, struct store_detail *detail)
{
    struct memory *memory = memory_enter(store, &detail->call);

    memory_leave(memory, &detail->call, detail_locked(memory, detail));
}

static void memory_observe(struct store *store, struct store_observer *observer)
{
    observed_add(&((struct memory *)store)->observed, observer);
}

static void memory_unobserve(struct store *store, struct store_observer *observer)
{
    observed_remove(&((struct memory *)store)->observed, observer);
}

static int64_t memory_accounts_version(struct store *store)
{
    struct memory *memory = (struct memory *)store;
    int64_t version;

    pthread_mutex_lock(&memory->lock);
    version = memory->accounts_version;
    pthread_mutex_unlock(&memory->lock);
    return version;
}

static void memory_probe(struct store *store, struct store_probe *probe)
{
    memory_leave(memory_enter(store, &probe->call), &probe->call, PROBLEM_NONE);
}

/* Nobody moves what is not kept anywhere. */
static enum problem not_movable(struct store_call *call)
{
    err_set(&call->err, "A store in memory cannot be moved.");
    return PROBLEM_INVALID_REQUEST;
}

static void memory_export(struct store *store, struct store_export *export)
{
    memory_leave(memory_enter(store, &export->call), &export->call, not_movable(&export->call));
}

static void memory_import(struct store *store, struct store_import *import)
{
    memory_leave(memory_enter(store, &import->call), &import->call, not_movable(&import->call));
}

static void memory_close(struct store *store)
{
    struct memory *memory = (struct memory *)store;

    for (size_t i = 0; i < memory->job_count; i++)
        memory_job_release(&memory->jobs[i]);
    for (size_t i = 0; i < memory->key_count; i++)
        mem_free(memory->keys[i].text);
    for (size_t i = 0; i < memory->request_count; i++)
        mem_free(memory->requests[i].text);
    mem_free(memory->jobs);
    mem_free(memory->requests);
    mem_free(memory->keys);
    mem_free(memory->accounts);
    mem_free(memory->sessions);
    observed_release(&memory->observed);
    pthread_mutex_destroy(&memory->lock);
    mem_free(memory);
}

bool memory_open(const struct store_options *options, struct store **ret_store, struct err *err)
{
    static const struct store_ops ops = {
        .get = memory_get,
        .detail = memory_detail,
        .find = memory_find,
        .summary = memory_summary,
        .statistics = memory_statistics,
        .stalled = memory_stalled,
        .changes = memory_changes,
        .accounts = memory_accounts,
        .create = memory_create,
        .update = memory_update,
        .account = memory_account,
        .append = memory_append,
        .output = memory_output,
        .claim = memory_claim,
        .reap = memory_reap,
        .session_get = memory_session_get,
        .sessions = memory_sessions,
        .session = memory_session,
        .probe = memory_probe,
        .export = memory_export,
        .import = memory_import,
        .observe = memory_observe,
        .unobserve = memory_unobserve,
        .accounts_version = memory_accounts_version,
        .close = memory_close,
    };
    struct memory *memory = mem_alloc(1, sizeof(*memory));

    if (memory == NULL)
        return err_set(err, "There is not enough memory.");
    memory->store.ops = &ops;
    memory->store.clock = options->clock != NULL ? options->clock : &clock_system;
    if (getrandom(memory->store.cursor_key, CURSOR_KEY_SIZE, 0) != CURSOR_KEY_SIZE) {
        mem_free(memory);
        return err_set(err, "The system gives no random bytes.");
    }
    memory->lease_clock = lease_clock_open(memory->store.clock, 0);
    observed_init(&memory->observed);
    pthread_mutex_init(&memory->lock, NULL);
    *ret_store = &memory->store;
    return true;
}
