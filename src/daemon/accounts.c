/* The accounts in memory follow those in the store, whoever changes them. */
#include "daemon/accounts.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/thread.h"
#include "base/wait.h"

#include <pthread.h>

/* Room for some hundred thousand accounts. */
#define ARENA_CEILING (128u << 20)

#define LOOK_NS INT64_C(1000000000)

struct accounts {
    struct store *store;
    struct users *users;
    int64_t version;
    pthread_t thread;
    pthread_mutex_t lock; /* guards stopping */
    pthread_cond_t stop;
    bool stopping;
};

static bool load(struct accounts *accounts, struct err *err)
{
    AUTO(arena_release) struct arena arena;
    arena_init(&arena, ARENA_CEILING);
    struct store_accounts read = {.arena = &arena};
    STORE_WAIT(store_accounts, accounts->store, &read);
    if (read.call.problem != PROBLEM_NONE)
        return err_set(err, "cannot read the accounts: %s", read.call.err.text);
    if (!users_replace(accounts->users, read.accounts, read.count))
        return err_set(err, "no memory for the accounts");
    accounts->version = read.version;
    return true;
}

static void look(struct accounts *accounts)
{
    struct err err = {0};
    int64_t version = store_accounts_version(accounts->store);
    if (version < 0 || version == accounts->version)
        return;
    if (load(accounts, &err))
        log_event(LOG_INFO, "accounts reloaded", LOG_F_INT("version", accounts->version));
    else
        log_event(LOG_WARN, "accounts not reloaded", LOG_F_STR("reason", err.text));
}

static void *follow(void *argument)
{
    struct accounts *accounts = argument;
    pthread_mutex_lock(&accounts->lock);
    while (!accounts->stopping) {
        wait_for(&accounts->stop, &accounts->lock, LOOK_NS);
        pthread_mutex_unlock(&accounts->lock);
        look(accounts);
        pthread_mutex_lock(&accounts->lock);
    }
    pthread_mutex_unlock(&accounts->lock);
    return NULL;
}

bool accounts_follow(struct store *store, struct users *users, struct accounts **ret_accounts,
                     struct err *err)
{
    struct accounts *accounts = mem_need(mem_alloc(1, sizeof(*accounts)));
    accounts->store = store;
    accounts->users = users;
    pthread_mutex_init(&accounts->lock, NULL);
    wait_init(&accounts->stop);
    if (!load(accounts, err) || !thread_start(&accounts->thread, follow, accounts, err)) {
        mem_free(accounts);
        return false;
    }
    *ret_accounts = accounts;
    return true;
}

void accounts_stop(struct accounts *accounts)
{
    if (accounts == NULL)
        return;
    thread_end(accounts->thread, &accounts->lock, &accounts->stop, &accounts->stopping);
    mem_free(accounts);
}
