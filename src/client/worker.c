/* A worker: made, run until it is told to stop, and taken apart. */
#include "client/worker.h"

#include "base/mem.h"
#include "base/scope.h"
#include "base/thread.h"
#include "base/wait.h"
#include "client/settings.h"
#include "model/claim.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define ARENA_CEILING (1u << 20)
#define SLOTS_MAX 1000
/* A heartbeat that hangs must leave time for another one. */
#define BEAT_TIMEOUT_MIN_MS 2000
#define BEAT_TIMEOUT_MAX_MS 10000

void worker_warn(struct jobd_worker *worker, const char *format, ...)
{
    char text[sizeof(worker->error.text) + 128];
    va_list args;
    if (worker->options.warn == NULL)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    worker->options.warn(worker->options.context, text);
}

/* True when that is news. */
static bool set_away(struct jobd_worker *worker, bool away)
{
    pthread_mutex_lock(&worker->lock);
    bool ends = worker->stopping || worker->closing;
    bool news = worker->away != away && !(away && ends);
    worker->away = away;
    pthread_mutex_unlock(&worker->lock);
    return news;
}

void worker_on_away(struct jobd_worker *worker, const struct jobd_error *error)
{
    if (set_away(worker, true))
        worker_warn(worker, "%s; trying again until it is there", error->text);
}

void worker_on_reached(struct jobd_worker *worker)
{
    if (set_away(worker, false))
        worker_warn(worker, "%s is there again", client_url(worker->claims));
}

int64_t worker_beat_interval(const struct jobd_worker *worker)
{
    return worker->options.lease_seconds * SECOND / 3;
}

int64_t worker_longest_pause(const struct jobd_worker *worker)
{
    int64_t interval = worker_beat_interval(worker);
    return interval < WORKER_PAUSE_MAX ? interval : WORKER_PAUSE_MAX;
}

void worker_pause(struct jobd_worker *worker, struct backoff *backoff,
                  const struct jobd_error *error)
{
    worker_on_away(worker, error);
    int64_t until = worker_now() + backoff_pause(backoff, error, worker_longest_pause(worker));
    pthread_mutex_lock(&worker->lock);
    for (int64_t left; !worker->draining && (left = until - worker_now()) > 0;)
        wait_for(&worker->changed, &worker->lock, left);
    pthread_mutex_unlock(&worker->lock);
}

struct jobd_claim worker_claim_under(const struct jobd_worker *worker, const char *request_id)
{
    return (struct jobd_claim){
        .types = worker->options.types,
        .worker_id = worker->options.worker_id,
        .lease_seconds = worker->options.lease_seconds,
        .request_id = request_id,
    };
}

/* Copies the types; false without memory. */
static bool copy_types(struct jobd_worker *worker)
{
    const char *const *given = worker->options.types;
    size_t count = 0;
    while (given[count] != NULL)
        count++;
    const char **types = ARENA_ARRAY(&worker->arena, const char *, count + 1);
    for (size_t i = 0; types != NULL && i < count; i++) {
        types[i] = arena_strdup(&worker->arena, given[i]);
        if (types[i] == NULL)
            return false;
    }
    worker->options.types = types;
    return types != NULL;
}

static bool set_id(struct jobd_worker *worker)
{
    char name[PROCESS_NAME_SIZE];
    const char *id = worker->options.worker_id;
    client_name_process(name);
    worker->options.worker_id = arena_strdup(&worker->arena, id != NULL ? id : name);
    return worker->options.worker_id != NULL;
}

static bool options_check(const struct jobd_worker_options *options, struct jobd_error *error)
{
    if (options->types == NULL || options->types[0] == NULL || options->run == NULL)
        return client_fail(error, 400, "a worker needs types and a function to run");
    if (options->slots < 0 || options->slots > SLOTS_MAX)
        return client_fail(error, 400, "a worker has 1 to %d slots", SLOTS_MAX);
    if (options->lease_seconds != 0 &&
        (options->lease_seconds < LEASE_SECONDS_MIN || options->lease_seconds > LEASE_SECONDS_MAX))
        return client_fail(error, 400, "a lease lasts %d to %d seconds", LEASE_SECONDS_MIN,
                           LEASE_SECONDS_MAX);
    return true;
}

