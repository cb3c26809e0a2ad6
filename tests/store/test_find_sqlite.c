/* Find in SQLite against brute force: random queries, the index behind and caught up. */
#include "random.h"

#include "base/mem.h"
#include "base/text.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/index/follow.h"
#include "store/sqlite/index/name_index.h"

#include <stdlib.h>

#define JOBS 3000
#define MANY 70000 /* more than a zone of dates has */
#define PIECE 500 /* to index */
#define TYPES 12
#define USERS 6
#define QUERIES_STANDARD 400

struct kept {
    struct job job;
    struct span folded;
};

struct world {
    struct fixture *fixture;
    struct sqlite_reader *writer; /* of the test itself */
    struct random random;
    int64_t change; /* the last one given */
    size_t dates; /* how many different ones jobs have, about */
    bool tied; /* to their creation */
    struct arena arena; /* of one query */
    struct kept *jobs;
    size_t count;
    struct query query;
    struct span types[TYPES];
    const struct kept **expected;
    size_t expected_count;
};

static struct random seed;

static unsigned pick(struct world *world, size_t count)
{
    return random_pick(&world->random, count);
}

static bool one_in(struct world *world, size_t count)
{
    return pick(world, count) == 0;
}

/* The first is by far the likeliest. */
static unsigned pick_skewed(struct world *world, size_t count)
{
    return one_in(world, 3) ? pick(world, count) : pick(world, 1 + count / 4);
}

static char *type_name(struct world *world, struct arena *arena, unsigned number)
{
    (void)world;
    return arena_printf(arena, number % 2 == 0 ? "TYPE_%02u" : "type_%02u", number);
}

/* A third have one name, in two spellings. */
static const char *random_name(struct world *world, struct arena *arena)
{
    static const char *const words[] = {"import", "Import", "export", "of",  "sales", "Straße",
                                        "ß",      "a",      "aa",     "aab", "\"q\"", "École"};
    const char *name = words[pick(world, ARRAY_SIZE(words))];

    if (one_in(world, 3))
        return one_in(world, 4) ? "Nightly Import" : "nightly import";
    while (one_in(world, 2))
        name = arena_printf(arena, "%s %s", name, words[pick(world, ARRAY_SIZE(words))]);
    return one_in(world, 3) ? arena_printf(arena, "%s %u", name, pick(world, 100)) : name;
}

static struct draft random_draft(struct world *world)
{
    struct arena *arena = &world->fixture->arena;
    unsigned type = pick_skewed(world, TYPES);
    struct draft draft = draft_of(arena, random_name(world, arena), type_name(world, arena, type));

    draft.user = user_at(pick_skewed(world, USERS));
    return draft;
}

static void create_jobs(struct world *world, size_t first, size_t count)
{
    struct draft drafts[100];
    struct job *jobs;

    for (size_t i = 0; i < count; i++)
        drafts[i] = random_draft(world);
    assert_int_equal(
        job_create(world->fixture->store, &world->fixture->arena, drafts, count, &jobs),
        PROBLEM_NONE);
    for (size_t i = 0; i < count; i++) {
        world->jobs[first + i].job = jobs[i];
        world->jobs[first + i].folded = drafts[i].name_folded;
    }
    world->change += (int64_t)count;
    world->fixture->clock.ms += pick(world, 3);
}

/* Of the job that was created as the nth; a few later than the others. */
static int64_t random_date(struct world *world, size_t nth)
{
    int64_t start = START_MS + (world->tied ? (int64_t)nth : 0);
    size_t range = one_in(world, 2) ? world->dates : 1 + world->dates / 50;

    if (one_in(world, 4))
        return JOB_NO_TIME;
    return start + (int64_t)pick(world, range);
}

static void bind_date(sqlite3_stmt *statement, int index, int64_t date)
{
    if (date != JOB_NO_TIME)
        sqlite3_bind_int64(statement, index, date);
}

