/* Feeds texts to cursor_open, which knows only what it sealed itself, unaltered. */
#include "fuzz.h"

#include "model/cursor.h"

/* With the other one nothing is ever sealed, so no input can open under it. */
static const uint8_t key[CURSOR_KEY_SIZE] = {7}, other[CURSOR_KEY_SIZE] = {8};

static bool opens(const uint8_t *key_of, struct query *query, struct span text,
                  struct cursor *cursor)
{
    struct err err = {0};
    query->cursor = text;
    return cursor_open(key_of, query, cursor, &err) == PROBLEM_NONE;
}

/* The first sixteen bytes are a place, what follows says which byte of its text to change, and how.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct query query = {.page_size = 1, .statuses = STATUS_MASK_ALL};
    struct cursor place, opened;
    arena_init(&arena, FUZZ_ARENA);
    MUST(!opens(other, &query, fuzz_span(data, size), &opened));
    if (size >= sizeof(place) + 2) {
        memcpy(&place, data, sizeof(place));
        struct span sealed = cursor_seal(&arena, key, &query, &place);
        MUST(opens(key, &query, sealed, &opened));
        MUST(opened.value == place.value && opened.position == place.position);
        char *altered = arena_strndup(&arena, sealed.ptr, sealed.len);
        uint8_t change = data[sizeof(place) + 1];
        altered[data[sizeof(place)] % sealed.len] ^= (char)change;
        MUST(opens(key, &query, (struct span){altered, sealed.len}, &opened) == (change == 0));
    }
    arena_release(&arena);
    return 0;
}