static bool copy_options(struct jobd_worker *worker, const struct jobd_worker_options *options,
                         struct jobd_error *error)
{
    worker->options = *options;
    if (options->slots == 0)
        worker->options.slots = 1;
    if (options->lease_seconds == 0)
        worker->options.lease_seconds = LEASE_SECONDS_DEFAULT;
    return (copy_types(worker) && set_id(worker)) || client_fail(error, 0, "no memory");
}

static bool open_slots(struct jobd_worker *worker, const struct jobd_settings *settings,
                       struct jobd_error *error)
{
    size_t count = (size_t)worker->options.slots;
    worker->runs = mem_alloc(count, sizeof(*worker->runs));
    if (worker->runs == NULL)
        return client_fail(error, 0, "no memory for %zu slots", count);
    for (size_t i = 0; i < count; i++)
        worker->runs[i] = (struct jobd_run){.worker = worker, .stop_fd = -1, .deadline = INT64_MAX};
    for (size_t i = 0; i < count; i++) {
        struct jobd_run *run = &worker->runs[i];
        run->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (run->stop_fd < 0)
            return client_fail(error, 0, "cannot open so many descriptors");
        if (!jobd_open(settings, &run->client, error))
            return false;
    }
    return true;
}

static bool open_clients(struct jobd_worker *worker, const struct jobd_settings *settings,
                         struct jobd_error *error)
{
    struct jobd_settings hasty = *settings;
    int64_t third_ms = worker_beat_interval(worker) * 1000 / SECOND;
    hasty.timeout_ms = (long)(third_ms < BEAT_TIMEOUT_MAX_MS ? third_ms : BEAT_TIMEOUT_MAX_MS);
    if (hasty.timeout_ms < BEAT_TIMEOUT_MIN_MS)
        hasty.timeout_ms = BEAT_TIMEOUT_MIN_MS;
    return jobd_open(settings, &worker->claims, error) &&
           jobd_open(&hasty, &worker->beats, error) && jobd_open(settings, &worker->tells, error) &&
           open_slots(worker, settings, error);
}

/* Settings are looked for once, whatever number of clients they are for. */
static bool open_all(struct jobd_worker *worker, const struct jobd_settings *settings,
                     struct jobd_error *error)
{
    struct jobd_settings found = {0};
    struct err err = {0};
    AUTO(arena_release) struct arena arena;
    arena_init(&arena, ARENA_CEILING);
    if (settings == NULL && !settings_load(&arena, &found, &err))
        return client_fail(error, 400, "%s", err.text);
    worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (worker->wake_fd < 0)
        return client_fail(error, 0, "cannot open a descriptor");
    return open_clients(worker, settings != NULL ? settings : &found, error);
}

