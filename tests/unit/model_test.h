/* What the tests of the model share: assertions on spans, an arena for each test, and the tree. */
#ifndef JOBD_TESTS_UNIT_MODEL_TEST_H
#define JOBD_TESTS_UNIT_MODEL_TEST_H

#include "base/arena.h"
#include "base/err.h"
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
#define assert_span(actual, expected) span_must_be((actual), (expected), __FILE__, __LINE__)

static inline void span_must_be(struct span actual, const char *expected, const char *file,
                                int line)
{
    AUTO(arena_release) struct arena arena;
    arena_init(&arena, SIZE_MAX);
    _assert_string_equal(arena_strndup(&arena, actual.ptr, actual.len), expected, file, line);
    _assert_int_equal(actual.len, strlen(expected), file, line);
}

/* Whether the sentence holds `part`; prints the sentence when it does not. */
#define assert_sentence(err, part) sentence_must_say((err), (part), __FILE__, __LINE__)

static inline void sentence_must_say(const struct err *err, const char *part, const char *file,
                                     int line)
{
    if (strstr(err->text, part) != NULL)
        return;
    print_error("\"%s\" does not say \"%s\"\n", err->text, part);
    _fail(file, line);
}

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
