/* What the tests of the model share: assertions on spans, an arena for each test, and the tree. */
#ifndef JOBD_TESTS_UNIT_MODEL_TEST_H
#define JOBD_TESTS_UNIT_MODEL_TEST_H

#include "base/arena.h"
#include "base/scope.h"
#include "base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Compares as C strings, so that a failure shows both. */
#define assert_span(actual, expected)                                                              \
    do {                                                                                           \
        AUTO(arena_release) struct arena arena_;                                                   \
        arena_init(&arena_, SIZE_MAX);                                                             \
        struct span actual_ = (actual);                                                            \
        assert_string_equal(arena_strndup(&arena_, actual_.ptr, actual_.len), (expected));         \
        assert_int_equal(actual_.len, strlen(expected));                                           \
    } while (0)

/* Whether the sentence holds `part`; prints the sentence when it does not. */
#define assert_sentence(err, part)                                                                 \
    do {                                                                                           \
        if (strstr((err)->text, (part)) == NULL)                                                   \
            fail_msg("\"%s\" does not say \"%s\"", (err)->text, (part));                           \
    } while (0)

/* A text of `count` times `unit`, in `arena`. */
static inline struct span repeat(struct arena *arena, const char *unit, size_t count)
{
    size_t len = strlen(unit);
    char *text = arena_alloc(arena, count * len + 1, 1);
    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * len, unit, len);
    return (struct span){text, count * len};
}

#define TREE_FILE_MAX (256 * 1024)

/* A file of the tree, NUL-terminated; the build passes its root in the environment. */
static inline struct span tree_file(struct arena *arena, const char *path)
{
    const char *root = getenv("JOBD_SOURCE_ROOT");
    FILE *file = fopen(arena_printf(arena, "%s/%s", root != NULL ? root : ".", path), "rb");
    char *text = arena_alloc(arena, TREE_FILE_MAX + 1, 1);
    assert_non_null(file);
    assert_non_null(text);
    size_t len = fread(text, 1, TREE_FILE_MAX, file);
    assert_true(feof(file) != 0);
    fclose(file);
    return (struct span){text, len};
}

/* Pseudo-random numbers, the same in each run (xorshift64). */
static inline uint64_t next_number(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#endif
