/* The throttle: an address that keeps failing to sign in waits before its next password hash. */
#include "auth/throttle.h"

#include "base/mem.h"

#include <pthread.h>
#include <sodium.h>

#define SLOTS 4096

/*
 * Generic cell rate, one number an address: the moment its debt is paid. Addresses that share a
 * slot share their debt, which a flood from many addresses would have to aim at; the key of the
 * hash is secret.
 */
struct throttle {
    unsigned char key[crypto_shorthash_KEYBYTES];
    int64_t allowance_ms; /* 0: no limit */
    pthread_mutex_t lock; /* guards paid_ms */
    int64_t paid_ms[SLOTS];
};

struct throttle *throttle_new(unsigned failures)
{
    struct throttle *throttle = mem_alloc(1, sizeof(*throttle));
    if (throttle == NULL || sodium_init() < 0) {
        mem_free(throttle);
        return NULL;
    }
    throttle->allowance_ms = (int64_t)failures * THROTTLE_PAUSE_MS;
    randombytes_buf(throttle->key, sizeof(throttle->key));
    pthread_mutex_init(&throttle->lock, NULL);
    return throttle;
}

void throttle_free(struct throttle *throttle)
{
    if (throttle == NULL)
        return;
    pthread_mutex_destroy(&throttle->lock);
    mem_free(throttle);
}

static int64_t *slot(struct throttle *throttle, struct span address)
{
    uint64_t hash = 0;
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)address.ptr, address.len,
                     throttle->key);
    return &throttle->paid_ms[hash % SLOTS];
}

bool throttle_take(struct throttle *throttle, struct span address, int64_t now_ms,
                   int64_t *ret_wait_ms)
{
    *ret_wait_ms = 0;
    if (throttle->allowance_ms == 0)
        return true;
    pthread_mutex_lock(&throttle->lock);
    int64_t *paid = slot(throttle, address);
    int64_t debt = *paid > now_ms ? *paid - now_ms : 0;
    bool free = debt + THROTTLE_PAUSE_MS <= throttle->allowance_ms;
    if (free)
        *paid = now_ms + debt + THROTTLE_PAUSE_MS;
    else
        *ret_wait_ms = debt + THROTTLE_PAUSE_MS - throttle->allowance_ms;
    pthread_mutex_unlock(&throttle->lock);
    return free;
}

void throttle_refund(struct throttle *throttle, struct span address)
{
    pthread_mutex_lock(&throttle->lock);
    *slot(throttle, address) -= THROTTLE_PAUSE_MS;
    pthread_mutex_unlock(&throttle->lock);
}