/* Any status with any dates: the store knows no rules. */
static void scatter(struct world *world, size_t nth, size_t dates_of)
{
    struct job *job = &world->jobs[nth].job;
    sqlite3_stmt *update = sqlite_prepare_cached(
        world->writer, "UPDATE job SET status = ?1, started_on = ?2, ended_on = ?3, change = ?4 "
                       "WHERE position = ?5");

    job->status = (enum job_status)pick_skewed(world, STATUS_COUNT);
    job->started_on = random_date(world, dates_of);
    job->ended_on = random_date(world, dates_of);
    job->change = ++world->change;
    sqlite3_bind_int(update, 1, (int)job->status);
    bind_date(update, 2, job->started_on);
    bind_date(update, 3, job->ended_on);
    sqlite3_bind_int64(update, 4, job->change);
    sqlite3_bind_int64(update, 5, job->position);
    assert_int_equal(sqlite3_step(update), SQLITE_DONE);
    sqlite_rewind(update);
}

/* In pieces, between which ranges of names are parted. */
static void index_names(struct world *world, int jobs)
{
    struct name_index_progress progress;

    assert_true(connection_run(world->writer, "BEGIN IMMEDIATE"));
    for (int left = jobs; left > 0; left -= PIECE)
        assert_true(name_index_step(world->writer, left < PIECE ? left : PIECE, &progress));
    assert_true(connection_run(world->writer, "COMMIT"));
}

static void follow_changes(struct world *world, int jobs)
{
    struct follow_progress progress;

    assert_true(connection_run(world->writer, "BEGIN IMMEDIATE"));
    assert_true(follow_step(world->writer, jobs, &progress));
    assert_true(connection_run(world->writer, "COMMIT"));
}

/* Some to dates that those created with them are far from. */
static void change_jobs(struct world *world, int count)
{
    assert_true(connection_run(world->writer, "BEGIN IMMEDIATE"));
    for (int i = 0; i < count; i++) {
        size_t nth = pick(world, world->count);
        scatter(world, nth, one_in(world, 4) ? pick(world, world->count) : nth);
    }
    assert_true(connection_run(world->writer, "COMMIT"));
}

/* The walk's test knows types by their numbers modulo 64: those of the jobs are 59 to 70. */
static const char OTHER_TYPES[] =
    "WITH RECURSIVE other (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM other WHERE n < 58) "
    "INSERT INTO type (name) SELECT 'OTHER_' || n FROM other";

/* Without the background indexer: the test decides how far the index is. */
static void fill(struct world *world)
{
    struct fixture *fixture = world->fixture;
    struct err err;

    store_close(TAKE(fixture->store));
    fixture->store = fixture_open(fixture, false);
    assert_true(
        connection_open(fixture->url + strlen("sqlite:"), CONNECTION_WRITES, &world->writer, &err));
    assert_true(connection_run(world->writer, OTHER_TYPES));
    for (size_t i = 0; i < world->count; i += 100)
        create_jobs(world, i, 100);
    assert_true(connection_run(world->writer, "BEGIN IMMEDIATE"));
    for (size_t i = 0; i < world->count; i++)
        scatter(world, i, i);
    assert_true(connection_run(world->writer, "COMMIT"));
}

/* Some bytes of a name, or nonsense. */
static void random_pattern(struct world *world, struct query *query)
{
    const struct kept *kept = &world->jobs[pick(world, world->count)];
    struct span name = one_in(world, 2) ? kept->folded : kept->job.name;
    size_t start = 0, len = 0;

    query->match = (enum name_match)pick(world, 4);
    query->has_name = true;
    for (size_t skip = one_in(world, 2) ? pick(world, name.len) : 0; start < skip;)
        start += text_step(span_skip(name, start));
    for (size_t want = 1 + pick(world, one_in(world, 2) ? 4 : 30);
         len < want && start + len < name.len;)
        len += text_step(span_skip(name, start + len));
    query->name =
        query->match == MATCH_EXACT ? kept->job.name : (struct span){name.ptr + start, len};
    if (one_in(world, 12))
        query->name = span_of(one_in(world, 2) ? "no such" : "zz");
    query->name_folded = text_fold(&world->arena, query->name);
}

