/* Tests of the growing buffer. */
#include "base/buf.h"

#include "base/mem.h"
#include "model_test.h"

static void appends_follow_one_another(void **test)
{
    (void)test;
    AUTO(buf_release) struct buf buf = BUF(1000);
    buf_add_str(&buf, "one ");
    buf_add_span(&buf, (struct span)SPAN("two "));
    buf_add_span(&buf, (struct span){0});
    buf_add_char(&buf, '3');
    buf_printf(&buf, " %s %d", "four", 5);
    buf_add(&buf, "\0", 1);
    assert_false(buf_failed(&buf));
    assert_int_equal(buf.len, 17);
    assert_memory_equal(buf.ptr, "one two 3 four 5\0", 18);
}

static void growth_keeps_every_byte(void **test)
{
    (void)test;
    AUTO(buf_release) struct buf buf = BUF(SIZE_MAX);
    for (int i = 0; i < 100000; i++)
        buf_add_char(&buf, (char)('a' + i % 26));
    assert_false(buf_failed(&buf));
    for (size_t i = 0; i < 100000; i++)
        assert_int_equal(buf.ptr[i], 'a' + (int)(i % 26));
    assert_int_equal(buf.ptr[100000], 0);
}

static void the_ceiling_is_reached_but_not_passed(void **test)
{
    (void)test;
    for (size_t ceiling = 0; ceiling < 600; ceiling++) {
        AUTO(buf_release) struct buf buf = BUF(ceiling);
        for (size_t i = 0; i < ceiling; i++)
            buf_add_char(&buf, 'x');
        assert_false(buf_failed(&buf));
        assert_int_equal(buf.len, ceiling);
        assert_true(buf.capacity <= ceiling + 1);
        buf_add_char(&buf, 'x');
        assert_true(buf_failed(&buf));
        assert_int_equal(buf.len, ceiling);
    }
}

static void an_append_is_whole_or_nothing(void **test)
{
    (void)test;
    AUTO(buf_release) struct buf buf = BUF(5);
    buf_add_str(&buf, "abc");
    buf_add_str(&buf, "def");
    assert_true(buf_failed(&buf));
    assert_string_equal(buf.ptr, "abc");
}

static void failure_sticks_until_cleared(void **test)
{
    (void)test;
    AUTO(buf_release) struct buf buf = BUF(5);
    buf_add_str(&buf, "toolong");
    buf_add_char(&buf, 'x');
    buf_printf(&buf, "%d", 1);
    assert_null(buf_room(&buf, 1));
    assert_int_equal(buf.len, 0);
    assert_true(buf_failed(&buf));
    buf_clear(&buf);
    buf_add_str(&buf, "fits");
    assert_false(buf_failed(&buf));
    assert_string_equal(buf.ptr, "fits");
}

static void a_formatted_text_obeys_the_ceiling(void **test)
{
    (void)test;
    AUTO(buf_release) struct buf buf = BUF(10);
    buf_printf(&buf, "%10d", 1);
    assert_false(buf_failed(&buf));
    buf_printf(&buf, "%s", "");
    assert_false(buf_failed(&buf));
    buf_printf(&buf, "%d", 1);
    assert_true(buf_failed(&buf));
    assert_string_equal(buf.ptr, "         1");
}

static void impossible_lengths_fail(void **test)
{
    (void)test;
    AUTO(buf_release) struct buf buf = BUF(SIZE_MAX);
    buf_add_str(&buf, "x");
    assert_null(buf_room(&buf, SIZE_MAX));
    buf_clear(&buf);
    buf_add_str(&buf, "x");
    assert_null(buf_room(&buf, SIZE_MAX - 1));
    assert_true(buf_failed(&buf));
}

static void room_is_filled_by_the_caller(void **test)
{
    (void)test;
    AUTO(buf_release) struct buf buf = BUF(1000);
    buf_add_str(&buf, "ab");
    char *room = buf_room(&buf, 998);
    assert_non_null(room);
    memset(room, 'c', 998);
    buf.len += 2;
    buf_add_str(&buf, "d");
    assert_string_equal(buf.ptr, "abccd");
    assert_null(buf_room(&buf, 996));
}

static void taking_moves_ownership(void **test)
{
    size_t len = 99;
    (void)test;
    AUTO(buf_release) struct buf buf = BUF(10);
    assert_null(buf_take(&buf, &len));
    assert_int_equal(len, 0);
    buf_add_str(&buf, "bytes");
    AUTO(mem_free_at) char *bytes = buf_take(&buf, &len);
    assert_string_equal(bytes, "bytes");
    assert_int_equal(len, 5);
    assert_null(buf.ptr);
    assert_int_equal(buf.ceiling, 10);
    buf_add_str(&buf, "more");
    assert_string_equal(buf.ptr, "more");
}

static void a_failed_buffer_yields_nothing(void **test)
{
    size_t len = 99;
    (void)test;
    AUTO(buf_release) struct buf buf = BUF(10);
    buf_add_str(&buf, "half");
    buf_add_str(&buf, "of something");
    assert_null(buf_take(&buf, &len));
    assert_int_equal(len, 0);
    assert_null(buf_take(&buf, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_follow_one_another),
        cmocka_unit_test(growth_keeps_every_byte),
        cmocka_unit_test(the_ceiling_is_reached_but_not_passed),
        cmocka_unit_test(an_append_is_whole_or_nothing),
        cmocka_unit_test(failure_sticks_until_cleared),
        cmocka_unit_test(a_formatted_text_obeys_the_ceiling),
        cmocka_unit_test(impossible_lengths_fail),
        cmocka_unit_test(room_is_filled_by_the_caller),
        cmocka_unit_test(taking_moves_ownership),
        cmocka_unit_test(a_failed_buffer_yields_nothing),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
