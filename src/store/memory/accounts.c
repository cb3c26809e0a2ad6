/* Accounts in memory: an array sorted by name. */
#include "base/mem.h"
#include "store/account_action.h"
#include "store/memory/state.h"

void memory_accounts(struct store *store, struct store_accounts *accounts)
{
    struct memory *memory = memory_enter(store, &accounts->call);
    size_t count = memory->account_count;

    accounts->accounts = ARENA_ARRAY(accounts->arena, struct account, count);
    accounts->count = count;
    accounts->version = memory->accounts_version;
    if (accounts->accounts != NULL && count > 0)
        memcpy(accounts->accounts, memory->accounts, count * sizeof(*memory->accounts));
    memory_leave(memory, &accounts->call,
                 accounts->accounts != NULL ? PROBLEM_NONE : memory_none(&accounts->call));
}

/* Where the name is, or would have to be put. */
static size_t account_place(const struct memory *memory, const char *name, bool *ret_found)
{
    size_t i = 0;

    while (i < memory->account_count && strcmp(memory->accounts[i].name, name) < 0)
        i++;
    *ret_found = i < memory->account_count && strcmp(memory->accounts[i].name, name) == 0;
    return i;
}

static enum problem account_add(struct memory *memory, struct store_account *action, size_t place)
{
    static const struct uuid none = {{0}};
    struct account *account = &action->account;
    struct account *accounts = mem_grow(memory->accounts, &memory->account_capacity,
                                        memory->account_count + 1, sizeof(*accounts));

    if (accounts == NULL)
        return memory_none(&action->call);
    if (uuid_eq(&account->id, &none))
        account->id = uuid_random();
    if (account->created_on == 0)
        account->created_on = clock_wall_ms(memory->store.clock);
    memory->accounts = accounts;
    memmove(&accounts[place + 1], &accounts[place],
            (memory->account_count - place) * sizeof(*accounts));
    accounts[place] = *account;
    memory->account_count++;
    return PROBLEM_NONE;
}

static void account_delete(struct memory *memory, struct account *account, size_t place)
{
    struct account *accounts = memory->accounts;

    *account = accounts[place];
    memory->account_count--;
    memmove(&accounts[place], &accounts[place + 1],
            (memory->account_count - place) * sizeof(*accounts));
}

static enum problem account_locked(struct memory *memory, struct store_account *action)
{
    bool found;
    size_t place = account_place(memory, action->account.name, &found);
    enum problem problem = account_action_check(action, found, &action->call.err);

    if (problem != PROBLEM_NONE)
        return problem;
    switch (action->action) {
    case ACCOUNT_ADD:
        problem = account_add(memory, action, place);
        break;
    case ACCOUNT_CHANGE:
        account_apply(&memory->accounts[place], &action->account, action->members);
        action->account = memory->accounts[place];
        break;
    case ACCOUNT_DELETE:
        account_delete(memory, &action->account, place);
        break;
    }
    memory->accounts_version += problem == PROBLEM_NONE;
    return problem;
}

void memory_account(struct store *store, struct store_account *action)
{
    struct memory *memory = memory_enter(store, &action->call);

    memory_leave(memory, &action->call, account_locked(memory, action));
}
