/* UUIDs: text in both directions, and the two versions we make. */
#include "base/uuid.h"

#include "base/parse.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <sys/random.h>

/* A `-` stands before the bytes 4, 6, 8 and 10. */
static bool dash_before(size_t byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

/*
 * Eight hex digits at a time, because a page of jobs has dozens of ids: the nibbles of four bytes
 * are spread over the bytes of a word, and those above nine moved on to the letters.
 */
static uint64_t digits_of(const uint8_t bytes[static 4])
{
    uint32_t number;
    uint64_t word, letters;

    memcpy(&number, bytes, sizeof(number));
    word = be32toh(number);
    word = (word | word << 16) & UINT64_C(0x0000ffff0000ffff);
    word = (word | word << 8) & UINT64_C(0x00ff00ff00ff00ff);
    word = (word | word << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    letters = (word + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
    return htobe64(word + UINT64_C(0x3030303030303030) + letters * ('a' - '0' - 10));
}

void uuid_format(const struct uuid *uuid, char ret_text[static UUID_TEXT_SIZE])
{
    char digits[32];

    for (size_t i = 0; i < 4; i++) {
        uint64_t word = digits_of(uuid->bytes + 4 * i);
        memcpy(digits + 8 * i, &word, sizeof(word));
    }
    memcpy(ret_text, digits, 8);
    memcpy(ret_text + 9, digits + 8, 4);
    memcpy(ret_text + 14, digits + 12, 4);
    memcpy(ret_text + 19, digits + 16, 4);
    memcpy(ret_text + 24, digits + 20, 12);
    ret_text[8] = ret_text[13] = ret_text[18] = ret_text[23] = '-';
    ret_text[UUID_TEXT_SIZE - 1] = '\0';
}

bool uuid_parse(struct span text, struct uuid *ret_uuid)
{
    struct uuid uuid;
    const char *in = text.ptr;

    if (text.len != UUID_TEXT_SIZE - 1)
        return false;
    for (size_t i = 0; i < sizeof(uuid.bytes); i++) {
        if (dash_before(i) && *in++ != '-')
            return false;
        int high = parse_hex_digit(*in++);
        int low = parse_hex_digit(*in++);
        if (high < 0 || low < 0)
            return false;
        uuid.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *ret_uuid = uuid;
    return true;
}

/* Requests of up to 256 bytes come whole; without randomness nothing may go on. */
static void system_random(void *bytes, size_t len)
{
    assert(len <= 256);
    if (getrandom(bytes, len, 0) != (ssize_t)len)
        abort();
}

struct uuid uuid_random(void)
{
    struct uuid uuid;

    system_random(uuid.bytes, sizeof(uuid.bytes));
    uuid.bytes[6] = (uint8_t)(0x40 | (uuid.bytes[6] & 0x0F));
    uuid.bytes[8] = (uint8_t)(0x80 | (uuid.bytes[8] & 0x3F));
    return uuid;
}

/*
 * Random bytes from a stock of the thread's own, so that most creates make no system call. A fork
 * would copy the stock and both sides would draw the same bytes: nothing here forks and goes on
 * making ids.
 */
static void stocked_random(uint8_t *bytes, size_t len)
{
    static _Thread_local uint8_t stock[256];
    static _Thread_local size_t left;

    if (left < len) {
        system_random(stock, sizeof(stock));
        left = sizeof(stock);
    }
    left -= len;
    memcpy(bytes, stock + left, len);
}

/*
 * Layout, in bits: 48 time, 4 version, 12 sequence (high), 2 variant, 8 sequence (low), 54 random.
 * Bytes 9..15 are random first, then the sequence's last two bits take the top of byte 9.
 */
struct uuid uuid_at(int64_t position)
{
    uint64_t time = (uint64_t)position >> 20;
    unsigned sequence = (unsigned)((uint64_t)position & 0xFFFFF);
    struct uuid uuid;

    assert(position >= 0);
    stocked_random(uuid.bytes + 9, 7);
    for (size_t i = 0; i < 6; i++)
        uuid.bytes[i] = (uint8_t)(time >> (40 - 8 * i));
    uuid.bytes[6] = (uint8_t)(0x70 | sequence >> 16);
    uuid.bytes[7] = (uint8_t)(sequence >> 8);
    uuid.bytes[8] = (uint8_t)(0x80 | (sequence >> 2 & 0x3F));
    uuid.bytes[9] = (uint8_t)((sequence & 3) << 6 | (uuid.bytes[9] & 0x3F));
    return uuid;
}

bool uuid_position(const struct uuid *uuid, int64_t *ret_position)
{
    const uint8_t *bytes = uuid->bytes;
    uint64_t time = 0;
    unsigned sequence;

    for (size_t i = 0; i < 6; i++)
        time = time << 8 | bytes[i];
    if (bytes[6] >> 4 != 7 || bytes[8] >> 6 != 2 || time >> 43 != 0)
        return false;
    sequence = (bytes[6] & 0x0FU) << 16 | (unsigned)bytes[7] << 8 | (bytes[8] & 0x3FU) << 2 |
               bytes[9] >> 6;
    *ret_position = (int64_t)(time << 20 | sequence);
    return true;
}
