/* Cursors: sealed places in a query's order, and the digest that binds them to it. */
#include "model/cursor.h"

#include "model/job.h"

#include <sodium.h>

/*
 * A cursor in bytes: version, digest of the query, value, position (each eight bytes, big-endian),
 * and over all of it a keyed BLAKE2b. Each has the same length, so that nothing is read between the
 * lines of a malformed one.
 */
enum {
    VERSION = 1,
    DIGEST_AT = 1,
    VALUE_AT = DIGEST_AT + 8,
    POSITION_AT = VALUE_AT + 8,
    MAC_AT = POSITION_AT + 8,
    MAC_SIZE = crypto_generichash_BYTES_MIN,
    RECORD_SIZE = MAC_AT + MAC_SIZE,
    TEXT_SIZE = sodium_base64_ENCODED_LEN(RECORD_SIZE, sodium_base64_VARIANT_URLSAFE_NO_PADDING),
};

_Static_assert(CURSOR_KEY_SIZE == crypto_generichash_KEYBYTES, "the store keeps keys of this size");

static void put(uint8_t *out, uint64_t value)
{
    for (int i = 7; i >= 0; i--) {
        out[i] = (uint8_t)value;
        value >>= 8;
    }
}

static uint64_t get(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void hash_number(crypto_generichash_state *state, uint64_t number)
{
    uint8_t bytes[8];
    put(bytes, number);
    crypto_generichash_update(state, bytes, sizeof(bytes));
}

/* With its length in front, so that no two lists of texts look alike. */
static void hash_text(crypto_generichash_state *state, struct span text)
{
    hash_number(state, text.len);
    if (text.len > 0)
        crypto_generichash_update(state, (const unsigned char *)text.ptr, text.len);
}

/* Matching without case looks at the folded name only; a name that folds to nothing is no filter.
 */
static void hash_name(crypto_generichash_state *state, const struct query *query)
{
    bool exact = query->match == MATCH_EXACT;
    bool filters = query->has_name && (exact || query->name_folded.len > 0);
    hash_number(state, filters);
    if (!filters)
        return;
    hash_number(state, query->match);
    hash_text(state, exact ? query->name : query->name_folded);
}

uint64_t query_digest(const struct query *query)
{
    static const unsigned char key[] = "jobd: digest of a query";
    crypto_generichash_state state;
    uint8_t digest[crypto_generichash_BYTES_MIN];

    crypto_generichash_init(&state, key, sizeof(key), sizeof(digest));
    hash_name(&state, query);
    hash_number(&state, query->statuses);
    hash_number(&state, query->type_count);
    for (size_t i = 0; i < query->type_count; i++)
        hash_text(&state, query->types[i]);
    hash_number(&state, query->has_user);
    if (query->has_user)
        crypto_generichash_update(&state, query->user.bytes, sizeof(query->user.bytes));
    hash_number(&state, query->order);
    hash_number(&state, query->ascending);
    crypto_generichash_final(&state, digest, sizeof(digest));
    return get(digest);
}

static int64_t order_value(const struct query *query, const struct job *job)
{
    switch (query->order) {
    case ORDER_START_DATE:
        return job->started_on;
    case ORDER_END_DATE:
        return job->ended_on;
    case ORDER_STATE:
        return (int64_t)status_state(job->status);
    case ORDER_RESULT:
        return (int64_t)status_result(job->status);
    case ORDER_CREATED:
    case ORDER_NAME:
    case ORDER_TYPE:
        break;
    }
    return 0;
}

struct cursor cursor_at(const struct query *query, const struct job *job)
{
    return (struct cursor){.value = order_value(query, job), .position = job->position};
}

static void seal(const uint8_t *key, const uint8_t record[static MAC_AT],
                 uint8_t ret_mac[static MAC_SIZE])
{
    crypto_generichash(ret_mac, MAC_SIZE, record, MAC_AT, key, CURSOR_KEY_SIZE);
}

static void encode(const uint8_t record[static RECORD_SIZE], char ret_text[static TEXT_SIZE])
{
    sodium_bin2base64(ret_text, TEXT_SIZE, record, RECORD_SIZE,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

struct span cursor_seal(struct arena *arena, const uint8_t key[static CURSOR_KEY_SIZE],
                        const struct query *query, const struct cursor *cursor)
{
    uint8_t record[RECORD_SIZE] = {VERSION};
    char *text = arena_alloc(arena, TEXT_SIZE, 1);
    if (text == NULL)
        return (struct span){0};
    put(record + DIGEST_AT, query_digest(query));
    put(record + VALUE_AT, (uint64_t)cursor->value);
    put(record + POSITION_AT, (uint64_t)cursor->position);
    seal(key, record, record + MAC_AT);
    encode(record, text);
    return (struct span){text, TEXT_SIZE - 1};
}

/* Only the one text made of a record is taken: to sodium every byte from 128 on is a `_`. */
static bool decode(struct span text, uint8_t ret_record[static RECORD_SIZE])
{
    char canonical[TEXT_SIZE];
    size_t len;
    if (text.len != TEXT_SIZE - 1 ||
        sodium_base642bin(ret_record, RECORD_SIZE, text.ptr, text.len, NULL, &len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        len != RECORD_SIZE)
        return false;
    encode(ret_record, canonical);
    return memcmp(canonical, text.ptr, text.len) == 0;
}

static bool is_ours(const uint8_t *key, const uint8_t record[static RECORD_SIZE])
{
    uint8_t mac[MAC_SIZE];
    seal(key, record, mac);
    return sodium_memcmp(mac, record + MAC_AT, sizeof(mac)) == 0 && record[0] == VERSION;
}

enum problem cursor_open(const uint8_t key[static CURSOR_KEY_SIZE], const struct query *query,
                         struct cursor *ret_cursor, struct err *err)
{
    uint8_t record[RECORD_SIZE];
    if (!decode(query->cursor, record) || !is_ours(key, record)) {
        err_set(err, "The cursor is not one this server gave out.");
        return PROBLEM_INVALID_CURSOR;
    }
    if (get(record + DIGEST_AT) != query_digest(query)) {
        err_set(err, "The cursor belongs to other filters or to another order.");
        return PROBLEM_INVALID_CURSOR;
    }
    *ret_cursor = (struct cursor){
        .value = (int64_t)get(record + VALUE_AT),
        .position = (int64_t)get(record + POSITION_AT),
    };
    return PROBLEM_NONE;
}
