/* Job bits: chunks of postings are the offsets in a block, or where that is less, its bits. */
#include "store/postgres/names/job_bits.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

#define WORDS (JOB_BLOCK / 64)

/* As bits, more offsets than these take few more bytes, and far less time. */
#define LISTED_MAX (JOB_BLOCK / 16)

/* What stands for the number of offsets where there are bits. */
#define AS_BITS 0

bool job_bits_init(struct job_bits *bits, int64_t first, size_t blocks)
{
    *bits = (struct job_bits){mem_alloc(blocks + 1, WORDS * sizeof(uint64_t)), first, blocks};
    return bits->words != NULL;
}

void job_bits_release(struct job_bits *bits)
{
    mem_free(bits->words);
    *bits = (struct job_bits){0};
}

static size_t word_count(const struct job_bits *bits)
{
    return bits->blocks * WORDS;
}

void job_bits_clear(struct job_bits *bits)
{
    memset(bits->words, 0, word_count(bits) * sizeof(uint64_t));
}

void job_bits_fill(struct job_bits *bits)
{
    memset(bits->words, 0xFF, word_count(bits) * sizeof(uint64_t));
}

static bool are_alike(const struct job_bits *a, const struct job_bits *b)
{
    return a->first == b->first && a->blocks == b->blocks;
}

void job_bits_join(struct job_bits *bits, const struct job_bits *other)
{
    assert(are_alike(bits, other));
    for (size_t i = 0; i < word_count(bits); i++)
        bits->words[i] |= other->words[i];
}

size_t job_bits_count(const struct job_bits *bits)
{
    return job_bits_count_both(bits, bits);
}

/* Most machines can count the bits of a word at once, but are not asked to where nobody says so. */
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&                \
    !defined(__SANITIZE_THREAD__)
#define COUNTS __attribute__((target_clones("popcnt", "default")))
#else
#define COUNTS
#endif

COUNTS size_t job_bits_meet(struct job_bits *bits, const struct job_bits *other)
{
    size_t count = 0;

    assert(are_alike(bits, other));
    for (size_t i = 0; i < word_count(bits); i++) {
        bits->words[i] &= other->words[i];
        count += (size_t)__builtin_popcountll(bits->words[i]);
    }
    return count;
}

COUNTS size_t job_bits_count_both(const struct job_bits *bits, const struct job_bits *other)
{
    size_t count = 0;

    assert(are_alike(bits, other));
    for (size_t i = 0; i < word_count(bits); i++)
        count += (size_t)__builtin_popcountll(bits->words[i] & other->words[i]);
    return count;
}

static int64_t end_block(const struct job_bits *bits)
{
    return bits->first + (int64_t)bits->blocks;
}

bool job_bits_any(const struct job_bits *bits, int64_t first, int64_t end)
{
    return job_bits_next(bits, first * JOB_BLOCK, end * JOB_BLOCK) >= 0;
}

static uint64_t *word_of(const struct job_bits *bits, int64_t ordinal)
{
    int64_t offset = ordinal - bits->first * JOB_BLOCK;

    assert(offset >= 0 && (size_t)offset < bits->blocks * JOB_BLOCK);
    return &bits->words[offset / 64];
}

static uint64_t mask_of(int64_t ordinal)
{
    return UINT64_C(1) << (ordinal % 64);
}

void job_bits_add(struct job_bits *bits, int64_t ordinal)
{
    *word_of(bits, ordinal) |= mask_of(ordinal);
}

void job_bits_drop(struct job_bits *bits, int64_t ordinal)
{
    *word_of(bits, ordinal) &= ~mask_of(ordinal);
}

/* `other` are the words of a set of the same blocks, those of `bits` itself perhaps. */
static int64_t last_below(const struct job_bits *bits, const uint64_t *other, int64_t below)
{
    int64_t base = bits->first * JOB_BLOCK, limit = end_block(bits) * JOB_BLOCK, word;
    uint64_t rest;

    below = below < limit ? below : limit;
    if (below <= base)
        return -1;
    word = (below - 1 - base) / 64;
    rest = bits->words[word] & other[word] & (UINT64_MAX >> (63 - (below - 1 - base) % 64));
    for (; rest == 0 && word > 0; word--)
        rest = bits->words[word - 1] & other[word - 1];
    return rest == 0 ? -1 : base + word * 64 + 63 - __builtin_clzll(rest);
}

int64_t job_bits_before(const struct job_bits *bits, int64_t below)
{
    return last_below(bits, bits->words, below);
}

int64_t job_bits_before_both(const struct job_bits *bits, const struct job_bits *other,
                             int64_t below)
{
    assert(are_alike(bits, other));
    return last_below(bits, other->words, below);
}

