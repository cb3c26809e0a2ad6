/* Finding among thousands: few common values, many rare ones, pages anywhere in the order. */
#include "data.h"
#include "random.h"
#include "shadow_walks.h"
#include "threads.h"

#include <string.h>

#define JOBS 6000
#define BULK 1000
#define TYPES 130
#define USERS 200
#define THREADS 8
#define QUERIES_STANDARD 300
#define PLACES 4 /* pages of each query */

static struct random start;

/* What both sides of the test hold. */
struct many {
    struct fixture *fixture;
    struct random random;
    struct shadow shadow;
    struct job *jobs; /* as they are to become, then as they became */
    _Atomic size_t next;
};

/* Low numbers are far more frequent. */
static unsigned skewed(struct random *random, size_t count)
{
    return random_one_in(random, 5) ? random_pick(random, count) : random_pick(random, 2);
}

static const char *type_name(struct arena *arena, unsigned number)
{
    return arena_printf(arena, "TYPE_%u", number);
}

static const char *job_name(struct many *many)
{
    struct arena *arena = &many->fixture->arena;

    switch (random_pick(&many->random, 6)) {
    case 0:
    case 1:
        return "nightly import";
    case 2:
        return arena_printf(arena, "import %u", random_pick(&many->random, 1000));
    case 3:
        return arena_printf(arena, "job of %x", random_pick(&many->random, 1 << 30));
    case 4:
        return arena_printf(arena, "Éxport %u", random_pick(&many->random, 30));
    default:
        return data_names[random_pick(&many->random, data_name_count)];
    }
}

static enum job_status random_status(struct random *random)
{
    if (!random_one_in(random, 6))
        return STATUS_COMPLETED_SUCCESS;
    return (enum job_status)random_pick(random, STATUS_COUNT);
}

/* Absent, the same for many, or its own. */
static int64_t random_date(struct random *random)
{
    switch (random_pick(random, 4)) {
    case 0:
    case 1:
        return JOB_NO_TIME;
    case 2:
        return START_MS + random_pick(random, 3) * 1000;
    default:
        return START_MS + random_pick(random, 1 << 20);
    }
}

static void create_bulk(struct many *many, struct job *ret_jobs)
{
    struct arena *arena = &many->fixture->arena;
    struct draft *drafts = ARENA_ARRAY(arena, struct draft, BULK);
    struct job *jobs;

    for (size_t i = 0; i < BULK; i++) {
        drafts[i] = draft_of(arena, job_name(many), type_name(arena, skewed(&many->random, TYPES)));
        drafts[i].user = user_at(skewed(&many->random, USERS));
    }
    assert_int_equal(job_create(many->fixture->store, arena, drafts, BULK, &jobs), PROBLEM_NONE);
    memcpy(ret_jobs, jobs, BULK * sizeof(*jobs));
    many->fixture->clock.ms += 7;
}

/* Each thread takes the next job that nobody has taken, until there is none. */
static bool put_some(void *context, size_t number)
{
    struct many *many = context;
    AUTO(arena_release) struct arena arena;
    size_t i;

    (void)number;
    arena_init(&arena, 1 << 20);
    while ((i = many->next++) < JOBS) {
        struct job put;
        arena_clear(&arena);
        if (many->jobs[i].status == STATUS_WAITING)
            continue;
        if (job_put(many->fixture->store, &arena, &many->jobs[i].id, &many->jobs[i], &put) !=
            PROBLEM_NONE)
            return false;
        many->jobs[i].change = put.change;
    }
    return true;
}

static void fill(struct many *many)
{
    many->jobs = ARENA_ARRAY(&many->fixture->arena, struct job, JOBS);
    for (size_t i = 0; i < JOBS; i += BULK)
        create_bulk(many, &many->jobs[i]);
    for (size_t i = 0; i < JOBS; i++) {
        struct job *job = &many->jobs[i];
        job->status = random_status(&many->random);
        if (job->status == STATUS_WAITING)
            continue;
        job->started_on = random_date(&many->random);
        job->ended_on = random_date(&many->random);
    }
    assert_int_equal(threads_run(THREADS, put_some, many), 0);
    for (size_t i = 0; i < JOBS; i++)
        shadow_add(&many->shadow, &many->jobs[i]);
}

