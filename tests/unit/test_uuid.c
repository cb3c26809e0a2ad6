/* Tests of UUIDs and the position they carry. */
#include "base/uuid.h"

#include "model_test.h"

static const char zeros[] = "00000000-0000-0000-0000-000000000000";

static void text_in_both_directions(void **test)
{
    static const char text[] = "01234567-89ab-cdef-0fed-cba987654321";
    char shown[UUID_TEXT_SIZE];
    struct uuid uuid, upper;
    (void)test;
    assert_true(uuid_parse(span_of(text), &uuid));
    uuid_format(&uuid, shown);
    assert_string_equal(shown, text);
    assert_true(uuid_parse(span_of("01234567-89AB-CDEF-0FED-CBA987654321"), &upper));
    assert_true(uuid_eq(&uuid, &upper));
    upper.bytes[15] ^= 1;
    assert_false(uuid_eq(&uuid, &upper));
}

static void what_is_no_uuid(void **test)
{
    static const char *const wrong[] = {
        "",
        "01234567-89ab-cdef-0fed-cba98765432",
        "01234567-89ab-cdef-0fed-cba9876543210",
        "0123456789abcdef0fedcba987654321",
        "{01234567-89ab-cdef-0fed-cba987654321}",
        "01234567-89ab-cdef-0fed-cba98765432g",
        "01234567-89ab-cdef-0fed-cba98765432 ",
        "012345678-9ab-cdef-0fed-cba987654321",
        "01234567_89ab_cdef_0fed_cba987654321",
        "0x234567-89ab-cdef-0fed-cba987654321",
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_false(uuid_parse(span_of(wrong[i]), &(struct uuid){0}));
    assert_false(uuid_parse((struct span){0}, &(struct uuid){0}));
}

/* Each place of the text with each byte: only hex digits and dashes at their places pass. */
static void every_place_is_checked(void **test)
{
    (void)test;
    for (size_t at = 0; at < sizeof(zeros) - 1; at++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[sizeof(zeros)];
            bool good = zeros[at] == '-'
                            ? byte == '-'
                            : byte != 0 && strchr("0123456789abcdefABCDEF", byte) != NULL;
            memcpy(text, zeros, sizeof(zeros));
            text[at] = (char)byte;
            struct span span = {text, sizeof(text) - 1};
            assert_int_equal(uuid_parse(span, &(struct uuid){0}), good);
        }
    }
}

static void random_ones_are_version_4_and_differ(void **test)
{
    struct uuid last = {0};
    (void)test;
    for (int i = 0; i < 1000; i++) {
        struct uuid uuid = uuid_random();
        assert_int_equal(uuid.bytes[6] >> 4, 4);
        assert_int_equal(uuid.bytes[8] >> 6, 2);
        assert_false(uuid_eq(&uuid, &last));
        assert_false(uuid_position(&uuid, &(int64_t){0}));
        last = uuid;
    }
}

static void position_must_survive(int64_t position)
{
    struct uuid uuid = uuid_at(position), other = uuid_at(position);
    int64_t back = -1;
    assert_int_equal(uuid.bytes[6] >> 4, 7);
    assert_int_equal(uuid.bytes[8] >> 6, 2);
    assert_true(uuid_position(&uuid, &back));
    assert_int_equal(back, position);
    /* Beyond the position they are random. */
    assert_false(uuid_eq(&uuid, &other));
}

static void positions_round_trip(void **test)
{
    uint64_t state = 1;
    (void)test;
    position_must_survive(0);
    position_must_survive(0xFFFFF);
    position_must_survive(0x100000);
    position_must_survive(INT64_MAX);
    position_must_survive(INT64_MAX - 0xFFFFF);
    for (int bit = 0; bit < 63; bit++)
        position_must_survive(INT64_C(1) << bit);
    for (int i = 0; i < 100000; i++)
        position_must_survive((int64_t)(next_number(&state) >> 1));
}

static int compare(int64_t a, int64_t b)
{
    struct uuid first = uuid_at(a), second = uuid_at(b);
    return memcmp(first.bytes, second.bytes, sizeof(first.bytes));
}

static void order_follows_the_position(void **test)
{
    uint64_t state = 2;
    (void)test;
    assert_true(compare(0, INT64_MAX) < 0);
    assert_true(compare(INT64_MAX - 1, INT64_MAX) < 0);
    for (int bit = 0; bit < 63; bit++) {
        int64_t position = INT64_C(1) << bit;
        assert_true(compare(position - 1, position) < 0);
        assert_true(compare(position + (position - 1), position) > 0 || bit == 0);
    }
    for (int i = 0; i < 100000; i++) {
        int64_t position = (int64_t)(next_number(&state) >> 1);
        assert_true(position == INT64_MAX || compare(position, position + 1) < 0);
    }
}

static void the_time_is_where_version_7_has_it(void **test)
{
    char text[UUID_TEXT_SIZE];
    (void)test;
    struct uuid uuid = uuid_at(INT64_C(0x1234567890A) << 20 | 0xABCDE);
    uuid_format(&uuid, text);
    /* ABC are the high bits of the sequence; DE follows the two bits of the variant. */
    assert_memory_equal(text, "01234567-890a-7abc-b", 20);
    assert_int_equal(uuid.bytes[8], 0x80 | 0xDE >> 2);
    assert_int_equal(uuid.bytes[9] >> 6, 0xDE & 3);
}

static void foreign_ids_have_no_position(void **test)
{
    static const char *const foreign[] = {
        zeros,
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "01234567-890a-4abc-b000-000000000000",
        "01234567-890a-8abc-b000-000000000000",
        "01234567-890a-7abc-7000-000000000000",
        "01234567-890a-7abc-c000-000000000000",
        "08000000-0000-7abc-b000-000000000000",
        "ffffffff-ffff-7abc-b000-000000000000",
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
        int64_t position = 77;
        struct uuid uuid;
        assert_true(uuid_parse(span_of(foreign[i]), &uuid));
        assert_false(uuid_position(&uuid, &position));
        assert_int_equal(position, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_in_both_directions),
        cmocka_unit_test(what_is_no_uuid),
        cmocka_unit_test(every_place_is_checked),
        cmocka_unit_test(random_ones_are_version_4_and_differ),
        cmocka_unit_test(positions_round_trip),
        cmocka_unit_test(order_follows_the_position),
        cmocka_unit_test(the_time_is_where_version_7_has_it),
        cmocka_unit_test(foreign_ids_have_no_position),
    };
    return cmocka_run_group_tests_name("uuid", tests, NULL, NULL);
}