bool jobd_worker_open(const struct jobd_settings *settings,
                      const struct jobd_worker_options *options, struct jobd_worker **ret_worker,
                      struct jobd_error *error)
{
    if (!options_check(options, error))
        return false;
    struct jobd_worker *worker = mem_alloc(1, sizeof(*worker));
    if (worker == NULL)
        return client_fail(error, 0, "no memory for a worker");
    worker->wake_fd = -1;
    arena_init(&worker->arena, ARENA_CEILING);
    pthread_mutex_init(&worker->lock, NULL);
    wait_init(&worker->changed);
    wait_init(&worker->to_beat);
    wait_init(&worker->to_tell);
    if (!copy_options(worker, options, error) || !open_all(worker, settings, error)) {
        jobd_worker_close(worker);
        return false;
    }
    *ret_worker = worker;
    return true;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

void jobd_worker_close(struct jobd_worker *worker)
{
    if (worker == NULL)
        return;
    for (int i = 0; worker->runs != NULL && i < worker->options.slots; i++) {
        jobd_close(worker->runs[i].client);
        close_fd(worker->runs[i].stop_fd);
    }
    mem_free(worker->runs);
    jobd_close(worker->claims);
    jobd_close(worker->beats);
    jobd_close(worker->tells);
    close_fd(worker->wake_fd);
    pthread_cond_destroy(&worker->changed);
    pthread_cond_destroy(&worker->to_beat);
    pthread_cond_destroy(&worker->to_tell);
    pthread_mutex_destroy(&worker->lock);
    arena_release(&worker->arena);
    mem_free(worker);
}

/* Nothing but what a signal handler may do. */
static void raise_level(struct jobd_worker *worker, int level)
{
    const uint64_t one = 1;
    int saved = errno, seen = atomic_load(&worker->level);
    while (seen < level && !atomic_compare_exchange_weak(&worker->level, &seen, level))
        ;
    if (write(worker->wake_fd, &one, sizeof(one)) < 0)
        errno = saved; /* it is full: then it wakes as well */
    errno = saved;
}

void jobd_worker_drain(struct jobd_worker *worker)
{
    raise_level(worker, WORKER_DRAINS);
}

void jobd_worker_stop(struct jobd_worker *worker)
{
    raise_level(worker, WORKER_STOPS);
}

static void stop_all(struct jobd_worker *worker)
{
    worker->stopping = true;
    for (int i = 0; i < worker->options.slots; i++) {
        struct jobd_run *run = &worker->runs[i];
        if (run_is_held(run))
            run_stop(run, JOBD_STOP_WORKER);
        if (run->ending)
            run_hurry(run);
    }
}

/* A claim that waits is cut short; the claimer then asks what it may have been granted. */
static void follow_level(struct jobd_worker *worker)
{
    int level = atomic_load(&worker->level);
    pthread_mutex_lock(&worker->lock);
    if (level >= WORKER_DRAINS && !worker->draining) {
        worker->draining = true;
        client_set_deadline(worker->claims, worker_now());
    }
    if (level >= WORKER_STOPS && !worker->stopping)
        stop_all(worker);
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}

static bool is_done(struct jobd_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    bool done = worker->done;
    pthread_mutex_unlock(&worker->lock);
    return done;
}

static void await_done(struct jobd_worker *worker)
{
    struct pollfd fd = {.fd = worker->wake_fd, .events = POLLIN};
    uint64_t count;
    while (!is_done(worker)) {
        if (poll(&fd, 1, -1) > 0 && read(worker->wake_fd, &count, sizeof(count)) > 0)
            follow_level(worker);
    }
}

/* How many of the threads were started; they are joined in the same order. */
struct threads {
    struct jobd_worker *worker;
    int started;
};

static pthread_t *thread_at(struct jobd_worker *worker, int index, void *(**ret_main)(void *),
                            void **ret_argument)
{
    struct {
        pthread_t *thread;
        void *(*main)(void *);
    } ours[] = {{&worker->beater, worker_beater},
                {&worker->teller, worker_teller},
                {&worker->claimer, worker_claimer}};
    int slots = worker->options.slots;
    if (index < slots) {
        *ret_main = worker_slot;
        *ret_argument = &worker->runs[index];
        return &worker->runs[index].thread;
    }
    *ret_main = ours[index - slots].main;
    *ret_argument = worker;
    return ours[index - slots].thread;
}

#define OTHER_THREADS 3

static bool start_threads(struct threads *threads)
{
    struct jobd_worker *worker = threads->worker;
    int count = worker->options.slots + OTHER_THREADS;
    bool good = true;
    while (good && threads->started < count) {
        void *(*main)(void *), *argument;
        pthread_t *thread = thread_at(worker, threads->started, &main, &argument);
        good = thread_start(thread, main, argument, NULL);
        threads->started += good;
    }
    return good;
}

static void join_threads(struct threads *threads)
{
    struct jobd_worker *worker = threads->worker;
    pthread_mutex_lock(&worker->lock);
    worker->draining = worker->closing = true;
    client_set_deadline(worker->beats, worker_now());
    client_set_deadline(worker->tells, worker_now());
    pthread_cond_broadcast(&worker->changed);
    pthread_cond_broadcast(&worker->to_beat);
    pthread_cond_broadcast(&worker->to_tell);
    pthread_mutex_unlock(&worker->lock);
    for (int i = 0; i < threads->started; i++) {
        void *(*main)(void *), *argument;
        pthread_join(*thread_at(worker, i, &main, &argument), NULL);
    }
}

bool jobd_worker_run(struct jobd_worker *worker, struct jobd_error *error)
{
    struct threads threads = {worker, 0};
    bool started = start_threads(&threads);
    if (started)
        await_done(worker);
    join_threads(&threads);
    if (!started)
        return client_fail(error, 0, "cannot start so many threads");
    if (worker->failed && error != NULL)
        *error = worker->error;
    return !worker->failed;
}
