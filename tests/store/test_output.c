/* Output: appended by offset, read from anywhere, and of a long one only both ends. */
#include "leases.h"

#include "base/mem.h"
#include "random.h"

#include <string.h>
#include <sys/stat.h>

#define STEPS_STANDARD 600
#define JOBS 3
#define STREAM_MAX ((size_t)6 << 20)
#define HEAD ((size_t)OUTPUT_HEAD)
#define TAIL ((size_t)OUTPUT_TAIL)

static struct random start;

static enum problem allow(void *context, const struct hold *hold, struct err *err)
{
    (void)context, (void)hold, (void)err;
    return PROBLEM_NONE;
}

static enum problem refuse(void *context, const struct hold *hold, struct err *err)
{
    const struct job **seen = context;

    *seen = hold->job;
    assert_int_equal(hold->lease->fence, 1);
    err_set(err, "Not you.");
    return PROBLEM_JOB_NOT_OWNED;
}

static struct store_append append(struct fixture *fixture, const struct uuid *id, int64_t offset,
                                  struct span bytes)
{
    struct store_append append = {
        .id = *id, .check = allow, .offset = offset, .bytes = bytes, .arena = &fixture->arena};

    STORE_WAIT(store_append, fixture->store, &append);
    return append;
}

/* What the stream's size is then. */
static int64_t must_append(struct fixture *fixture, const struct uuid *id, int64_t offset,
                           const char *text)
{
    struct store_append done = append(fixture, id, offset, span_of(text));

    assert_int_equal(done.call.problem, PROBLEM_NONE);
    return done.size;
}

static struct store_output read_from(struct fixture *fixture, const struct uuid *id, int64_t offset)
{
    struct store_output read = {.id = *id, .offset = offset, .arena = &fixture->arena};

    STORE_WAIT(store_output, fixture->store, &read);
    return read;
}

static struct output must_read(struct fixture *fixture, const struct uuid *id, int64_t offset)
{
    struct store_output read = read_from(fixture, id, offset);

    assert_int_equal(read.call.problem, PROBLEM_NONE);
    return read.output;
}

static int64_t size_in_detail(struct fixture *fixture, const struct uuid *id)
{
    struct store_detail detail = {.id = *id, .arena = &fixture->arena};

    STORE_WAIT(store_detail, fixture->store, &detail);
    assert_int_equal(detail.call.problem, PROBLEM_NONE);
    return detail.output_size;
}

static void assert_reads(struct fixture *fixture, const struct uuid *id, int64_t offset,
                         const char *text)
{
    struct output output = must_read(fixture, id, offset);

    assert_true(span_is(output.bytes, text));
    assert_true(output.dropped == 0);
}

static void what_is_appended_is_read_from_any_offset(void **state)
{
    struct fixture *fixture = *state;
    struct job job = must_create_named(fixture, "job"), other = must_create_named(fixture, "other");

    assert_reads(fixture, &job.id, 0, "");
    assert_true(must_append(fixture, &job.id, 0, "one\n") == 4);
    assert_true(must_append(fixture, &job.id, 4, "two\n") == 8);
    assert_int_equal(size_in_detail(fixture, &job.id), 8);
    assert_int_equal(size_in_detail(fixture, &other.id), 0);
    assert_reads(fixture, &job.id, 0, "one\ntwo\n");
    assert_reads(fixture, &job.id, 5, "wo\n");
    assert_reads(fixture, &job.id, 8, "");
    assert_reads(fixture, &job.id, 100, "");
    assert_reads(fixture, &job.id, -3, "wo\n");
    assert_reads(fixture, &job.id, -100, "one\ntwo\n");
    assert_true(must_read(fixture, &job.id, 100).size == 8);
    assert_reads(fixture, &other.id, 0, "");
}

static void what_is_there_already_is_not_appended_again(void **state)
{
    struct fixture *fixture = *state;
    struct job job = must_create_named(fixture, "job");

    must_append(fixture, &job.id, 0, "one two ");
    assert_true(must_append(fixture, &job.id, 0, "one two ") == 8);
    assert_true(must_append(fixture, &job.id, 4, "two") == 8);
    assert_true(must_append(fixture, &job.id, 4, "two three") == 13);
    assert_reads(fixture, &job.id, 0, "one two three");
}

static void a_hole_is_refused_with_the_size(void **state)
{
    struct fixture *fixture = *state;
    struct job job = must_create_named(fixture, "job");
    struct store_append hole;

    must_append(fixture, &job.id, 0, "one");
    hole = append(fixture, &job.id, 4, span_of("x"));
    assert_int_equal(hole.call.problem, PROBLEM_CONFLICT);
    assert_true(hole.size == 3);
    assert_reads(fixture, &job.id, 0, "one");
}