static int type_compare(const void *a, const void *b)
{
    const struct span *left = a, *right = b;

    return strcmp(left->ptr, right->ptr);
}

static void random_types(struct world *world, struct query *query)
{
    size_t chance = 1 + pick(world, 5);

    for (unsigned i = 0; i < TYPES; i++) {
        if (one_in(world, chance))
            world->types[query->type_count++] = span_of(type_name(world, &world->arena, i));
    }
    if (query->type_count == 0)
        world->types[query->type_count++] = span_of("unknown");
    qsort(world->types, query->type_count, sizeof(world->types[0]), type_compare);
    query->types = world->types;
}

static void random_query(struct world *world)
{
    struct query *query = &world->query;

    *query = query_all();
    if (one_in(world, 2))
        random_pattern(world, query);
    if (one_in(world, 2)) {
        query->statuses = (uint32_t)random_next(&world->random);
        query->statuses &= (uint32_t)random_next(&world->random);
    }
    query->statuses &= STATUS_MASK_ALL;
    if (one_in(world, 2))
        random_types(world, query);
    query->has_user = one_in(world, 3);
    query->user = user_at(pick(world, USERS + 1));
    query->order = (enum query_order)pick(world, ORDER_RESULT + 1);
    query->ascending = query->order != ORDER_CREATED && one_in(world, 2);
    query->page_size = 1 + pick(world, QUERY_PAGE_MAX);
}

static struct span key_text(const struct query *query, const struct kept *kept)
{
    switch (query->order) {
    case ORDER_NAME:
        return kept->folded;
    case ORDER_TYPE:
        return kept->job.type;
    case ORDER_STATE:
        return span_of(state_name(status_state(kept->job.status)));
    case ORDER_RESULT:
        return span_of(result_name(status_result(kept->job.status)));
    case ORDER_CREATED:
    case ORDER_START_DATE:
    case ORDER_END_DATE:
        break;
    }
    return span_of("");
}

static int64_t key_date(const struct query *query, const struct kept *kept)
{
    if (query->order == ORDER_START_DATE)
        return kept->job.started_on;
    return query->order == ORDER_END_DATE ? kept->job.ended_on : 0;
}

static int kept_compare(const void *a, const void *b, void *context)
{
    const struct kept *left = *(const struct kept *const *)a;
    const struct kept *right = *(const struct kept *const *)b;
    const struct query *query = context;
    int64_t left_date = key_date(query, left), right_date = key_date(query, right);
    int order = span_compare(key_text(query, left), key_text(query, right));

    if ((left_date == JOB_NO_TIME) != (right_date == JOB_NO_TIME))
        return left_date == JOB_NO_TIME ? 1 : -1;
    if (left_date != right_date)
        order = left_date < right_date ? -1 : 1;
    if (order != 0)
        return query->ascending ? order : -order;
    return left->job.position < right->job.position ? 1 : -1;
}

static void expect(struct world *world)
{
    world->expected_count = 0;
    for (size_t i = 0; i < world->count; i++) {
        if (query_matches(&world->query, &world->jobs[i].job, world->jobs[i].folded))
            world->expected[world->expected_count++] = &world->jobs[i];
    }
    qsort_r(world->expected, world->expected_count, sizeof(world->expected[0]), kept_compare,
            &world->query);
}

static const char *query_text(struct world *world)
{
    const struct query *query = &world->query;

    return arena_printf(&world->arena,
                        "name %d/%d '%.*s' statuses %#x types %zu user %d order %d %s page %zu",
                        query->has_name, (int)query->match, (int)query->name.len,
                        query->has_name ? query->name.ptr : "", query->statuses, query->type_count,
                        query->has_user ? query->user.bytes[1] : -1, (int)query->order,
                        query->ascending ? "ASC" : "DESC", query->page_size);
}

