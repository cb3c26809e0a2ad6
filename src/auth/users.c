/* The users: a snapshot of all accounts in memory, replaced as a whole when one changes. */
#include "auth/users.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Two orders over the same accounts, each for a binary search. */
struct users {
    pthread_rwlock_t lock;
    struct account *accounts; /* by name */
    const struct account **by_id;
    size_t count;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct account *)a)->name, ((const struct account *)b)->name);
}

static int compare_ids(const void *a, const void *b)
{
    const struct account *const *left = a, *const *right = b;
    return memcmp((*left)->id.bytes, (*right)->id.bytes, sizeof((*left)->id.bytes));
}

struct users *users_new(void)
{
    struct users *users = mem_alloc(1, sizeof(*users));
    if (users != NULL)
        pthread_rwlock_init(&users->lock, NULL);
    return users;
}

void users_free(struct users *users)
{
    if (users == NULL)
        return;
    pthread_rwlock_destroy(&users->lock);
    mem_free(users->accounts);
    mem_free(users->by_id);
    mem_free(users);
}

bool users_replace(struct users *users, const struct account *accounts, size_t count)
{
    struct account *copies = mem_alloc(count + 1, sizeof(*copies));
    const struct account **by_id = mem_alloc(count + 1, sizeof(*by_id));
    if (copies == NULL || by_id == NULL) {
        mem_free(copies);
        mem_free(by_id);
        return false;
    }
    if (count > 0)
        memcpy(copies, accounts, count * sizeof(*copies));
    qsort(copies, count, sizeof(*copies), compare_names);
    for (size_t i = 0; i < count; i++)
        by_id[i] = &copies[i];
    qsort(by_id, count, sizeof(*by_id), compare_ids);

    pthread_rwlock_wrlock(&users->lock);
    struct account *old = users->accounts;
    const struct account **old_by_id = users->by_id;
    users->accounts = copies;
    users->by_id = by_id;
    users->count = count;
    pthread_rwlock_unlock(&users->lock);
    mem_free(old);
    mem_free(old_by_id);
    return true;
}

static bool copy_out(const struct account *found, struct account *ret_account)
{
    if (found != NULL)
        *ret_account = *found;
    return found != NULL;
}

bool users_by_name(struct users *users, struct span name, struct account *ret_account)
{
    struct account key = {0};
    if (name.len == 0 || name.len > ACCOUNT_NAME_MAX || memchr(name.ptr, '\0', name.len) != NULL)
        return false;
    memcpy(key.name, name.ptr, name.len);
    pthread_rwlock_rdlock(&users->lock);
    bool found = users->count > 0 &&
                 copy_out(bsearch(&key, users->accounts, users->count, sizeof(key), compare_names),
                          ret_account);
    pthread_rwlock_unlock(&users->lock);
    return found;
}

bool users_by_id(struct users *users, const struct uuid *id, struct account *ret_account)
{
    const struct account key = {.id = *id}, *wanted = &key;
    pthread_rwlock_rdlock(&users->lock);
    const struct account **at = users->count == 0 ? NULL
                                                  : bsearch(&wanted, users->by_id, users->count,
                                                            sizeof(wanted), compare_ids);
    bool found = at != NULL && copy_out(*at, ret_account);
    pthread_rwlock_unlock(&users->lock);
    return found;
}

void users_each(struct users *users, void (*visit)(void *context, const struct account *account),
                void *context)
{
    pthread_rwlock_rdlock(&users->lock);
    for (size_t i = 0; i < users->count; i++)
        visit(context, &users->accounts[i]);
    pthread_rwlock_unlock(&users->lock);
}