static void who_may_not_append_appends_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct grant grant = must_grant(fixture, 1);
    const struct job *seen = NULL;
    struct store_append append = {.id = grant.job.id,
                                  .check = refuse,
                                  .context = &seen,
                                  .bytes = SPAN("x"),
                                  .arena = &fixture->arena};

    STORE_WAIT(store_append, fixture->store, &append);
    assert_int_equal(append.call.problem, PROBLEM_JOB_NOT_OWNED);
    assert_string_equal(append.call.err.text, "Not you.");
    assert_non_null(seen);
    assert_reads(fixture, &grant.job.id, 0, "");
}

static void a_job_that_is_not_there_has_no_output(void **state)
{
    struct fixture *fixture = *state;
    struct job job = must_create_named(fixture, "job");
    struct uuid other = uuid_at(job.position), never = uuid_random();

    assert_int_equal(append(fixture, &other, 0, span_of("x")).call.problem, PROBLEM_JOB_NOT_FOUND);
    assert_int_equal(append(fixture, &never, 0, span_of("x")).call.problem, PROBLEM_JOB_NOT_FOUND);
    assert_int_equal(read_from(fixture, &other, 0).call.problem, PROBLEM_JOB_NOT_FOUND);
    assert_int_equal(read_from(fixture, &never, 0).call.problem, PROBLEM_JOB_NOT_FOUND);
    assert_reads(fixture, &job.id, 0, "");
}

struct heard {
    struct store_observer observer;
    int changed;
    int64_t position, change;
};

static void hear(void *context, int64_t position, int64_t change)
{
    struct heard *heard = context;

    heard->changed++;
    heard->position = position;
    heard->change = change;
}

static void output_is_heard_of_but_is_no_change_of_the_job(void **state)
{
    struct fixture *fixture = *state;
    struct job job = must_create_named(fixture, "job"), after;
    struct heard *heard = mem_need(ARENA_NEW(&fixture->arena, struct heard));

    *heard = (struct heard){.observer = {.context = heard, .changed = hear}, .change = -1};
    store_observe(fixture->store, &heard->observer);
    must_append(fixture, &job.id, 0, "x");
    assert_int_equal(heard->changed, 1);
    assert_true(heard->position == job.position && heard->change == 0);
    must_append(fixture, &job.id, 0, "x");
    append(fixture, &job.id, 5, span_of("x"));
    assert_int_equal(heard->changed, 1);
    after = must_get(fixture, &job.id);
    assert_same_job(&after, &job);
}

static void it_ends_with_the_job(void **state)
{
    struct fixture *fixture = *state;
    struct job job = must_create_named(fixture, "job"), after;
    struct job_event end = {.kind = EVENT_END,
                            .status = STATUS_COMPLETED_SUCCESS,
                            .by = user_at(1),
                            .run_after = JOB_NO_TIME,
                            .progress = JOB_NO_PROGRESS};

    assert_false(must_read(fixture, &job.id, 0).ended);
    job_report(fixture->store, &fixture->arena, &job.id, end, &after);
    assert_true(must_read(fixture, &job.id, 0).ended);
    must_append(fixture, &job.id, 0, "last words");
    assert_reads(fixture, &job.id, 0, "last words");
}

/* A byte of its own for each place, more or less. */
static char byte_at(size_t place)
{
    return (char)(place * 2654435761u >> 13);
}

/* Of a job: all that was ever written, of which the store keeps less. */
struct stream {
    struct uuid id;
    char *bytes;
    size_t size;
};

static void stream_open(struct fixture *fixture, struct stream *stream)
{
    *stream = (struct stream){.id = must_create_named(fixture, "job").id,
                              .bytes = arena_alloc(&fixture->arena, STREAM_MAX, 1)};
    assert_non_null(stream->bytes);
    for (size_t i = 0; i < STREAM_MAX; i++)
        stream->bytes[i] = byte_at(i);
}

static bool is_kept(const struct stream *stream, size_t place)
{
    return place < HEAD || place + TAIL >= stream->size;
}

static void stream_check(struct fixture *fixture, const struct stream *stream, int64_t offset)
{
    struct output output = must_read(fixture, &stream->id, offset);
    size_t begin = offset >= 0                      ? (size_t)offset
                   : stream->size > (size_t)-offset ? stream->size - (size_t)-offset
                                                    : 0;
    size_t found = 0, dropped = 0, gap = 0;

    for (size_t place = begin; place < stream->size; place++) {
        if (!is_kept(stream, place)) {
            gap = found;
            dropped++;
        } else if (found >= output.bytes.len || output.bytes.ptr[found++] != stream->bytes[place]) {
            fail_msg("byte %zu of %zu from %lld differs", place, stream->size, (long long)offset);
        }
    }
    assert_int_equal(found, output.bytes.len);
    assert_true((size_t)output.dropped == dropped && (size_t)output.size == stream->size);
    assert_true(dropped == 0 || output.gap == gap);
}

