/* Tests of reading whole files: what is in them, and why they cannot be read. */
#include "base/file.h"

#include "model_test.h"

#include <unistd.h>

#define LARGE 10000

static char path[32];

static int setup(void **test)
{
    (void)test;
    snprintf(path, sizeof(path), "/tmp/test-file-XXXXXX");
    int fd = mkstemp(path);
    close(fd);
    return fd >= 0 ? 0 : -1;
}

static int teardown(void **test)
{
    (void)test;
    return unlink(path);
}

static void write_file(const char *bytes, size_t len)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void it_is_appended_as_it_is(void **test)
{
    AUTO(buf_release) struct buf text = BUF(100);
    struct err err = {0};
    (void)test;
    write_file("one\0two\n", 8);
    buf_add_str(&text, ">");
    assert_true(file_read(path, &text, &err));
    assert_int_equal(text.len, 9);
    assert_memory_equal(text.ptr, ">one\0two\n", 10);
}

static void an_empty_one_adds_nothing(void **test)
{
    AUTO(buf_release) struct buf text = BUF(100);
    struct err err = {0};
    (void)test;
    assert_true(file_read(path, &text, &err));
    assert_int_equal(text.len, 0);
}

static void one_of_many_pieces_is_whole(void **test)
{
    AUTO(buf_release) struct buf text = BUF(LARGE);
    static char bytes[LARGE];
    struct err err = {0};
    uint64_t seed = 3;
    (void)test;
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = (char)next_number(&seed);
    write_file(bytes, LARGE);
    assert_true(file_read(path, &text, &err));
    assert_int_equal(text.len, LARGE);
    assert_memory_equal(text.ptr, bytes, LARGE);
}

static void one_too_large_is_refused(void **test)
{
    AUTO(buf_release) struct buf text = BUF(3);
    struct err err = {0};
    (void)test;
    write_file("four", 4);
    assert_false(file_read(path, &text, &err));
    assert_sentence(&err, path);
    assert_sentence(&err, " is too large");
}

static void one_without_an_end_is_refused(void **test)
{
    AUTO(buf_release) struct buf text = BUF(LARGE);
    struct err err = {0};
    (void)test;
    assert_false(file_read("/dev/zero", &text, &err));
    assert_sentence(&err, "/dev/zero is too large");
}

static void what_cannot_be_read_is_said(void **test)
{
    AUTO(buf_release) struct buf text = BUF(100);
    struct err err = {0};
    (void)test;
    assert_false(file_read("/nonexistent", &text, &err));
    assert_string_equal(err.text, "cannot read /nonexistent: No such file or directory");
    assert_false(file_read("/", &text, &err));
    assert_string_equal(err.text, "cannot read /: Is a directory");
}

static void a_stream_is_read_from_where_it_is(void **test)
{
    AUTO(buf_release) struct buf text = BUF(100);
    struct err err = {0};
    (void)test;
    write_file("12345", 5);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_int_equal(fgetc(file), '1');
    assert_true(file_rest(file, "it", &text, &err));
    assert_span(buf_span(&text), "2345");
    fclose(file);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_appended_as_it_is),           TEST(an_empty_one_adds_nothing),
        TEST(one_of_many_pieces_is_whole),       TEST(one_too_large_is_refused),
        TEST(one_without_an_end_is_refused),     TEST(what_cannot_be_read_is_said),
        TEST(a_stream_is_read_from_where_it_is),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
