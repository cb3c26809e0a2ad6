/* Trace context: traceparent in and out, and ids from a seeded counter. */
#include "base/trace.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

static struct {
    pthread_once_t once;
    uint64_t seeds[3];
    _Atomic uint64_t count;
} source = {.once = PTHREAD_ONCE_INIT};

static void seed(void)
{
    if (getrandom(source.seeds, sizeof(source.seeds), 0) != (ssize_t)sizeof(source.seeds))
        abort();
}

/* The splitmix64 step: a bijection, so that different counts of one seed never give the same id. */
static uint64_t mix(uint64_t seed_value, uint64_t count)
{
    uint64_t z = seed_value + count * UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    /* All zeros is no valid id. */
    return z != 0 ? z : 1;
}

static void put_hex(char text[static 16], uint64_t value)
{
    for (size_t i = 0; i < 16; i++)
        text[i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
}

/* Lower-case hex only, as the recommendation says. */
static bool is_hex(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        if (!(byte >= '0' && byte <= '9') && !(byte >= 'a' && byte <= 'f'))
            return false;
    }
    return true;
}

static bool is_id(struct span text)
{
    size_t zeros = 0;

    while (zeros < text.len && text.ptr[zeros] == '0')
        zeros++;
    return zeros < text.len && is_hex(text);
}

/*
 * A later version may append fields after a further dash; version 00 has none, and ff is forbidden.
 */
static bool version_fits(struct span header)
{
    struct span version = {header.ptr, 2};

    if (!is_hex(version) || span_is(version, "ff"))
        return false;
    if (span_is(version, "00"))
        return header.len == TRACE_PARENT_SIZE - 1;
    return header.len == TRACE_PARENT_SIZE - 1 || header.ptr[TRACE_PARENT_SIZE - 1] == '-';
}

/* Offsets within `version-trace_id-parent_id-flags`. */
enum { TRACE_AT = 3, PARENT_AT = 36, FLAGS_AT = 53 };

static bool parent_fits(struct span header)
{
    if (header.len < TRACE_PARENT_SIZE - 1 || !version_fits(header))
        return false;
    if (header.ptr[TRACE_AT - 1] != '-' || header.ptr[PARENT_AT - 1] != '-' ||
        header.ptr[FLAGS_AT - 1] != '-')
        return false;
    return is_id((struct span){header.ptr + TRACE_AT, 32}) &&
           is_id((struct span){header.ptr + PARENT_AT, 16}) &&
           is_hex((struct span){header.ptr + FLAGS_AT, 2});
}

void trace_start(struct trace *trace, struct span traceparent)
{
    uint64_t count;

    pthread_once(&source.once, seed);
    count = atomic_fetch_add_explicit(&source.count, 1, memory_order_relaxed);
    *trace = (struct trace){0};
    put_hex(trace->span_id, mix(source.seeds[0], count));
    if (parent_fits(traceparent)) {
        memcpy(trace->trace_id, traceparent.ptr + TRACE_AT, 32);
        memcpy(trace->parent_id, traceparent.ptr + PARENT_AT, 16);
        return;
    }
    put_hex(trace->trace_id, mix(source.seeds[1], count));
    put_hex(trace->trace_id + 16, mix(source.seeds[2], count));
}

void trace_parent(const struct trace *trace, char ret_text[static TRACE_PARENT_SIZE])
{
    /* Flag 01, sampled: every span of ours is in the log. */
    memcpy(ret_text, "00-00000000000000000000000000000000-0000000000000000-01", TRACE_PARENT_SIZE);
    memcpy(ret_text + TRACE_AT, trace->trace_id, 32);
    memcpy(ret_text + PARENT_AT, trace->span_id, 16);
}
