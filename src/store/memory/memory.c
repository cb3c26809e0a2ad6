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

/* The name and the type stay: they never change. */
static enum problem job_replace(struct memory *memory, struct memory_job *kept,
                                struct store_update *update)
{
    char *message = memory_text(update->job.message);
    struct job job = update->job;

    update->job.message = arena_span(update->arena, update->job.message);
    if (message == NULL || update->job.message.ptr == NULL) {
        mem_free(message);
        return memory_none(&update->call);
    }
    mem_free(kept->message);
    kept->message = message;
    job.name = kept->job.name;
    job.type = kept->job.type;
    job.message.ptr = message;
    job.change = ++memory->change;
    kept->job = job;
    update->job.change = job.change;
    return PROBLEM_NONE;
}

static enum problem update_locked(struct memory *memory, struct store_update *update)
{
    struct memory_job *kept = memory_job_of(memory, &update->id);
    enum problem problem;
    struct job loaded;
    bool changed = false;

    if (kept == NULL)
        return PROBLEM_JOB_NOT_FOUND;
    if (!memory_job_copy(update->arena, &kept->job, &loaded))
        return memory_none(&update->call);
    update->job = loaded;
    problem = update->mutate(update->context, &update->job, clock_wall_ms(memory->store.clock),
                             &changed, &update->call.err);
    if (problem != PROBLEM_NONE)
        update->job = loaded;
    else if (changed)
        problem = job_replace(memory, kept, update);
    return problem;
}

static void memory_update(struct store *store, struct store_update *update)
{
    struct memory *memory = memory_enter(store, &update->call);

    memory_leave(memory, &update->call, update_locked(memory, update));
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

static bool memory_writable(struct store *store, struct err *err)
{
    (void)store;
    (void)err;
    return true;
}

static void memory_close(struct store *store)
{
    struct memory *memory = (struct memory *)store;

    for (size_t i = 0; i < memory->job_count; i++)
        memory_job_release(&memory->jobs[i]);
    for (size_t i = 0; i < memory->key_count; i++)
        mem_free(memory->keys[i].text);
    mem_free(memory->jobs);
    mem_free(memory->keys);
    mem_free(memory->accounts);
    pthread_mutex_destroy(&memory->lock);
    mem_free(memory);
}

bool memory_open(const struct store_options *options, struct store **ret_store, struct err *err)
{
    static const struct store_ops ops = {
        .get = memory_get,
        .find = memory_find,
        .accounts = memory_accounts,
        .create = memory_create,
        .update = memory_update,
        .account = memory_account,
        .accounts_version = memory_accounts_version,
        .writable = memory_writable,
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
    pthread_mutex_init(&memory->lock, NULL);
    *ret_store = &memory->store;
    return true;
}