/* Reads the page behind the first `seen` jobs and compares it. Returns how many there are. */
static size_t check_page(struct world *world, size_t seen)
{
    size_t rest = world->expected_count - seen;
    size_t page = rest < world->query.page_size ? rest : world->query.page_size;
    struct cursor cursor;
    struct store_find find;

    if (seen > 0)
        cursor = cursor_at(&world->query, &world->expected[seen - 1]->job);
    if (job_page(world->fixture->store, &world->arena, &world->query, seen > 0 ? &cursor : NULL,
                 &find) != PROBLEM_NONE)
        fail_msg("%s: %s", find.call.err.text, query_text(world));
    if (find.count != page || find.more != (rest > page))
        fail_msg("behind %zu: %zu and more %d instead of %zu and more %d: %s", seen, find.count,
                 find.more, page, rest > page, query_text(world));
    for (size_t i = 0; i < page; i++) {
        const struct job *expected = &world->expected[seen + i]->job;
        const char *difference = job_shown_difference(find.jobs[i], expected);
        if (difference[0] != '\0')
            fail_msg("behind %zu: job %zu differs in %s: %s", seen, i, difference,
                     query_text(world));
    }
    return page;
}

/* The first pages, and some from the middle on to the end at most. */
static void check_query(struct world *world)
{
    size_t seen = 0;

    random_query(world);
    expect(world);
    for (int i = 0; i < 3; i++)
        seen += check_page(world, seen);
    if (world->expected_count == 0)
        return;
    seen = pick(world, world->expected_count);
    for (int i = 0; i < 3; i++)
        seen += check_page(world, seen);
}

static void check_queries(struct world *world)
{
    uint64_t standard = world->count > JOBS ? QUERIES_STANDARD / 4 : QUERIES_STANDARD;
    uint64_t queries = fixture_number("JOBD_TEST_QUERIES", standard);

    for (uint64_t i = 0; i < queries; i++) {
        check_query(world);
        arena_clear(&world->arena);
    }
}

static struct world *begin(struct fixture *fixture, size_t count, size_t dates)
{
    struct world *world = mem_need(mem_alloc(1, sizeof(*world)));

    world->fixture = fixture;
    world->count = count;
    world->jobs = mem_need(mem_alloc(count, sizeof(*world->jobs)));
    world->expected = mem_need(mem_alloc(count, sizeof(*world->expected)));
    world->dates = dates;
    world->random = seed;
    arena_init(&world->arena, 1 << 24);
    return world;
}

static void end(struct world *world)
{
    connection_close(world->writer);
    arena_release(&world->arena);
    mem_free(world->jobs);
    mem_free(world->expected);
    mem_free(world);
}

/* The index behind in all ways there are, and caught up. */
static void check_stages(struct world *world)
{
    int jobs = (int)world->count;

    fill(world);
    check_queries(world);
    index_names(world, jobs / 2);
    check_queries(world);
    change_jobs(world, jobs / 15);
    check_queries(world);
    follow_changes(world, 100);
    check_queries(world);
    index_names(world, jobs / 2 - 10);
    check_queries(world);
    change_jobs(world, JOBS / 2);
    follow_changes(world, JOBS / 2 - 10);
    check_queries(world);
    index_names(world, 20);
    follow_changes(world, JOBS);
    check_queries(world);
}

static void pages_are_what_brute_force_says(void **state)
{
    struct world *world = begin(*state, JOBS, 3000);

    check_stages(world);
    end(world);
}

/* So that pages, and stretches of jobs, begin and end within a date. */
static void pages_are_right_where_many_dates_are_the_same(void **state)
{
    struct world *world = begin(*state, JOBS, 6);

    check_stages(world);
    end(world);
}

/* So that most stretches of jobs need not be looked at, and must not be forgotten. */
static void pages_are_right_where_dates_follow_creation(void **state)
{
    struct world *world = begin(*state, MANY, 2000);

    world->tied = true;
    check_stages(world);
    end(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(pages_are_what_brute_force_says),
        STORE_TEST(pages_are_right_where_many_dates_are_the_same),
        STORE_TEST(pages_are_right_where_dates_follow_creation),
    };

    fixture_backend(argc, argv);
    seed = random_start();
    return cmocka_run_group_tests_name("find in SQLite", tests, NULL, NULL);
}
