/* Tests of name sets: what was written is read again, and sets meet and join as sets do. */
#include "store/postgres/names/name_set.h"

#include "base/mem.h"
#include "model/job.h"

#include "model_test.h"

#define JOBS 64

/* Positions with and without a sequence, some of one millisecond. */
static void make_positions(int64_t positions[JOBS])
{
    for (int i = 0; i < JOBS; i++)
        positions[i] = position_at(INT64_C(1735689600000) + i / 3 * 70001) + i % 3 * 200;
}

static void expect_run(const struct name_set *set, size_t at, int64_t first, int64_t last)
{
    assert_true(at < set->count);
    assert_int_equal(set->list[at].first, first);
    assert_int_equal(set->list[at].last, last);
}

static void chunks_are_read_one_after_another(void **test)
{
    struct buf bytes = BUF(1 << 12);
    struct name_set set = {0};
    int64_t positions[JOBS];

    (void)test;
    make_positions(positions);
    name_set_write(&bytes, positions, 5, JOBS);
    name_set_write(&bytes, positions + 5, 1, 1);
    name_set_write(&bytes, positions + 6, 7, JOBS);
    assert_true(name_set_read(&set, name_reader_of(buf_span(&bytes), INT64_MAX)));
    assert_int_equal(set.count, 13);
    for (size_t i = 0; i < set.count; i++)
        expect_run(&set, i, positions[i], positions[i]);
    name_set_release(&set);
    assert_true(name_set_read(&set, name_reader_of(buf_span(&bytes), positions[9])));
    assert_int_equal(set.count, 9);
    name_set_release(&set);
    buf_release(&bytes);
}

static void what_most_have_is_a_run(void **test)
{
    struct buf bytes = BUF(1 << 12);
    struct name_set set = {0};
    int64_t positions[JOBS];

    (void)test;
    make_positions(positions);
    name_set_write(&bytes, positions + 2, 20, JOBS);
    name_set_write(&bytes, positions + 40, 2, JOBS);
    assert_true(name_set_read(&set, name_reader_of(buf_span(&bytes), INT64_MAX)));
    assert_int_equal(set.count, 3);
    expect_run(&set, 0, positions[2], positions[21]);
    expect_run(&set, 1, positions[40], positions[40]);
    name_set_release(&set);
    assert_true(name_set_read(&set, name_reader_of(buf_span(&bytes), positions[10])));
    expect_run(&set, 0, positions[2], positions[10] - 1);
    assert_int_equal(set.count, 1);
    name_set_release(&set);
    assert_true(name_set_read(&set, name_reader_of(buf_span(&bytes), positions[2])));
    assert_int_equal(set.count, 0);
    name_set_release(&set);
    buf_release(&bytes);
}

static void cut_bytes_are_no_set(void **test)
{
    struct buf bytes = BUF(1 << 12);
    int64_t positions[JOBS];

    (void)test;
    make_positions(positions);
    name_set_write(&bytes, positions, 4, JOBS);
    for (size_t len = 1; len < bytes.len; len++) {
        struct name_set set = {0};
        assert_false(name_set_read(&set, name_reader_of((struct span){bytes.ptr, len}, INT64_MAX)));
        name_set_release(&set);
    }
    buf_release(&bytes);
}

static void expect_damaged(const struct buf *bytes)
{
    struct name_reader reader = name_reader_of(buf_span(bytes), INT64_MAX);
    struct name_set set = {0};
    struct name_run run;

    while (name_reader_next(&reader, &run))
        ;
    assert_true(reader.damaged);
    assert_false(name_set_read(&set, name_reader_of(buf_span(bytes), INT64_MAX)));
    name_set_release(&set);
}

/* Positions that are negative, or do not rise: within a chunk, a run, or from one to the next. */
static void positions_that_fall_are_no_set(void **test)
{
    static const unsigned char negative[] = {1,    0xfe, 0xff, 0xff, 0xff, 0xff,
                                             0xff, 0xff, 0xff, 0xff, 0x01};
    static const unsigned char twice[] = {2, 20, 0}, run[] = {0, 21, 5, 1, 3};
    struct buf bytes = BUF(1 << 12);
    int64_t positions[JOBS];

    (void)test;
    make_positions(positions);
    buf_add(&bytes, negative, sizeof(negative));
    expect_damaged(&bytes);
    buf_clear(&bytes);
    buf_add(&bytes, twice, sizeof(twice));
    expect_damaged(&bytes);
    buf_clear(&bytes);
    buf_add(&bytes, run, sizeof(run));
    expect_damaged(&bytes);
    buf_clear(&bytes);
    name_set_write(&bytes, positions + 5, 2, JOBS);
    name_set_write(&bytes, positions + 6, 2, JOBS);
    expect_damaged(&bytes);
    buf_release(&bytes);
}

