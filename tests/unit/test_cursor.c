/* Tests of cursors: only what was sealed opens, and only for the query it was sealed for. */
#include "model/cursor.h"

#include "arena_test.h"
#include "model/job.h"

static const uint8_t key[CURSOR_KEY_SIZE] = {1, 2, 3};

static struct query query_of(const char *text)
{
    struct query query;
    struct err err = {0};
    if (query_parse(&arena, span_of(text), &query, &err) != PROBLEM_NONE)
        fail_msg("%s: %s", text, err.text);
    return query;
}

static enum problem open_text(struct query query, struct span text, struct cursor *ret_cursor)
{
    query.cursor = text;
    return cursor_open(key, &query, ret_cursor, NULL);
}

static void assert_refused(const struct query *query, struct span text)
{
    struct cursor cursor = {.value = 7, .position = 8};
    if (open_text(*query, text, &cursor) != PROBLEM_INVALID_CURSOR)
        fail_msg("\"%.*s\" was accepted", (int)text.len, text.ptr);
    assert_int_equal(cursor.value, 7);
    assert_int_equal(cursor.position, 8);
}

static void sealed_cursors_open(void **test)
{
    static const int64_t numbers[] = {0, 1, -1, INT64_MAX, INT64_MIN, 0x0123456789ABCDEF};
    struct query query = query_of("state=RUNNING&sortField=NAME");
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(numbers) * ARRAY_SIZE(numbers); i++) {
        struct cursor in = {.value = numbers[i % ARRAY_SIZE(numbers)],
                            .position = numbers[i / ARRAY_SIZE(numbers)]};
        struct cursor out = {0};
        struct span text = cursor_seal(&arena, key, &query, &in);
        assert_int_equal(open_text(query, text, &out), PROBLEM_NONE);
        assert_int_equal(out.value, in.value);
        assert_int_equal(out.position, in.position);
    }
}

/* So that clients may paste it into an address without encoding it. */
static void text_needs_no_encoding(void **test)
{
    struct query query = query_of("");
    (void)test;
    for (int64_t i = 0; i < 500; i++) {
        struct cursor cursor = {.value = i, .position = i << 40};
        struct span text = cursor_seal(&arena, key, &query, &cursor);
        assert_int_equal(text.len, 55);
        for (size_t j = 0; j < text.len; j++)
            assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789-_",
                                   text.ptr[j]));
    }
}

static void any_other_byte_is_refused(void **test)
{
    struct query query = query_of("name=a");
    struct cursor cursor = {.value = 5, .position = 123456789};
    struct span text = cursor_seal(&arena, key, &query, &cursor);
    char *copy = arena_strndup(&arena, text.ptr, text.len);
    (void)test;
    for (size_t i = 0; i < text.len; i++) {
        for (int byte = 0; byte < 256; byte++) {
            copy[i] = (char)byte;
            if (copy[i] != text.ptr[i])
                assert_refused(&query, (struct span){copy, text.len});
        }
        copy[i] = text.ptr[i];
    }
    assert_int_equal(open_text(query, (struct span){copy, text.len}, &cursor), PROBLEM_NONE);
}

static void any_other_length_is_refused(void **test)
{
    struct query query = query_of("name=a");
    struct cursor cursor = {.position = 1};
    struct span text = cursor_seal(&arena, key, &query, &cursor);
    (void)test;
    for (size_t len = 0; len < text.len; len++)
        assert_refused(&query, (struct span){text.ptr, len});
    assert_refused(&query, (struct span){text.ptr, text.len + 1}); /* with its NUL */
    static const char *const tails[] = {"=", "A", "==", " ", "\n", "AAAA"};
    for (size_t i = 0; i < ARRAY_SIZE(tails); i++)
        assert_refused(&query, span_of(arena_printf(&arena, "%s%s", text.ptr, tails[i])));
    assert_refused(&query, span_of(arena_printf(&arena, " %s", text.ptr)));
    assert_refused(&query, span_of(arena_printf(&arena, "%s%s", text.ptr, text.ptr)));
    assert_refused(&query, repeat(&arena, "A", text.len));
    assert_refused(&query, repeat(&arena, "%", text.len));
}

static void another_key_is_refused(void **test)
{
    struct query query = query_of("");
    struct cursor cursor = {.position = 1};
    (void)test;
    for (size_t i = 0; i < CURSOR_KEY_SIZE; i++) {
        uint8_t other[CURSOR_KEY_SIZE];
        memcpy(other, key, sizeof(other));
        other[i] ^= 0x80;
        assert_refused(&query, cursor_seal(&arena, other, &query, &cursor));
    }
}

