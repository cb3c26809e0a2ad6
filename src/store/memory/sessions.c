/* Sessions in memory: an array in no order. */
#include "base/mem.h"
#include "store/memory/state.h"

static struct session *find(const struct memory *memory, const uint8_t *token)
{
    for (size_t i = 0; i < memory->session_count; i++)
        if (memcmp(memory->sessions[i].token, token, DIGEST_SIZE) == 0)
            return &memory->sessions[i];
    return NULL;
}

static void drop(struct memory *memory, struct session *session)
{
    if (session != NULL)
        *session = memory->sessions[--memory->session_count];
}

static bool holds(const struct session *session, int64_t now)
{
    return session != NULL && session->expires_on > now;
}

void memory_session_get(struct store *store, struct store_session_get *get)
{
    struct memory *memory = memory_enter(store, &get->call);
    const struct session *found = find(memory, get->session.token);
    bool good = holds(found, clock_wall_ms(store->clock));

    if (good)
        get->session = *found;
    memory_leave(memory, &get->call, good ? PROBLEM_NONE : PROBLEM_NOT_AUTHENTICATED);
}

void memory_sessions(struct store *store, struct store_sessions *sessions)
{
    struct memory *memory = memory_enter(store, &sessions->call);
    int64_t now = clock_wall_ms(store->clock);

    for (size_t i = 0; i < sessions->count; i++)
        sessions->ret_there[i] = holds(find(memory, sessions->tokens[i]), now);
    memory_leave(memory, &sessions->call, PROBLEM_NONE);
}

/* Of the account; *ret_count is how many it has. */
static struct session *oldest(const struct memory *memory, const struct uuid *account,
                              size_t *ret_count)
{
    struct session *first = NULL;

    *ret_count = 0;
    for (size_t i = 0; i < memory->session_count; i++) {
        struct session *session = &memory->sessions[i];
        if (!uuid_eq(&session->account, account))
            continue;
        ++*ret_count;
        if (first == NULL || session->created_on < first->created_on)
            first = session;
    }
    return first;
}

static enum problem add(struct memory *memory, struct store_session *action)
{
    struct session *grown = mem_grow(memory->sessions, &memory->session_capacity,
                                     memory->session_count + 1, sizeof(*grown));
    struct session *old;
    size_t count;

    if (grown == NULL)
        return memory_none(&action->call);
    memory->sessions = grown;
    while ((old = oldest(memory, &action->session.account, &count)) != NULL &&
           count >= action->keep)
        drop(memory, old);
    grown[memory->session_count++] = action->session;
    return PROBLEM_NONE;
}

void memory_session(struct store *store, struct store_session *action)
{
    struct memory *memory = memory_enter(store, &action->call);
    enum problem problem = PROBLEM_NONE;

    switch (action->action) {
    case SESSION_ADD:
        problem = add(memory, action);
        break;
    case SESSION_DELETE:
        drop(memory, find(memory, action->session.token));
        break;
    }
    memory_leave(memory, &action->call, problem);
}

int64_t memory_reap_sessions(struct memory *memory, struct store_reap *reap, size_t done,
                             struct moment now)
{
    int64_t next_at = INT64_MAX;

    for (size_t i = memory->session_count; i-- > 0;) {
        int64_t at = memory->sessions[i].expires_on + now.lease - now.wall;
        if (at <= now.lease && done + reap->sessions < reap->limit) {
            drop(memory, &memory->sessions[i]);
            reap->sessions++;
        } else if (at < next_at) {
            next_at = at;
        }
    }
    return next_at;
}