/* A set over small numbers, some of them in runs; `ret_in` says which it has. */
static struct name_set make_set(unsigned seed, bool ret_in[JOBS])
{
    struct name_set set = {0};

    memset(ret_in, 0, JOBS * sizeof(*ret_in));
    for (int64_t at = seed % 3; at < JOBS;) {
        struct name_run run = {at, at};
        struct name_set one = {&run, 1, 1};
        seed = seed * 1103515245 + 12345;
        run.last += (seed >> 16) % 4 == 0 ? (seed >> 20) % 7 : 0;
        run.last = run.last < JOBS ? run.last : JOBS - 1;
        for (int64_t i = run.first; i <= run.last; i++)
            ret_in[i] = true;
        assert_true(name_set_join(&set, &one));
        at = run.last + 1 + (seed >> 24) % 5;
    }
    return set;
}

static void expect_set(const struct name_set *set, const bool in[JOBS])
{
    bool has[JOBS] = {0};

    for (size_t i = 0; i < set->count; i++) {
        assert_true(i == 0 || set->list[i].first > set->list[i - 1].last);
        for (int64_t at = set->list[i].first; at <= set->list[i].last; at++)
            has[at] = true;
    }
    assert_memory_equal(has, in, sizeof(has));
}

static void sets_meet_and_join(void **test)
{
    (void)test;
    for (unsigned seed = 1; seed < 500; seed++) {
        bool in[2][JOBS], both[JOBS], any[JOBS];
        struct name_set a = make_set(seed, in[0]), b = make_set(seed * 7919, in[1]);
        struct name_set met = make_set(seed, in[0]);
        for (int i = 0; i < JOBS; i++) {
            both[i] = in[0][i] && in[1][i];
            any[i] = in[0][i] || in[1][i];
        }
        assert_true(name_set_meet(&met, &b));
        assert_true(name_set_join(&a, &b));
        expect_set(&met, both);
        expect_set(&a, any);
        name_set_release(&met);
        name_set_release(&a);
        name_set_release(&b);
    }
}

/* Two postings, one above the other, meet a set as they would as a set. */
static void postings_meet_a_set(void **test)
{
    struct buf bytes = BUF(1 << 12);
    struct name_run runs[] = {{0, 0}, {0, 0}, {0, 0}};
    struct name_set set = {runs, ARRAY_SIZE(runs), 0}, both = {0};
    int64_t positions[JOBS];
    size_t at = 0, half;

    (void)test;
    make_positions(positions);
    runs[0] = (struct name_run){positions[1], positions[1]};
    runs[1] = (struct name_run){positions[3], positions[5]};
    runs[2] = (struct name_run){positions[20], positions[60]};
    name_set_write(&bytes, positions, 5, JOBS);
    half = bytes.len;
    name_set_write(&bytes, positions + 10, 40, JOBS);
    assert_true(name_set_meet_posting(
        &set, &at, name_reader_of((struct span){bytes.ptr, half}, INT64_MAX), &both));
    assert_true(name_set_meet_posting(
        &set, &at, name_reader_of((struct span){bytes.ptr + half, bytes.len - half}, positions[40]),
        &both));
    assert_int_equal(both.count, 4);
    expect_run(&both, 0, positions[1], positions[1]);
    expect_run(&both, 1, positions[3], positions[3]);
    expect_run(&both, 2, positions[4], positions[4]);
    expect_run(&both, 3, positions[20], positions[40] - 1);
    name_set_release(&both);
    buf_release(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_are_read_one_after_another),
        cmocka_unit_test(what_most_have_is_a_run),
        cmocka_unit_test(cut_bytes_are_no_set),
        cmocka_unit_test(positions_that_fall_are_no_set),
        cmocka_unit_test(sets_meet_and_join),
        cmocka_unit_test(postings_meet_a_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