/* Requests that mean different things, each. */
static const char *const different[] = {
    "",
    "name=a",
    "name=b",
    "name=a&nameMatchMode=START",
    "name=a&nameMatchMode=END",
    "name=a&nameMatchMode=EXACT",
    "name=A&nameMatchMode=EXACT",
    "name=%C2%AD&nameMatchMode=EXACT",
    "state=RUNNING",
    "state=WAITING",
    "result=ABORTED",
    "type=a",
    "type=b",
    "type=a&type=b",
    "type=ab",
    "type=a&type=b&type=c",
    "user=0190a0b0-0000-7000-8000-000000000001",
    "user=0190a0b0-0000-7000-8000-000000000002",
    "user=00000000-0000-0000-0000-000000000000",
    "sortField=NAME",
    "sortField=NAME&sortOrder=ASC",
    "sortField=TYPE",
    "sortField=START_DATE",
    "sortField=END_DATE",
    "sortField=STATE",
    "sortField=RESULT",
    "sortField=RESULT&sortOrder=ASC",
    "state=RUNNING&result=SUCCESS",
    "state=RUNNING&type=a",
};

static void another_query_is_refused(void **test)
{
    struct cursor cursor = {.position = 1};
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(different); i++) {
        struct query from = query_of(different[i]);
        struct span text = cursor_seal(&arena, key, &from, &cursor);
        for (size_t j = 0; j < ARRAY_SIZE(different); j++) {
            struct query to = query_of(different[j]);
            if (i != j)
                assert_refused(&to, text);
            else
                assert_int_equal(open_text(to, text, &cursor), PROBLEM_NONE);
        }
    }
}

static void same_meaning_same_digest(void **test)
{
    static const char *const pairs[][2] = {
        {"", "pageSize=50"},
        {"", "cursor=abc"},
        {"", "sortOrder=ASC"},
        {"", "nameMatchMode=EXACT"},
        {"", "unknown=1&name="},
        {"", "name=%C2%AD"},
        {"sortField=NAME", "sortField=NAME&sortOrder=DESC"},
        {"name=a", "name=A&nameMatchMode=ANYWHERE"},
        {"type=a&type=b", "type[]=b&type=a&type=a"},
        {"state=RUNNING&name=a", "name=a&state=RUNNING&state=RUNNING"},
        {"state=WAITING", "state=WAITING&result=NOT_SET"},
        {"user=0190A0B0-0000-7000-8000-00000000000A", "user=0190a0b0-0000-7000-8000-00000000000a"},
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        struct query one = query_of(pairs[i][0]), two = query_of(pairs[i][1]);
        assert_true(query_digest(&one) == query_digest(&two));
    }
}

/* Cursors outlive a restart and an upgrade, so the digest must not depend on the build. */
static void digest_never_changes(void **test)
{
    struct query query = query_of("name=Import&type=a&type=b&state=RUNNING&sortField=TYPE");
    (void)test;
    assert_int_equal(query_digest(&query), 0xF758AD2592B1B3CD);
}

static void errors_tell_which(void **test)
{
    struct query query = query_of("state=RUNNING"), other = query_of("state=WAITING");
    struct cursor cursor = {.position = 1};
    struct err err = {0};
    (void)test;
    query.cursor = cursor_seal(&arena, key, &other, &cursor);
    assert_int_equal(cursor_open(key, &query, &cursor, &err), PROBLEM_INVALID_CURSOR);
    assert_sentence(&err, "other filters");
    query.cursor = span_of("abc");
    assert_int_equal(cursor_open(key, &query, &cursor, &err), PROBLEM_INVALID_CURSOR);
    assert_sentence(&err, "gave out");
}

static void place_is_what_the_order_compares(void **test)
{
    static const struct {
        const char *order;
        int64_t value;
    } rows[] = {
        {"", 0},
        {"sortField=NAME", 0},
        {"sortField=TYPE", 0},
        {"sortField=START_DATE", 4000},
        {"sortField=END_DATE", JOB_NO_TIME},
        {"sortField=STATE", STATE_RUNNING},
        {"sortField=RESULT&sortOrder=ASC", RESULT_NOT_SET},
    };
    const struct job job = {
        .position = 77, .status = STATUS_RUNNING, .started_on = 4000, .ended_on = JOB_NO_TIME};
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct query query = query_of(rows[i].order);
        struct cursor cursor = cursor_at(&query, &job);
        assert_int_equal(cursor.position, 77);
        assert_int_equal(cursor.value, rows[i].value);
    }
}

static void without_memory_there_is_none(void **test)
{
    AUTO(arena_release) struct arena none;
    struct query query = query_of("");
    struct cursor cursor = {.position = 1};
    (void)test;
    arena_init(&none, 0);
    assert_null(cursor_seal(&none, key, &query, &cursor).ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sealed_cursors_open),
        TEST(text_needs_no_encoding),
        TEST(any_other_byte_is_refused),
        TEST(any_other_length_is_refused),
        TEST(another_key_is_refused),
        TEST(another_query_is_refused),
        TEST(same_meaning_same_digest),
        TEST(digest_never_changes),
        TEST(errors_tell_which),
        TEST(place_is_what_the_order_compares),
        TEST(without_memory_there_is_none),
    };
    return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
