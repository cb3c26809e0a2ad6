/* Finding: every filter alone and in pairs, every order, walks that miss and repeat nothing. */
#include "data.h"
#include "shadow_walks.h"
#include "threads.h"

#include <sched.h>
#include <string.h>

#define OLD_JOBS 200
#define NEW_JOBS 100
#define NEW_A_PAGE 5

/* Each status alone, some together, all but one, and none. */
static const uint32_t masks[] = {
    1u << STATUS_WAITING,
    1u << STATUS_RUNNING,
    1u << STATUS_COMPLETED_SUCCESS,
    1u << STATUS_COMPLETED_WITH_ERROR,
    1u << STATUS_COMPLETED_ABORTED,
    1u << STATUS_FAILED_FAILURE,
    1u << STATUS_FAILED_ABORTED,
    1u << STATUS_DELETED_SUCCESS,
    1u << STATUS_DELETED_WITH_ERROR,
    1u << STATUS_DELETED_FAILURE,
    1u << STATUS_DELETED_ABORTED,
    1u << STATUS_WAITING | 1u << STATUS_RUNNING,
    1u << STATUS_COMPLETED_ABORTED | 1u << STATUS_FAILED_ABORTED | 1u << STATUS_DELETED_ABORTED,
    STATUS_MASK_ALL & ~(1u << STATUS_WAITING),
    0,
};

static const unsigned type_sets[] = {1, 2, 4, 8, 16, 3, 12, 21, 31};

/* All orders and directions, by pages of each of the sizes. */
static void check_orders(struct shadow_walks *walks, struct query query, const size_t *sizes,
                         size_t size_count)
{
    for (int order = ORDER_CREATED; order <= ORDER_RESULT; order++) {
        int directions = order == ORDER_CREATED ? 1 : 2;
        query.order = (enum query_order)order;
        for (int direction = 0; direction < directions; direction++) {
            query.ascending = direction == 1;
            for (size_t i = 0; i < size_count; i++)
                shadow_walks_add(walks, query, sizes[i]);
        }
    }
}

static void check_alone(struct shadow_walks *walks, struct query query)
{
    static const size_t sizes[] = {1, 3, QUERY_PAGE_MAX};

    check_orders(walks, query, sizes, ARRAY_SIZE(sizes));
}

static void check_pair(struct shadow_walks *walks, struct query query)
{
    static const size_t size = 3;

    check_orders(walks, query, &size, 1);
}

/* The orders by which names are looked for most differently. */
static void check_names(struct shadow_walks *walks, struct query query)
{
    static const struct {
        enum query_order order;
        bool ascending;
    } orders[] = {{ORDER_CREATED, false}, {ORDER_NAME, true}, {ORDER_END_DATE, false}};

    for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
        query.order = orders[i].order;
        query.ascending = orders[i].ascending;
        shadow_walks_add(walks, query, 3);
    }
}

/* Most tests here look at the same jobs and change none. */
static void with_data(void **state, void (*check)(struct shadow_walks *))
{
    struct fixture *fixture = *state;
    struct shadow shadow;
    struct shadow_walks walks = {.shadow = &shadow, .fixture = fixture};

    shadow_init(&shadow);
    data_fill(fixture, &shadow);
    check(&walks);
    shadow_walks_end(&walks);
    shadow_release(&shadow);
}

static void empty_store_has_one_empty_page(void **state)
{
    struct shadow shadow;
    struct shadow_walks walks = {.shadow = &shadow, .fixture = *state};

    shadow_init(&shadow);
    check_alone(&walks, query_all());
    shadow_walks_end(&walks);
    shadow_release(&shadow);
}

static void check_unfiltered(struct shadow_walks *walks)
{
    check_alone(walks, query_all());
}

static void unfiltered(void **state)
{
    with_data(state, check_unfiltered);
}

static void check_statuses(struct shadow_walks *walks)
{
    struct query query = query_all();

    for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
        query.statuses = masks[i];
        check_alone(walks, query);
    }
}

static void by_status(void **state)
{
    with_data(state, check_statuses);
}

static void check_types(struct shadow_walks *walks)
{
    static const struct span unknown[] = {SPAN("IMPOR"), SPAN("IMPORT "), SPAN("unknown")};
    struct query query = query_all();

    for (size_t i = 0; i < ARRAY_SIZE(type_sets); i++) {
        query_by_types(&walks->fixture->arena, &query, type_sets[i]);
        check_alone(walks, query);
    }
    query.types = unknown;
    query.type_count = ARRAY_SIZE(unknown);
    check_alone(walks, query);
}