static void stream_append(struct fixture *fixture, struct stream *stream, size_t offset, size_t len)
{
    struct span bytes = {stream->bytes + offset, len};
    struct store_append done = append(fixture, &stream->id, (int64_t)offset, bytes);

    assert_int_equal(done.call.problem, PROBLEM_NONE);
    if (offset + len > stream->size)
        stream->size = offset + len;
    assert_true((size_t)done.size == stream->size);
}

static void of_a_long_one_both_ends_are_kept(void **state)
{
    struct fixture *fixture = *state;
    struct stream stream;

    stream_open(fixture, &stream);
    while (stream.size < HEAD + TAIL)
        stream_append(fixture, &stream, stream.size, OUTPUT_APPEND_MAX);
    stream_check(fixture, &stream, 0);
    stream_append(fixture, &stream, stream.size, 1);
    stream_check(fixture, &stream, 0);
    assert_true(must_read(fixture, &stream.id, 0).dropped == 1);
    while (stream.size < STREAM_MAX - OUTPUT_APPEND_MAX)
        stream_append(fixture, &stream, stream.size, OUTPUT_APPEND_MAX);
    stream_check(fixture, &stream, 0);
    stream_check(fixture, &stream, (int64_t)HEAD);
    stream_check(fixture, &stream, (int64_t)HEAD + 5);
    stream_check(fixture, &stream, (int64_t)(stream.size - TAIL) - 1);
    stream_check(fixture, &stream, -(int64_t)TAIL - 1);
    stream_check(fixture, &stream, -10);
    stream_append(fixture, &stream, HEAD + 7, 100); /* that was dropped: known all the same */
    if (*fixture->directory == '\0')
        return;
    fixture_reopen(fixture);
    stream_check(fixture, &stream, 0);
}

/* What is dropped is not kept anywhere. */
static void a_long_one_takes_little_room(void **state)
{
    struct fixture *fixture = *state;
    struct stream stream;
    struct stat file;

    if (*fixture->directory == '\0')
        return;
    stream_open(fixture, &stream);
    while (stream.size < STREAM_MAX)
        stream_append(fixture, &stream, stream.size, OUTPUT_APPEND_MAX / 4);
    fixture_reopen(fixture);
    assert_int_equal(stat(strchr(fixture->url, ':') + 1, &file), 0);
    assert_true((size_t)file.st_size < STREAM_MAX / 2);
}

static size_t random_size(struct random *random)
{
    static const size_t sizes[] = {10, 200, 5000, 40000, OUTPUT_APPEND_MAX};

    return 1 + random_pick(random, sizes[random_pick(random, ARRAY_SIZE(sizes))]);
}

static void random_append(struct fixture *fixture, struct random *random, struct stream *stream)
{
    size_t len = random_size(random), offset = stream->size;

    if (random_one_in(random, 4)) /* a repetition, or one that goes on */
        offset -= random_pick(random, (offset < 300000 ? offset : 300000) + 1);
    if (offset + len <= STREAM_MAX)
        stream_append(fixture, stream, offset, len);
    else if (random_one_in(random, 20))
        stream_open(fixture, stream);
}

static void random_read(struct fixture *fixture, struct random *random, const struct stream *stream)
{
    int64_t place = (int64_t)random_pick(random, stream->size + 10);

    stream_check(fixture, stream, random_one_in(random, 3) ? -place : place);
}

static void anything_in_any_order(void **state)
{
    struct fixture *fixture = *state;
    struct random random = start;
    struct stream streams[JOBS];
    uint64_t steps = fixture_number("JOBD_TEST_STEPS", STEPS_STANDARD);

    for (size_t i = 0; i < JOBS; i++)
        stream_open(fixture, &streams[i]);
    for (uint64_t i = 0; i < steps; i++) {
        struct stream *stream = &streams[random_pick(&random, JOBS)];
        if (random_one_in(&random, 5))
            random_read(fixture, &random, stream);
        else
            random_append(fixture, &random, stream);
        if (*fixture->directory != '\0' && random_one_in(&random, 200))
            fixture_reopen(fixture);
    }
    for (size_t i = 0; i < JOBS; i++)
        stream_check(fixture, &streams[i], 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(what_is_appended_is_read_from_any_offset),
        STORE_TEST(what_is_there_already_is_not_appended_again),
        STORE_TEST(a_hole_is_refused_with_the_size),
        STORE_TEST(who_may_not_append_appends_nothing),
        STORE_TEST(a_job_that_is_not_there_has_no_output),
        STORE_TEST(output_is_heard_of_but_is_no_change_of_the_job),
        STORE_TEST(it_ends_with_the_job),
        STORE_TEST(of_a_long_one_both_ends_are_kept),
        STORE_TEST(a_long_one_takes_little_room),
        STORE_TEST(anything_in_any_order),
    };

    fixture_backend(argc, argv);
    start = random_start();
    return cmocka_run_group_tests_name("store output", tests, NULL, NULL);
}
