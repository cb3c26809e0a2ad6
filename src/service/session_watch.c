/* Session watches: whether the session is still there under which something lasts. */
#include "service/session_watch.h"

#include "base/mem.h"
#include "base/scope.h"
#include "service/sessions.h"

#include <stdatomic.h>
#include <string.h>

struct session_watch {
    struct service *service;
    uint8_t token[DIGEST_SIZE];
    struct store_session_get get; /* the store's while it is asked */
    atomic_bool asked, gone;
    atomic_int holders; /* the owner, and the store while it is asked */
};

struct session_watch *session_watch_new(struct service *service,
                                        const uint8_t token[static DIGEST_SIZE])
{
    struct session_watch *watch = mem_alloc(1, sizeof(*watch));
    if (watch == NULL)
        return NULL;
    watch->service = service;
    memcpy(watch->token, token, DIGEST_SIZE);
    atomic_init(&watch->holders, 1);
    return watch;
}

static void let_go(struct session_watch *watch)
{
    if (atomic_fetch_sub(&watch->holders, 1) == 1)
        mem_free(watch);
}

void session_watch_free(struct session_watch *watch)
{
    if (watch != NULL)
        let_go(watch);
}

/* A store that cannot answer ends nothing. */
static void looked_up(struct store_call *call)
{
    struct session_watch *watch = CONTAINER_OF(call, struct session_watch, get.call);
    if (call->problem == PROBLEM_NOT_AUTHENTICATED)
        atomic_store(&watch->gone, true);
    atomic_store(&watch->asked, false);
    let_go(watch);
}

void session_watch_look(struct session_watch *watch)
{
    if (atomic_exchange(&watch->asked, true))
        return;
    atomic_fetch_add(&watch->holders, 1);
    watch->get.call = (struct store_call){.done = looked_up};
    memcpy(watch->get.session.token, watch->token, DIGEST_SIZE);
    store_session_get(watch->service->store, &watch->get);
}

bool session_watch_is_over(const struct session_watch *watch)
{
    return atomic_load(&watch->gone) ||
           sessions_were_closed(watch->service->sessions, watch->token);
}