static void by_type(void **state)
{
    with_data(state, check_types);
}

static void check_users(struct shadow_walks *walks)
{
    struct query query = query_all();

    query.has_user = true;
    for (unsigned i = 0; i <= DATA_USERS; i++) { /* the last one has no job */
        query.user = user_at(i);
        check_alone(walks, query);
    }
}

static void by_user(void **state)
{
    with_data(state, check_users);
}

static void check_name(struct shadow_walks *walks, const char *name)
{
    struct query query = query_all();

    for (int match = MATCH_START; match <= MATCH_EXACT; match++) {
        query_by_name(&walks->fixture->arena, &query, name, (enum name_match)match);
        check_names(walks, query);
    }
}

static void check_whole_names(struct shadow_walks *walks)
{
    fixture_settle();
    for (size_t i = 0; i < data_name_count; i++)
        check_name(walks, data_names[i]);
}

static void by_whole_names(void **state)
{
    with_data(state, check_whole_names);
}

static void check_parts(struct shadow_walks *walks)
{
    fixture_settle();
    for (size_t i = 0; i < data_part_count; i++)
        check_name(walks, data_parts[i]);
}

static void by_parts_of_names(void **state)
{
    with_data(state, check_parts);
}

/* The name's own pages of one and of all, for a few names. */
static void check_name_pages(struct shadow_walks *walks)
{
    static const char *const names[] = {"import", "a", "", "é"};
    struct query query = query_all();

    fixture_settle();
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        for (int match = MATCH_START; match <= MATCH_EXACT; match++) {
            query_by_name(&walks->fixture->arena, &query, names[i], (enum name_match)match);
            check_alone(walks, query);
        }
    }
}

static void by_name_in_all_page_sizes(void **state)
{
    with_data(state, check_name_pages);
}

/* A user, a type or a few statuses, besides what the query asks already. */
static void check_with_another(struct shadow_walks *walks, struct query query)
{
    struct query pair = query;

    for (size_t i = 1; i < ARRAY_SIZE(masks); i += 3) {
        pair.statuses = query.statuses & masks[i];
        check_pair(walks, pair);
    }
    pair = query;
    pair.has_user = true;
    for (unsigned i = 0; i <= DATA_USERS; i += 2) {
        pair.user = user_at(i);
        check_pair(walks, pair);
    }
    if (query.type_count > 0)
        return;
    pair = query;
    for (size_t i = 0; i < ARRAY_SIZE(type_sets); i += 2) {
        query_by_types(&walks->fixture->arena, &pair, type_sets[i]);
        check_pair(walks, pair);
    }
}

static void check_name_pairs(struct shadow_walks *walks)
{
    static const char *const names[] = {"import", "im", "A", "ss", "%", "é", "zzz", "\u00AD"};
    struct query query = query_all();

    fixture_settle();
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        for (int match = MATCH_START; match <= MATCH_EXACT; match++) {
            query_by_name(&walks->fixture->arena, &query, names[i], (enum name_match)match);
            check_with_another(walks, query);
        }
    }
}

static void by_name_and_another(void **state)
{
    with_data(state, check_name_pairs);
}

static void check_type_pairs(struct shadow_walks *walks)
{
    struct query query = query_all();

    for (size_t i = 0; i < ARRAY_SIZE(type_sets); i++) {
        query_by_types(&walks->fixture->arena, &query, type_sets[i]);
        check_with_another(walks, query);
    }
}

static void by_type_and_another(void **state)
{
    with_data(state, check_type_pairs);
}

static void check_user_pairs(struct shadow_walks *walks)
{
    struct query query = query_all();

    query.has_user = true;
    for (unsigned user = 0; user < DATA_USERS; user++) {
        query.user = user_at(user);
        for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
            query.statuses = masks[i];
            check_pair(walks, query);
        }
    }
}

static void by_user_and_status(void **state)
{
    with_data(state, check_user_pairs);
}

/* As many types as a request may name, most of them unknown. */
static void by_very_many_types(void **state)
{
    struct fixture *fixture = *state;
    struct span *types = ARENA_ARRAY(&fixture->arena, struct span, QUERY_TYPES_MAX);
    struct query query = query_all();
    struct shadow shadow;
    struct shadow_walks walks = {.shadow = &shadow, .fixture = fixture};

    shadow_init(&shadow);
    for (size_t i = 0; i < QUERY_TYPES_MAX; i++) {
        const char *type = arena_printf(&fixture->arena, "type %03zu", i);
        struct draft draft = draft_of(&fixture->arena, "job", type);
        struct job job;
        types[i] = span_of(type);
        if (i % 3 != 0)
            continue;
        job = must_create(fixture, &draft);
        shadow_add(&shadow, &job);
    }
    query.types = types;
    query.type_count = QUERY_TYPES_MAX;
    query.statuses = STATUS_MASK_ALL & ~(1u << STATUS_RUNNING);
    check_alone(&walks, query);
    query.has_user = true;
    query.user = user_at(1);
    check_alone(&walks, query);
    shadow_walks_end(&walks);
    shadow_release(&shadow);
}