int64_t job_bits_next(const struct job_bits *bits, int64_t from, int64_t end)
{
    int64_t base = bits->first * JOB_BLOCK, limit = end_block(bits) * JOB_BLOCK, word, at;
    uint64_t rest;

    from = from > base ? from : base;
    end = end < limit ? end : limit;
    if (from >= end)
        return -1;
    word = (from - base) / 64;
    rest = bits->words[word] & (UINT64_MAX << (from - base) % 64);
    while (rest == 0 && base + (word + 1) * 64 < end)
        rest = bits->words[++word];
    at = base + word * 64 + (rest != 0 ? __builtin_ctzll(rest) : 64);
    return at < end ? at : -1;
}

/* Seven bits a byte, the lowest first; all but the last have the highest bit set. */
static void put(struct buf *out, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        buf_add_char(out, (char)(number | 0x80));
    buf_add_char(out, (char)number);
}

static void put_bits(struct buf *out, const int64_t *ordinals, size_t count)
{
    unsigned char bits[JOB_BLOCK / 8] = {0};

    for (size_t i = 0; i < count; i++) {
        int64_t offset = ordinals[i] % JOB_BLOCK;
        bits[offset / 8] = (unsigned char)(bits[offset / 8] | 1u << offset % 8);
    }
    put(out, AS_BITS);
    buf_add_span(out, (struct span){(const char *)bits, sizeof(bits)});
}

static void put_list(struct buf *out, const int64_t *ordinals, size_t count)
{
    int64_t before = 0;

    put(out, count);
    for (size_t i = 0; i < count; i++) {
        put(out, (uint64_t)(ordinals[i] % JOB_BLOCK - before));
        before = ordinals[i] % JOB_BLOCK;
    }
}

void job_posting_add(struct buf *out, const int64_t *ordinals, size_t count)
{
    assert(count > 0 && count <= JOB_BLOCK);
    put(out, (uint64_t)(ordinals[0] / JOB_BLOCK));
    if (count > LISTED_MAX)
        put_bits(out, ordinals, count);
    else
        put_list(out, ordinals, count);
}

void job_posting_add_bits(struct buf *out, const struct job_bits *bits)
{
    int64_t ordinals[JOB_BLOCK];

    for (int64_t block = bits->first; block < end_block(bits); block++) {
        int64_t end = (block + 1) * JOB_BLOCK, at = job_bits_next(bits, block * JOB_BLOCK, end);
        size_t count = 0;
        for (; at >= 0; at = job_bits_next(bits, at + 1, end))
            ordinals[count++] = at;
        if (count > 0)
            job_posting_add(out, ordinals, count);
    }
}

/* A posting while it is read. */
struct reader {
    const unsigned char *at, *end;
};

static inline bool get(struct reader *reader, uint64_t *ret_number)
{
    uint64_t number = 0;

    for (unsigned shift = 0; reader->at < reader->end && shift < 64; shift += 7) {
        unsigned char byte = *reader->at++;
        number |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *ret_number = number;
            return true;
        }
    }
    return false;
}

/* `words` are the block's, or NULL where it is none of the set's. */
static bool get_bits(struct reader *reader, uint64_t *words)
{
    uint64_t bits[WORDS];

    if ((size_t)(reader->end - reader->at) < sizeof(bits))
        return false;
    memcpy(bits, reader->at, sizeof(bits)); /* bytes are in the order of numbers here */
    reader->at += sizeof(bits);
    for (size_t i = 0; i < WORDS && words != NULL; i++)
        words[i] |= bits[i];
    return true;
}

static bool get_list(struct reader *reader, uint64_t count, uint64_t *words)
{
    const unsigned char *at = reader->at;
    uint64_t none[WORDS] = {0}, offset = 0;

    words = words != NULL ? words : none;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t step;
        if (at == reader->end)
            return false;
        step = *at++;
        if (step >= 0x80) { /* two bytes tell any offset */
            if (at == reader->end || *at >= 0x80)
                return false;
            step = (step & 0x7F) | (uint64_t)*at++ << 7;
        }
        offset += step;
        if (offset >= JOB_BLOCK || (step == 0 && i > 0))
            return false;
        words[offset / 64] |= UINT64_C(1) << offset % 64;
    }
    reader->at = at;
    return true;
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a block's bytes are its words");

bool job_posting_read(struct span posting, struct job_bits *bits)
{
    struct reader reader = {(const unsigned char *)posting.ptr,
                            (const unsigned char *)posting.ptr + posting.len};
    uint64_t block, count;

    while (reader.at < reader.end) {
        uint64_t *words = NULL;
        if (!get(&reader, &block) || !get(&reader, &count))
            return false;
        if (block >= (uint64_t)bits->first && block - (uint64_t)bits->first < bits->blocks)
            words = bits->words + (block - (uint64_t)bits->first) * WORDS;
        if (!(count == AS_BITS ? get_bits(&reader, words) : get_list(&reader, count, words)))
            return false;
    }
    return true;
}
