/* Parameters: numbers in network order, texts and bytes as they are, arrays with their headers. */
#include "store/postgres/params.h"

#include <arpa/inet.h>
#include <assert.h>
#include <endian.h>
#include <string.h>

/* PostgreSQL's own numbers of its types; they never change. */
enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_TEXT = 25, OID_UUID = 2950 };
static const struct {
    unsigned array, element;
} arrays[] = {
    [PG_BOOLS] = {1000, OID_BOOL}, [PG_BYTES] = {1001, OID_BYTEA}, [PG_NUMBERS] = {1016, OID_INT8},
    [PG_TEXTS] = {1009, OID_TEXT}, [PG_UUIDS] = {2951, OID_UUID},
};

#define BINARY 1

static void add(struct pg_params *params, unsigned type, const void *value, size_t len)
{
    int i = params->count++;

    assert(i < PG_PARAMS_MAX);
    params->types[i] = type;
    params->values[i] = value;
    params->lengths[i] = (int)len;
    params->formats[i] = BINARY;
}

void param_number(struct pg_params *params, int64_t number)
{
    unsigned char *place = params->numbers[params->count];
    uint64_t bits = htobe64((uint64_t)number);

    memcpy(place, &bits, sizeof(bits));
    add(params, OID_INT8, place, sizeof(bits));
}

void param_optional(struct pg_params *params, int64_t number, int64_t absent)
{
    if (number == absent)
        add(params, OID_INT8, NULL, 0);
    else
        param_number(params, number);
}

void param_bool(struct pg_params *params, bool value)
{
    unsigned char *place = params->numbers[params->count];

    *place = value;
    add(params, OID_BOOL, place, 1);
}

void param_text(struct pg_params *params, struct span text)
{
    add(params, OID_TEXT, text.ptr != NULL ? text.ptr : "", text.len);
}

void param_optional_text(struct pg_params *params, struct span text)
{
    add(params, OID_TEXT, text.len > 0 ? text.ptr : NULL, text.len);
}

void param_bytes(struct pg_params *params, struct span bytes)
{
    add(params, OID_BYTEA, bytes.ptr != NULL ? bytes.ptr : "", bytes.len);
}

void param_uuid(struct pg_params *params, const struct uuid *uuid)
{
    add(params, OID_UUID, uuid->bytes, sizeof(uuid->bytes));
}

/* An array on the wire: dimensions, whether there are NULLs, the type, and for each dimension its
 * length and lower bound; then each element behind its length. */
struct writing {
    unsigned char *at;
};

static void put32(struct writing *writing, size_t number)
{
    uint32_t bits = htonl((uint32_t)number);

    memcpy(writing->at, &bits, sizeof(bits));
    writing->at += sizeof(bits);
}

#define HEADER_SIZE 20

/* Room for an array whose elements take `size` bytes in all, their lengths included. */
static bool begin(struct pg_params *params, struct arena *arena, enum pg_array type, size_t count,
                  size_t size, struct writing *ret_writing)
{
    unsigned char *bytes = arena_alloc(arena, 1, HEADER_SIZE + size);

    if (bytes == NULL) {
        params->failed = true;
        return false;
    }
    ret_writing->at = bytes;
    put32(ret_writing, 1);
    put32(ret_writing, 0);
    put32(ret_writing, arrays[type].element);
    put32(ret_writing, count);
    put32(ret_writing, 1);
    add(params, arrays[type].array, bytes, HEADER_SIZE + size);
    return true;
}

void param_numbers(struct pg_params *params, struct arena *arena, const int64_t *numbers,
                   size_t count)
{
    struct writing writing;

    if (!begin(params, arena, PG_NUMBERS, count, count * 12, &writing))
        return;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = htobe64((uint64_t)numbers[i]);
        put32(&writing, sizeof(bits));
        memcpy(writing.at, &bits, sizeof(bits));
        writing.at += sizeof(bits);
    }
}

/* NULL where ptr is. */
static void put(struct writing *writing, struct span element)
{
    put32(writing, element.ptr != NULL ? element.len : UINT32_MAX);
    if (element.ptr == NULL || element.len == 0)
        return;
    memcpy(writing->at, element.ptr, element.len);
    writing->at += element.len;
}

void param_array(struct pg_params *params, struct arena *arena, enum pg_array type,
                 const struct span *elements, size_t count)
{
    struct writing writing;
    size_t size = 0;

    for (size_t i = 0; i < count; i++)
        size += 4 + elements[i].len;
    if (!begin(params, arena, type, count, size, &writing))
        return;
    for (size_t i = 0; i < count; i++)
        put(&writing, elements[i]);
}

void param_texts(struct pg_params *params, struct arena *arena, const struct span *texts,
                 size_t count)
{
    struct writing writing;
    size_t size = 0;

    for (size_t i = 0; i < count; i++)
        size += 4 + texts[i].len;
    if (!begin(params, arena, PG_TEXTS, count, size, &writing))
        return;
    for (size_t i = 0; i < count; i++)
        put(&writing, (struct span){texts[i].len > 0 ? texts[i].ptr : "", texts[i].len});
}
