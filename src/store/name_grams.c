/* The grams of names: cut by code points, hashed, each kept once. */
#include "store/name_grams.h"

#include "base/mem.h"
#include "base/scope.h"
#include "base/text.h"

#include <string.h>

/* Control characters, which no name has. */
#define WHOLE '\x01'
#define START '\x02'
#define END '\x03'
#define TYPE '\x04'
#define USER '\x05'
#define FREE INT64_MAX /* no hash is so large */

/* FNV-1a; what two grams share is only a candidate too often. */
static int64_t hash_of(struct span gram)
{
    uint32_t hash = UINT32_C(2166136261);

    for (size_t i = 0; i < gram.len; i++)
        hash = (hash ^ (unsigned char)gram.ptr[i]) * UINT32_C(16777619);
    return (int32_t)hash;
}

/* Where it is, or the free place for it; the room is a power of two. */
static size_t place_of(const struct name_grams *grams, int64_t hash)
{
    size_t at = ((uint64_t)hash * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (grams->room - 1);

    while (grams->list[at] != FREE && grams->list[at] != hash)
        at = (at + 1) & (grams->room - 1);
    return at;
}

void name_grams_clear(struct name_grams *grams)
{
    for (size_t i = 0; i < grams->room; i++)
        grams->list[i] = FREE;
    grams->count = 0;
}

static bool grow(struct name_grams *grams)
{
    struct name_grams larger = {.room = grams->room > 0 ? 2 * grams->room : 1024};

    larger.list = mem_alloc(larger.room, sizeof(*larger.list));
    if (larger.list == NULL)
        return false;
    name_grams_clear(&larger);
    for (size_t i = 0; i < grams->room; i++)
        if (grams->list[i] != FREE)
            larger.list[place_of(&larger, grams->list[i])] = grams->list[i];
    larger.count = grams->count;
    mem_free(grams->list);
    *grams = larger;
    return true;
}

static bool add(struct name_grams *grams, struct span gram)
{
    int64_t hash = hash_of(gram);
    size_t at;

    if (2 * grams->count >= grams->room && !grow(grams))
        return false;
    at = place_of(grams, hash);
    grams->count += grams->list[at] == FREE;
    grams->list[at] = hash;
    return true;
}

static size_t step(struct span text)
{
    size_t len = text_step(text);

    return len < text.len ? len : text.len;
}

/* A mark by itself would be in every name. */
static bool is_mark(struct span gram)
{
    return gram.len == 1 && (*gram.ptr == START || *gram.ptr == END);
}

/* From each code point on, the grams that begin there. */
static bool cut(struct name_grams *grams, struct span text, int longest)
{
    for (; text.len > 0; text = span_skip(text, step(text))) {
        struct span behind = text;
        for (int i = 0; i < longest && behind.len > 0; i++) {
            struct span gram;
            behind = span_skip(behind, step(behind));
            gram = (struct span){text.ptr, text.len - behind.len};
            if (!is_mark(gram) && !add(grams, gram))
                return false;
        }
    }
    return true;
}

/* A mark and a text. */
static bool put_marked(struct buf *out, char mark, struct span text)
{
    buf_add_char(out, mark);
    if (text.len > 0)
        buf_add_span(out, text);
    return !buf_failed(out);
}

bool name_grams_cut(struct name_grams *grams, struct span folded, int longest)
{
    AUTO(buf_release) struct buf text = BUF(1 << 20);

    if (!put_marked(&text, START, folded))
        return false;
    buf_add_char(&text, END);
    return !buf_failed(&text) && cut(grams, buf_span(&text), longest);
}

void name_grams_finish(struct name_grams *grams)
{
    size_t count = 0;

    for (size_t i = 0; i < grams->room; i++)
        if (grams->list[i] != FREE)
            grams->list[count++] = grams->list[i];
}

void name_grams_release(struct name_grams *grams)
{
    mem_free(grams->list);
    *grams = (struct name_grams){0};
}

/* With the marks where the match says where the name begins or ends. */
static bool put_pattern(struct buf *out, const struct query *query)
{
    if (query->match == MATCH_START || query->match == MATCH_EXACT)
        buf_add_char(out, START);
    if (query->name_folded.len > 0)
        buf_add_span(out, query->name_folded);
    if (query->match == MATCH_END || query->match == MATCH_EXACT)
        buf_add_char(out, END);
    return !buf_failed(out);
}

/* The longest grams: each has the shorter ones in it. */
size_t name_grams_ask(const struct query *query, int longest,
                      int64_t ret_grams[static NAME_GRAMS_ASKED])
{
    AUTO(buf_release) struct buf text = BUF(1 << 20);
    struct span pattern, behind;
    size_t count = 0;

    if (!put_pattern(&text, query))
        return 0;
    pattern = behind = buf_span(&text);
    for (int i = 0; i < longest && behind.len > 0; i++)
        behind = span_skip(behind, step(behind));
    for (;;) {
        ret_grams[count++] = hash_of((struct span){pattern.ptr, pattern.len - behind.len});
        if (behind.len == 0 || count == NAME_GRAMS_ASKED)
            return count;
        pattern = span_skip(pattern, step(pattern));
        behind = span_skip(behind, step(behind));
    }
}

bool name_grams_ask_word(enum name_word word, struct span bytes, int64_t *ret_gram)
{
    static const char marks[] = {
        [NAME_WORD_WHOLE] = WHOLE, [NAME_WORD_TYPE] = TYPE, [NAME_WORD_USER] = USER};
    AUTO(buf_release) struct buf text = BUF(1 << 20);

    if (!put_marked(&text, marks[word], bytes))
        return false;
    *ret_gram = hash_of(buf_span(&text));
    return true;
}
