/* Tests of the arena. */
#include "base/arena.h"

#include "model_test.h"

static void pieces_are_aligned_zeroed_and_apart(void **test)
{
    (void)test;
    AUTO(arena_release) struct arena arena;
    arena_init(&arena, SIZE_MAX);
    char *last = NULL;
    for (size_t size = 1; size < 3000; size += 7) {
        assert_non_null(arena_strndup(&arena, "x", 1));
        char *piece = arena_alloc(&arena, 1, size);
        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(piece[i], 0);
        memset(piece, 0x55, size);
        assert_true(last == NULL || *last == 0x55);
        last = piece + size - 1;
    }
}

static void a_cleared_arena_hands_out_zeros_again(void **test)
{
    (void)test;
    AUTO(arena_release) struct arena arena;
    arena_init(&arena, SIZE_MAX);
    for (int round = 0; round < 5; round++) {
        unsigned char *piece = arena_alloc(&arena, 100, 10);
        assert_non_null(piece);
        for (size_t i = 0; i < 1000; i++)
            assert_int_equal(piece[i], 0);
        memset(piece, 0xAA, 1000);
        arena_clear(&arena);
    }
}

static void what_is_filled_alike_stops_allocating(void **test)
{
    (void)test;
    AUTO(arena_release) struct arena arena;
    arena_init(&arena, SIZE_MAX);
    size_t used = 0;
    for (int round = 0; round < 8; round++) {
        arena_clear(&arena);
        assert_true(arena.used <= 65 * 1024);
        used = arena.used;
        for (int i = 0; i < 40; i++)
            assert_non_null(arena_alloc(&arena, 1, 1000));
    }
    assert_int_equal(arena.used, used);
}

static void clearing_lets_a_huge_block_go(void **test)
{
    (void)test;
    AUTO(arena_release) struct arena arena;
    arena_init(&arena, SIZE_MAX);
    assert_non_null(arena_alloc(&arena, 1024, 1024));
    arena_clear(&arena);
    assert_int_equal(arena.used, 0);
    assert_non_null(arena_strdup(&arena, "still fine"));
}

static void the_ceiling_holds(void **test)
{
    (void)test;
    for (size_t ceiling = 0; ceiling < 40000; ceiling += 999) {
        AUTO(arena_release) struct arena arena;
        size_t sum = 0;
        arena_init(&arena, ceiling);
        while (arena_alloc(&arena, 1, 96) != NULL) {
            sum += 96;
            assert_true(sum <= ceiling);
            assert_true(arena.used <= ceiling);
        }
        /* What blocks cost beside their bytes, and a tail of each too short for a piece. */
        assert_true(sum + 1200 > ceiling || sum * 10 > ceiling * 9);
    }
}

static void beyond_the_ceiling_is_null_everywhere(void **test)
{
    (void)test;
    AUTO(arena_release) struct arena arena;
    arena_init(&arena, 1000);
    assert_null(arena_alloc(&arena, 1, 1001));
    assert_null(arena_alloc(&arena, SIZE_MAX, 1));
    assert_null(arena_alloc(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_strndup(&arena, "x", SIZE_MAX));
    assert_null(arena_printf(&arena, "%2000d", 1));
    assert_null(arena_span(&arena, (struct span){"", SIZE_MAX - 1}).ptr);
    /* A refusal is not remembered. */
    assert_non_null(arena_alloc(&arena, 1, 500));
}

static void an_empty_piece_is_no_failure(void **test)
{
    (void)test;
    AUTO(arena_release) struct arena arena;
    arena_init(&arena, 1000);
    assert_non_null(arena_alloc(&arena, 0, 10));
    assert_non_null(arena_alloc(&arena, 10, 0));
}

static void copies_end_with_nul(void **test)
{
    (void)test;
    AUTO(arena_release) struct arena arena;
    arena_init(&arena, SIZE_MAX);
    assert_string_equal(arena_strndup(&arena, "abcdef", 3), "abc");
    assert_string_equal(arena_strndup(&arena, NULL, 0), "");
    assert_string_equal(arena_strdup(&arena, ""), "");
    struct span copy = arena_span(&arena, (struct span){"a\0b", 3});
    assert_int_equal(copy.len, 3);
    assert_memory_equal(copy.ptr, "a\0b", 4);
    assert_string_equal(arena_printf(&arena, "%s-%d", "x", 7), "x-7");
    assert_int_equal(strlen(arena_printf(&arena, "%100000d", 1)), 100000);
}

static void a_released_arena_can_be_used_again(void **test)
{
    (void)test;
    AUTO(arena_release) struct arena arena;
    arena_init(&arena, 100000);
    assert_non_null(arena_strdup(&arena, "one"));
    arena_release(&arena);
    assert_int_equal(arena.used, 0);
    assert_string_equal(arena_strdup(&arena, "two"), "two");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_zeroed_and_apart),
        cmocka_unit_test(a_cleared_arena_hands_out_zeros_again),
        cmocka_unit_test(what_is_filled_alike_stops_allocating),
        cmocka_unit_test(clearing_lets_a_huge_block_go),
        cmocka_unit_test(the_ceiling_holds),
        cmocka_unit_test(beyond_the_ceiling_is_null_everywhere),
        cmocka_unit_test(an_empty_piece_is_no_failure),
        cmocka_unit_test(copies_end_with_nul),
        cmocka_unit_test(a_released_arena_can_be_used_again),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
