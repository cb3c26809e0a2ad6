/* The grams of names: cut by code points, hashed, each kept once. */
#include "store/name_grams.h"

#include "base/mem.h"
#include "base/scope.h"
#include "base/text.h"

#include <string.h>

/* More grams of a long pattern hardly rule out more blocks. */
#define ASKED_MAX 24
/* Control characters, which no name has. */
#define WHOLE '\x01'
#define START '\x02'
#define END '\x03'
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

static bool grow(struct name_grams *grams)
{
    struct name_grams larger = {.room = grams->room > 0 ? 2 * grams->room : 1024};

    larger.list = mem_alloc(larger.room, sizeof(*larger.list));
    if (larger.list == NULL)
        return false;
    for (size_t i = 0; i < larger.room; i++)
        larger.list[i] = FREE;
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

/* From each code point on, the grams that begin there. */
static bool cut(struct name_grams *grams, struct span text, int longest)
{
    for (; text.len > 0; text = span_skip(text, step(text))) {
        struct span behind = text;
        for (int i = 0; i < longest && behind.len > 0; i++) {
            behind = span_skip(behind, step(behind));
            if (!add(grams, (struct span){text.ptr, text.len - behind.len}))
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

bool name_grams_add(struct name_grams *grams, struct span name, struct span folded, int longest)
{
    AUTO(buf_release) struct buf text = BUF(1 << 20);

    return put_marked(&text, WHOLE, name) && add(grams, buf_span(&text)) &&
           name_grams_cut(grams, folded, longest);
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

/* With the mark where the match says where the name begins or ends. */
static struct span pattern_of(struct arena *arena, const struct query *query)
{
    struct span folded = query->name_folded;
    char *text = arena_alloc(arena, 1, folded.len + 1);

    if (text == NULL || query->match == MATCH_ANYWHERE)
        return text == NULL ? (struct span){NULL, 0} : folded;
    memcpy(text + (query->match == MATCH_START), folded.ptr, folded.len);
    text[query->match == MATCH_START ? 0 : folded.len] = query->match == MATCH_START ? START : END;
    return (struct span){text, folded.len + 1};
}

static size_t ask_whole(struct arena *arena, struct span name, int64_t **ret_grams)
{
    AUTO(buf_release) struct buf text = BUF(1 << 20);

    *ret_grams = ARENA_ARRAY(arena, int64_t, 1);
    if (*ret_grams == NULL || !put_marked(&text, WHOLE, name)) {
        *ret_grams = NULL;
        return 0;
    }
    **ret_grams = hash_of(buf_span(&text));
    return 1;
}

/* The longest grams: each has the shorter ones in it. */
static size_t ask_pattern(struct arena *arena, const struct query *query, int longest,
                          int64_t **ret_grams)
{
    struct span pattern = pattern_of(arena, query), behind = pattern;
    int64_t *grams = ARENA_ARRAY(arena, int64_t, ASKED_MAX);
    size_t count = 0;

    *ret_grams = pattern.ptr != NULL ? grams : NULL;
    if (*ret_grams == NULL)
        return 0;
    for (int i = 0; i < longest && behind.len > 0; i++)
        behind = span_skip(behind, step(behind));
    for (;;) {
        grams[count++] = hash_of((struct span){pattern.ptr, pattern.len - behind.len});
        if (behind.len == 0 || count == ASKED_MAX)
            return count;
        pattern = span_skip(pattern, step(pattern));
        behind = span_skip(behind, step(behind));
    }
}

size_t name_grams_ask(struct arena *arena, const struct query *query, int longest,
                      int64_t **ret_grams)
{
    if (query->match == MATCH_EXACT)
        return ask_whole(arena, query->name, ret_grams);
    return ask_pattern(arena, query, longest, ret_grams);
}
