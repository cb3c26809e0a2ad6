/* The store's front: opens a backend by its URL, passes calls on, and waits for answers. */
#include "store/store.h"

#include "base/span.h"
#include "store/memory/memory.h"
#include "store/postgres/postgres.h"
#include "store/sqlite/sqlite.h"

#include <assert.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SQLITE_SCHEME "sqlite:"

static bool open_backend(const char *url, const struct store_options *options,
                         struct store **ret_store, struct err *err)
{
    struct span text = span_of(url);

    if (span_is(text, "memory:"))
        return memory_open(options, ret_store, err);
    if (span_starts(text, SQLITE_SCHEME))
        return sqlite_open(url + sizeof(SQLITE_SCHEME) - 1, options, ret_store, err);
    if (span_starts(text, "postgresql://") || span_starts(text, "postgres://"))
        return postgres_open(url, options, ret_store, err);
    char name[STORE_NAME_SIZE];
    store_name(url, name);
    return err_set(err, "A store is sqlite:PATH, postgresql://… or memory:, not '%s'.", name);
}

bool store_open(const char *url, const struct store_options *options, struct store **ret_store,
                struct err *err)
{
    char name[STORE_NAME_SIZE];
    struct store *store = NULL;

    if (!open_backend(url, options, &store, err))
        return false;
    assert(store != NULL);
    if (store->unfinished && !options->move) {
        store_close(store);
        store_name(url, name);
        return err_set(err,
                       "Another store has been moved into %s only in part: run jobd move again, "
                       "which goes on where it stopped.",
                       name);
    }
    *ret_store = store;
    return true;
}

/*
 * Where libpq finds an @ before any slash, all before it is a name and a password, question marks
 * too; otherwise such a mark begins the options. Where it could be either, nothing is told.
 */
static struct span public_part(const char *rest)
{
    size_t len = strcspn(rest, "?");
    const char *user = memrchr(rest, '@', len);

    if (user != NULL)
        return (struct span){user + 1, (size_t)(rest + len - user - 1)};
    if (memchr(rest, '/', len) == NULL && strchr(rest + len, '@') != NULL)
        return (struct span){"", 0};
    return (struct span){rest, len};
}

void store_name(const char *url, char ret_name[static STORE_NAME_SIZE])
{
    const char *scheme = strstr(url, "://");
    struct span part;

    if (span_starts(span_of(url), SQLITE_SCHEME) || strchr(url, ':') == NULL) {
        snprintf(ret_name, STORE_NAME_SIZE, "%s", url);
        return;
    }
    /* With a slash too few it may still be meant for a database's; `memory:` stays as it is. */
    if (scheme == NULL) {
        int shown = (int)strcspn(url, ":") + 1;
        snprintf(ret_name, STORE_NAME_SIZE, "%.*s%s", shown, url, url[shown] != '\0' ? "…" : "");
        return;
    }
    part = public_part(scheme + strlen("://"));
    snprintf(ret_name, STORE_NAME_SIZE, "%.*s://%.*s", (int)(scheme - url), url, (int)part.len,
             part.ptr);
}

void store_close(struct store *store)
{
    if (store != NULL)
        store->ops->close(store);
}

void store_get(struct store *store, struct store_get *get)
{
    store->ops->get(store, get);
}

void store_detail(struct store *store, struct store_detail *detail)
{
    store->ops->detail(store, detail);
}

void store_find(struct store *store, struct store_find *find)
{
    store->ops->find(store, find);
}

void store_summary(struct store *store, struct store_summary *summary)
{
    store->ops->summary(store, summary);
}

void store_statistics(struct store *store, struct store_statistics *statistics)
{
    store->ops->statistics(store, statistics);
}

void store_stalled(struct store *store, struct store_stalled *stalled)
{
    store->ops->stalled(store, stalled);
}

void store_changes(struct store *store, struct store_changes *changes)
{
    store->ops->changes(store, changes);
}

void store_accounts(struct store *store, struct store_accounts *accounts)
{
    store->ops->accounts(store, accounts);
}

void store_create(struct store *store, struct store_create *create)
{
    store->ops->create(store, create);
}

void store_update(struct store *store, struct store_update *update)
{
    struct store_claim *then = update->then;

    if (then != NULL && !uuid_position(&update->id, &then->passed_over))
        then->passed_over = 0;
    store->ops->update(store, update);
}

void store_account(struct store *store, struct store_account *account)
{
    store->ops->account(store, account);
}

void store_append(struct store *store, struct store_append *append)
{
    store->ops->append(store, append);
}

void store_output(struct store *store, struct store_output *output)
{
    store->ops->output(store, output);
}

void store_claim(struct store *store, struct store_claim *claim)
{
    claim->passed_over = 0;
    store->ops->claim(store, claim);
}

void store_reap(struct store *store, struct store_reap *reap)
{
    store->ops->reap(store, reap);
}

void store_session_get(struct store *store, struct store_session_get *get)
{
    store->ops->session_get(store, get);
}

void store_sessions(struct store *store, struct store_sessions *sessions)
{
    store->ops->sessions(store, sessions);
}

void store_session(struct store *store, struct store_session *session)
{
    store->ops->session(store, session);
}

void store_probe(struct store *store, struct store_probe *probe)
{
    store->ops->probe(store, probe);
}

void store_export(struct store *store, struct store_export *export)
{
    store->ops->export(store, export);
}

void store_import(struct store *store, struct store_import *import)
{
    store->ops->import(store, import);
}

void store_observe(struct store *store, struct store_observer *observer)
{
    store->ops->observe(store, observer);
}

void store_unobserve(struct store *store, struct store_observer *observer)
{
    store->ops->unobserve(store, observer);
}

int64_t store_accounts_version(struct store *store)
{
    return store->ops->accounts_version(store);
}

/* Of store_waiter.finished. */
enum { WAITER_OPEN, WAITER_ASLEEP, WAITER_FINISHED };

static void wake_waiter(struct store_call *call)
{
    struct store_waiter *waiter = call->context;

    /*
     * Nothing of the waiter may be touched after it is finished, for it lies on the stack of a
     * thread that goes on then: the futex call only needs its address, and to wake an address
     * where nobody sleeps does no harm.
     */
    if (atomic_exchange_explicit(&waiter->finished, WAITER_FINISHED, memory_order_acq_rel) ==
        WAITER_ASLEEP)
        syscall(SYS_futex, &waiter->finished, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void store_waiter_init(struct store_waiter *waiter, struct store_call *call)
{
    atomic_init(&waiter->finished, WAITER_OPEN);
    call->done = wake_waiter;
    call->context = waiter;
}

void store_waiter_wait(struct store_waiter *waiter)
{
    int open = WAITER_OPEN;

    if (!atomic_compare_exchange_strong_explicit(&waiter->finished, &open, WAITER_ASLEEP,
                                                 memory_order_acq_rel, memory_order_acquire))
        return;
    while (atomic_load_explicit(&waiter->finished, memory_order_acquire) != WAITER_FINISHED)
        syscall(SYS_futex, &waiter->finished, FUTEX_WAIT_PRIVATE, WAITER_ASLEEP, NULL, NULL, 0);
}
