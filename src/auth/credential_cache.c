/* Verified credentials, remembered briefly, so that a polling client costs no password hashes. */
#include "auth/credential_cache.h"

#include "base/mem.h"

#include <pthread.h>
#include <sodium.h>

#define SETS 1024
#define WAYS 4
#define DIGEST 32

/* Only the keyed hash of the header is kept, so memory that leaks reveals no password. */
struct entry {
    unsigned char digest[DIGEST];
    struct credential credential;
};

struct credential_cache {
    unsigned char key[crypto_generichash_KEYBYTES];
    unsigned char proof_key[crypto_shorthash_KEYBYTES];
    pthread_mutex_t lock; /* guards entries */
    struct entry entries[SETS][WAYS];
};

struct credential_cache *credential_cache_new(void)
{
    struct credential_cache *cache = mem_alloc(1, sizeof(*cache));
    if (cache == NULL || sodium_init() < 0) {
        mem_free(cache);
        return NULL;
    }
    randombytes_buf(cache->key, sizeof(cache->key));
    randombytes_buf(cache->proof_key, sizeof(cache->proof_key));
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void credential_cache_free(struct credential_cache *cache)
{
    if (cache == NULL)
        return;
    pthread_mutex_destroy(&cache->lock);
    sodium_memzero(cache, sizeof(*cache));
    mem_free(cache);
}

uint64_t credential_proof(struct credential_cache *cache, const struct account *account)
{
    uint64_t proof = 0;
    crypto_shorthash((unsigned char *)&proof, (const unsigned char *)account->hash,
                     strlen(account->hash), cache->proof_key);
    return proof != 0 ? proof : 1;
}

static struct entry *digest_set(struct credential_cache *cache, struct span header,
                                unsigned char digest[static DIGEST])
{
    uint16_t set = 0;
    crypto_generichash(digest, DIGEST, (const unsigned char *)header.ptr, header.len, cache->key,
                       sizeof(cache->key));
    memcpy(&set, digest, sizeof(set));
    return cache->entries[set % SETS];
}

bool credential_cache_find(struct credential_cache *cache, struct span header, int64_t now_ms,
                           struct credential *ret_credential)
{
    unsigned char digest[DIGEST];
    const struct entry *set = digest_set(cache, header, digest);
    bool found = false;
    pthread_mutex_lock(&cache->lock);
    for (int way = 0; way < WAYS && !found; way++) {
        found = set[way].credential.expires_ms > now_ms &&
                sodium_memcmp(set[way].digest, digest, DIGEST) == 0;
        if (found)
            *ret_credential = set[way].credential;
    }
    pthread_mutex_unlock(&cache->lock);
    return found;
}

void credential_cache_add(struct credential_cache *cache, struct span header,
                          const struct credential *credential)
{
    struct entry fresh = {.credential = *credential};
    struct entry *set = digest_set(cache, header, fresh.digest);
    pthread_mutex_lock(&cache->lock);
    struct entry *victim = &set[0];
    for (int way = 0; way < WAYS; way++) {
        if (memcmp(set[way].digest, fresh.digest, DIGEST) == 0) {
            victim = &set[way];
            break;
        }
        if (set[way].credential.expires_ms < victim->credential.expires_ms)
            victim = &set[way];
    }
    *victim = fresh;
    pthread_mutex_unlock(&cache->lock);
}

void credential_cache_forget(struct credential_cache *cache, struct span header)
{
    unsigned char digest[DIGEST];
    struct entry *set = digest_set(cache, header, digest);
    pthread_mutex_lock(&cache->lock);
    for (int way = 0; way < WAYS; way++)
        if (memcmp(set[way].digest, digest, DIGEST) == 0)
            set[way] = (struct entry){0};
    pthread_mutex_unlock(&cache->lock);
}