struct walkers {
    struct fixture *fixture;
    const int64_t *positions; /* of the old jobs, rising */
    _Atomic size_t created, pages;
    _Atomic bool over;
};

static bool create_new(struct walkers *walkers)
{
    AUTO(arena_release) struct arena arena;
    struct draft draft;
    struct job *jobs;

    arena_init(&arena, 1 << 20);
    draft = draft_of(&arena, "job 7", "TEST");
    walkers->created++;
    return job_create(walkers->fixture->store, &arena, &draft, 1, &jobs) == PROBLEM_NONE;
}

/* Not faster than the walk reads, or it would never end. */
static bool create_meanwhile(struct walkers *walkers)
{
    bool good = true;

    while (good && !walkers->over) {
        if (walkers->created < NEW_A_PAGE * (walkers->pages + 1))
            good = create_new(walkers);
        else
            sched_yield();
    }
    walkers->over = true;
    return good;
}

/* Which old job this is; OLD_JOBS when it is a new one. */
static size_t old_index(const struct walkers *walkers, int64_t position)
{
    size_t i = 0;

    while (i < OLD_JOBS && walkers->positions[i] != position)
        i++;
    return i;
}

/* One walk: each old job must come exactly once. */
static bool walk_once(struct walkers *walkers, const struct query *query)
{
    AUTO(arena_release) struct arena arena;
    int seen[OLD_JOBS + 1] = {0}; /* the last one counts the new jobs */
    struct store_find find = {.more = true};
    struct cursor cursor;

    arena_init(&arena, 1 << 26);
    for (bool first = true; find.more; first = false) {
        if (job_page(walkers->fixture->store, &arena, query, first ? NULL : &cursor, &find) !=
            PROBLEM_NONE)
            return false;
        walkers->pages++;
        for (size_t i = 0; i < find.count; i++)
            seen[old_index(walkers, find.jobs[i]->position)]++;
        if (find.more)
            cursor = cursor_at(query, find.jobs[find.count - 1]);
    }
    for (size_t i = 0; i < OLD_JOBS; i++) {
        if (seen[i] != 1)
            return false;
    }
    return true;
}

/* In some orders the new jobs come before the old ones, in others behind or among them. */
static bool walk_meanwhile(struct walkers *walkers)
{
    bool good = true;

    while (good && !walkers->over && walkers->created < NEW_JOBS) {
        for (int order = ORDER_CREATED; order <= ORDER_RESULT; order++) {
            struct query query = query_all();
            query.order = (enum query_order)order;
            query.page_size = 23;
            good = good && walk_once(walkers, &query);
            query.ascending = order != ORDER_CREATED;
            good = good && walk_once(walkers, &query);
        }
    }
    walkers->over = true;
    return good;
}

static bool create_or_walk(void *context, size_t number)
{
    return number == 0 ? walk_meanwhile(context) : create_meanwhile(context);
}

static void a_walk_meets_each_old_job_once(void **state)
{
    struct fixture *fixture = *state;
    int64_t positions[OLD_JOBS];
    struct walkers walkers = {.fixture = fixture, .positions = positions};

    for (size_t i = 0; i < OLD_JOBS; i++)
        positions[i] =
            must_create_named(fixture, arena_printf(&fixture->arena, "job %zu", i % 10)).position;
    assert_int_equal(threads_run(2, create_or_walk, &walkers), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(empty_store_has_one_empty_page),
        STORE_TEST(unfiltered),
        STORE_TEST(by_status),
        STORE_TEST(by_type),
        STORE_TEST(by_user),
        STORE_TEST(by_whole_names),
        STORE_TEST(by_parts_of_names),
        STORE_TEST(by_name_in_all_page_sizes),
        STORE_TEST(by_name_and_another),
        STORE_TEST(by_type_and_another),
        STORE_TEST(by_user_and_status),
        STORE_TEST(by_very_many_types),
        STORE_TEST(a_walk_meets_each_old_job_once),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store find", tests, NULL, NULL);
}