static void random_types(struct many *many, struct arena *arena, struct query *query)
{
    static const size_t counts[] = {1, 2, 5, 20, QUERY_TYPES_MAX};
    size_t wanted = counts[random_pick(&many->random, ARRAY_SIZE(counts))];
    struct span *types = ARENA_ARRAY(arena, struct span, wanted);

    query->types = types;
    for (unsigned i = 0; i < wanted; i++) {
        unsigned number = wanted == 1 ? skewed(&many->random, TYPES + 3) : i + 100;
        types[i] = span_of(type_name(arena, number)); /* 100.. sorts as numbers do */
    }
    query->type_count = wanted;
    if (wanted > 1 && random_one_in(&many->random, 2))
        types[0] = span_of(type_name(arena, 1)); /* a frequent one, first in order too */
}

static void random_search(struct many *many, struct arena *arena, struct query *query)
{
    static const char *const common[] = {"import", "nightly", "n",   "im",  "job of ",
                                         "éx",     "1",       "12",  "t 7", "nightly import",
                                         "f",      "zq",      "of 3"};
    struct random *random = &many->random;
    const char *name = common[random_pick(random, ARRAY_SIZE(common))];

    if (random_one_in(random, 4))
        name = data_names[random_pick(random, data_name_count)];
    else if (random_one_in(random, 4))
        name = data_parts[random_pick(random, data_part_count)];
    query_by_name(arena, query, name, (enum name_match)random_pick(random, 4));
}

static struct query random_query(struct many *many, struct arena *arena)
{
    struct random *random = &many->random;
    struct query query = query_all();

    if (random_one_in(random, 2))
        random_search(many, arena, &query);
    if (random_one_in(random, 3))
        query.statuses = 1u << random_pick(random, STATUS_COUNT);
    else if (random_one_in(random, 3))
        query.statuses = (uint32_t)random_next(random) & STATUS_MASK_ALL;
    if (random_one_in(random, 3))
        random_types(many, arena, &query);
    query.has_user = random_one_in(random, 3);
    query.user = user_at(skewed(random, USERS + 3));
    query.order = (enum query_order)random_pick(random, ORDER_RESULT + 1);
    query.ascending = query.order != ORDER_CREATED && random_one_in(random, 2);
    return query;
}

/* The first page, and some behind jobs anywhere in the order. */
static void check_places(struct many *many, struct query *query, struct arena *arena)
{
    size_t count;
    const struct job **expected = shadow_find(&many->shadow, query, NULL, arena, &count);

    for (int place = 0; place < PLACES; place++) {
        size_t skip = place > 0 && count > 0 ? 1 + random_pick(&many->random, count) : 0;
        struct cursor cursor;
        struct store_find find;
        query->page_size = 1 + random_pick(&many->random, QUERY_PAGE_MAX);
        if (skip > 0)
            cursor = cursor_at(query, expected[skip - 1]);
        if (job_page(many->fixture->store, arena, query, skip > 0 ? &cursor : NULL, &find) !=
            PROBLEM_NONE)
            fail_msg("%s: %s", find.call.err.text, query_text(arena, query));
        shadow_check_rows(&find, expected + skip, count - skip, arena);
    }
}

static void pages_anywhere_among_thousands(void **state)
{
    uint64_t queries = fixture_number("JOBD_TEST_QUERIES", QUERIES_STANDARD);
    struct many many = {.fixture = *state, .random = start};
    AUTO(arena_release) struct arena arena;

    arena_init(&arena, 1 << 26);
    shadow_init(&many.shadow);
    fill(&many);
    fixture_settle();
    for (uint64_t i = 0; i < queries; i++) {
        struct query query = random_query(&many, &arena);
        check_places(&many, &query, &arena);
        arena_clear(&arena);
    }
    shadow_release(&many.shadow);
}

static void whole_walks_through_thousands(void **state)
{
    struct many many = {.fixture = *state, .random = start};
    struct query query = query_all();

    shadow_init(&many.shadow);
    fill(&many);
    for (int order = ORDER_CREATED; order <= ORDER_RESULT; order++) {
        query.order = (enum query_order)order;
        query.ascending = order != ORDER_CREATED && random_one_in(&many.random, 2);
        shadow_check_walk(&many.shadow, many.fixture, query, QUERY_PAGE_MAX);
    }
    query_by_name(&many.fixture->arena, &query, "im", MATCH_ANYWHERE);
    shadow_check_walk(&many.shadow, many.fixture, query, QUERY_PAGE_MAX);
    shadow_release(&many.shadow);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(pages_anywhere_among_thousands),
        STORE_TEST(whole_walks_through_thousands),
    };

    fixture_backend(argc, argv);
    start = random_start();
    return cmocka_run_group_tests_name("store many", tests, NULL, NULL);
}
