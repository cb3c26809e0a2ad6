/* Tests of job bits: what was written is read again, and sets meet and join as sets do. */
#include "store/postgres/names/job_bits.h"

#include "base/mem.h"

#include "model_test.h"

#define FIRST 3 /* block */
#define BLOCKS 4
#define BASE ((int64_t)FIRST * JOB_BLOCK)
#define END (BASE + (int64_t)BLOCKS * JOB_BLOCK)

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245 + 12345;
    return *seed >> 16;
}

/* A set in which a block's part is anything from none to all of it; `ret_in` says what it has. */
static struct job_bits make_set(unsigned seed, bool ret_in[END])
{
    struct job_bits set;

    assert_true(job_bits_init(&set, FIRST, BLOCKS));
    memset(ret_in, 0, END * sizeof(*ret_in));
    for (int64_t block = FIRST; block < FIRST + BLOCKS; block++) {
        unsigned part = next_random(&seed) % 5 * 25;
        for (int64_t at = block * JOB_BLOCK; at < (block + 1) * JOB_BLOCK; at++) {
            ret_in[at] = next_random(&seed) % 100 < part * part / 100;
            if (ret_in[at])
                job_bits_add(&set, at);
        }
    }
    return set;
}

static void expect_set(const struct job_bits *set, const bool in[END])
{
    size_t count = 0;

    for (int64_t at = BASE; at < END; at++) {
        assert_int_equal(job_bits_has(set, at), in[at]);
        count += in[at];
    }
    assert_int_equal(job_bits_count(set), count);
}

static void what_is_written_is_read(void **test)
{
    (void)test;
    for (unsigned seed = 1; seed < 60; seed++) {
        struct buf bytes = BUF(1 << 16);
        struct job_bits read;
        bool in[END];
        struct job_bits set = make_set(seed, in);
        assert_true(job_bits_init(&read, FIRST, BLOCKS));
        job_posting_add_bits(&bytes, &set);
        assert_true(job_posting_read(buf_span(&bytes), &read));
        expect_set(&read, in);
        job_bits_release(&set);
        job_bits_release(&read);
        buf_release(&bytes);
    }
}

/* And what another block has is left out. */
static void chunks_are_read_one_after_another(void **test)
{
    static const int64_t first[] = {BASE - 5}, second[] = {BASE, BASE + 7, BASE + 1023},
                         third[] = {END - 1}, beyond[] = {END};
    struct buf bytes = BUF(1 << 12);
    struct job_bits set;

    (void)test;
    job_posting_add(&bytes, first, ARRAY_SIZE(first));
    job_posting_add(&bytes, second, ARRAY_SIZE(second));
    job_posting_add(&bytes, third, ARRAY_SIZE(third));
    job_posting_add(&bytes, beyond, ARRAY_SIZE(beyond));
    assert_true(job_bits_init(&set, FIRST, BLOCKS));
    assert_true(job_posting_read(buf_span(&bytes), &set));
    assert_int_equal(job_bits_count(&set), 4);
    for (size_t i = 0; i < ARRAY_SIZE(second); i++)
        assert_true(job_bits_has(&set, second[i]));
    assert_true(job_bits_has(&set, END - 1));
    job_bits_release(&set);
    buf_release(&bytes);
}

/* Of a list and of bits. */
static void cut_bytes_are_no_set(void **test)
{
    int64_t ordinals[200];

    (void)test;
    for (int64_t i = 0; i < 200; i++)
        ordinals[i] = BASE + 3 * i;
    for (size_t count = 3; count <= 200; count += 197) {
        struct buf bytes = BUF(1 << 12);
        job_posting_add(&bytes, ordinals, count);
        for (size_t len = 1; len < bytes.len; len++) {
            struct job_bits set;
            assert_true(job_bits_init(&set, FIRST, BLOCKS));
            assert_false(job_posting_read((struct span){bytes.ptr, len}, &set));
            job_bits_release(&set);
        }
        buf_release(&bytes);
    }
}

static void expect_damaged(const unsigned char *bytes, size_t len)
{
    struct job_bits set;

    assert_true(job_bits_init(&set, FIRST, BLOCKS));
    assert_false(job_posting_read((struct span){(const char *)bytes, len}, &set));
    job_bits_release(&set);
}

