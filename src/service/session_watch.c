/* The session watch: a list in the order of the last look, asked for in stretches of many. */
#include "service/session_watch.h"

#include "base/log.h"
#include "base/mem.h"
#include "service/outage.h"

#include <pthread.h>
#include <string.h>

/* All are asked for so often, so many at once. */
#define PACE_NS INT64_C(1000000000)
#define LOOK_MAX 256

struct session_watch {
    struct store *store;
    struct timer *timer;
    struct timer_task task;
    struct store_sessions look; /* with the two below the store's while `looking` */
    uint8_t tokens[LOOK_MAX][DIGEST_SIZE];
    bool there[LOOK_MAX];
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t looked;
    struct session_user *first, *last; /* those asked for in this round are at the end */
    unsigned round;
    int64_t round_ns; /* when it may go on */
    bool looking, stopping;
};

static void append_locked(struct session_watch *watch, struct session_user *user)
{
    user->round = watch->round;
    user->next = NULL;
    user->previous = watch->last;
    *(watch->last != NULL ? &watch->last->next : &watch->first) = user;
    watch->last = user;
}

static void remove_locked(struct session_watch *watch, struct session_user *user)
{
    *(user->previous != NULL ? &user->previous->next : &watch->first) = user->next;
    *(user->next != NULL ? &user->next->previous : &watch->last) = user->previous;
}

void session_watch_join(struct session_watch *watch, struct session_user *user)
{
    pthread_mutex_lock(&watch->lock);
    append_locked(watch, user);
    pthread_mutex_unlock(&watch->lock);
}

void session_watch_leave(struct session_watch *watch, struct session_user *user)
{
    pthread_mutex_lock(&watch->lock);
    remove_locked(watch, user);
    pthread_mutex_unlock(&watch->lock);
}

/* Who left in the meantime is not there to be told. */
static void close_locked(struct session_watch *watch, const uint8_t *token)
{
    for (struct session_user *user = watch->first; user != NULL; user = user->next)
        if (memcmp(user->token, token, DIGEST_SIZE) == 0)
            atomic_store(&user->closed, true);
}

void session_watch_closed(struct session_watch *watch, const uint8_t token[static DIGEST_SIZE])
{
    pthread_mutex_lock(&watch->lock);
    close_locked(watch, token);
    pthread_mutex_unlock(&watch->lock);
}

static void report(const struct store_call *call)
{
    if (!outage_covers(call->problem))
        log_event(LOG_WARN, "sessions not looked up", LOG_F_STR("reason", call->err.text));
}

/* The task goes on with the round, if there is more of it. */
static void looked(struct store_call *call)
{
    struct session_watch *watch = call->context;
    bool good = call->problem == PROBLEM_NONE;
    if (!good)
        report(call);
    pthread_mutex_lock(&watch->lock);
    for (size_t i = 0; good && i < watch->look.count; i++)
        if (!watch->there[i])
            close_locked(watch, watch->tokens[i]);
    watch->looking = false;
    pthread_cond_signal(&watch->looked);
    timer_wake(watch->timer);
    pthread_mutex_unlock(&watch->lock);
}

/* The next ones of the round, into the look; with fewer than there is room for it is over. */
static void take_locked(struct session_watch *watch, int64_t now)
{
    size_t count = 0;
    for (struct session_user *user = watch->first;
         user != NULL && user->round != watch->round && count < LOOK_MAX; user = watch->first) {
        memcpy(watch->tokens[count++], user->token, DIGEST_SIZE);
        remove_locked(watch, user);
        append_locked(watch, user);
    }
    if (count < LOOK_MAX) {
        watch->round++;
        watch->round_ns = now + PACE_NS;
    }
    watch->look = (struct store_sessions){.call = {.done = looked, .context = watch},
                                          .tokens = watch->tokens,
                                          .count = count,
                                          .ret_there = watch->there};
    watch->looking = count > 0;
}

/* One look at a time: a slow store is asked less often. */
static int64_t run(void *context, int64_t now)
{
    struct session_watch *watch = context;
    pthread_mutex_lock(&watch->lock);
    bool due = watch->round_ns <= now && !watch->looking && !watch->stopping;
    if (due)
        take_locked(watch, now);
    bool asks = due && watch->looking;
    int64_t next = watch->looking ? INT64_MAX : watch->round_ns;
    pthread_mutex_unlock(&watch->lock);
    if (asks)
        store_sessions(watch->store, &watch->look);
    return next;
}

void session_watch_start(struct store *store, struct timer *timer, struct session_watch **ret_watch)
{
    struct session_watch *watch = mem_need(mem_alloc(1, sizeof(*watch)));
    watch->store = store;
    watch->timer = timer;
    watch->task = (struct timer_task){.run = run, .context = watch};
    pthread_mutex_init(&watch->lock, NULL);
    pthread_cond_init(&watch->looked, NULL);
    timer_add(timer, &watch->task);
    *ret_watch = watch;
}

void session_watch_stop(struct session_watch *watch)
{
    if (watch == NULL)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->stopping = true;
    while (watch->looking)
        pthread_cond_wait(&watch->looked, &watch->lock);
    pthread_mutex_unlock(&watch->lock);
    timer_remove(watch->timer, &watch->task);
    pthread_cond_destroy(&watch->looked);
    pthread_mutex_destroy(&watch->lock);
    mem_free(watch);
}