/* Offsets that do not rise, or leave the block. */
static void offsets_that_are_none_are_no_set(void **test)
{
    static const unsigned char twice[] = {FIRST, 2, 20, 0};
    static const unsigned char outside[] = {FIRST, 1, 0x80, 8};
    static const unsigned char beyond[] = {FIRST, 2, 0xff, 7, 1};
    static const unsigned char huge[] = {FIRST, 2,    1,    0xff, 0xff, 0xff, 0xff,
                                         0xff,  0xff, 0xff, 0xff, 0xff, 0x01};
    static const unsigned char last[] = {FIRST, 1, 0xff, 7};
    struct job_bits set;

    (void)test;
    expect_damaged(twice, sizeof(twice));
    expect_damaged(outside, sizeof(outside));
    expect_damaged(beyond, sizeof(beyond));
    expect_damaged(huge, sizeof(huge));
    assert_true(job_bits_init(&set, FIRST, BLOCKS));
    assert_true(job_posting_read((struct span){(const char *)last, sizeof(last)}, &set));
    assert_true(job_bits_has(&set, BASE + 1023));
    job_bits_release(&set);
}

static int64_t before(const bool in[END], int64_t below)
{
    for (int64_t at = below < END ? below - 1 : END - 1; at >= BASE; at--)
        if (in[at])
            return at;
    return -1;
}

static void sets_meet_and_join(void **test)
{
    (void)test;
    for (unsigned seed = 1; seed < 60; seed++) {
        bool in[2][END], both[END], any[END];
        struct job_bits a = make_set(seed, in[0]), b = make_set(seed * 7919, in[1]);
        struct job_bits met = make_set(seed, in[0]);
        size_t common = 0;
        for (int i = 0; i < END; i++) {
            both[i] = in[0][i] && in[1][i];
            any[i] = in[0][i] || in[1][i];
            common += both[i];
        }
        assert_int_equal(job_bits_count_both(&a, &b), common);
        for (int64_t at = BASE - 70; at <= END + 70; at += 37)
            assert_int_equal(job_bits_before_both(&a, &b, at), before(both, at));
        job_bits_meet(&met, &b);
        job_bits_join(&a, &b);
        expect_set(&met, both);
        expect_set(&a, any);
        job_bits_release(&met);
        job_bits_release(&a);
        job_bits_release(&b);
    }
}

static int64_t next(const bool in[END], int64_t from, int64_t end)
{
    for (int64_t at = from > BASE ? from : BASE; at < end && at < END; at++)
        if (in[at])
            return at;
    return -1;
}

static void neighbours_are_found_in_both_directions(void **test)
{
    (void)test;
    for (unsigned seed = 1; seed < 12; seed++) {
        bool in[END];
        struct job_bits set = make_set(seed, in);
        for (int64_t at = BASE - 70; at <= END + 70; at += 1 + at % 5) {
            assert_int_equal(job_bits_before(&set, at), before(in, at));
            assert_int_equal(job_bits_next(&set, at, INT64_MAX), next(in, at, INT64_MAX));
            for (int64_t end = at - 1; end < at + 140; end += 23)
                assert_int_equal(job_bits_next(&set, at, end), next(in, at, end));
        }
        for (int64_t block = 0; block < FIRST + BLOCKS + 2; block++) {
            int64_t at = next(in, block * JOB_BLOCK, (block + 2) * JOB_BLOCK);
            assert_int_equal(job_bits_any(&set, block, block + 2), at >= 0);
        }
        job_bits_release(&set);
    }
}

static void what_is_dropped_is_gone(void **test)
{
    struct job_bits set;

    (void)test;
    assert_true(job_bits_init(&set, FIRST, BLOCKS));
    job_bits_fill(&set);
    assert_int_equal(job_bits_count(&set), BLOCKS * JOB_BLOCK);
    job_bits_drop(&set, BASE + 64);
    assert_false(job_bits_has(&set, BASE + 64));
    assert_int_equal(job_bits_count(&set), BLOCKS * JOB_BLOCK - 1);
    job_bits_release(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(chunks_are_read_one_after_another),
        cmocka_unit_test(cut_bytes_are_no_set),
        cmocka_unit_test(offsets_that_are_none_are_no_set),
        cmocka_unit_test(sets_meet_and_join),
        cmocka_unit_test(neighbours_are_found_in_both_directions),
        cmocka_unit_test(what_is_dropped_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
