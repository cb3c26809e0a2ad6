/* Anything in any order: random writes and finds, each compared with what brute force says. */
#include "data.h"
#include "random.h"

#include <string.h>

#define STEPS_STANDARD 4000
#define JOBS_MAX 400
#define KEYS 12
#define DAY_MS (24 * HOUR_MS)

/* An idempotency key in use, and the one draft it created. */
struct known_key {
    bool used;
    uint8_t digest;
    struct draft draft;
    struct job job;
    int64_t created_on;
};

struct world {
    struct fixture *fixture;
    struct shadow shadow;
    struct random random;
    int64_t change, position; /* the last ones */
    struct known_key keys[KEYS];
    struct arena arena; /* of one step */
    struct arena walk; /* of the walk that is under way */
    struct query query;
    struct cursor cursor;
    bool walking;
    size_t pages;
};

static struct random start;

static unsigned pick(struct world *world, size_t count)
{
    return random_pick(&world->random, count);
}

static bool one_in(struct world *world, size_t count)
{
    return random_one_in(&world->random, count);
}

static const char *random_name(struct world *world, struct arena *arena)
{
    const char *name = data_names[pick(world, data_name_count)];

    if (one_in(world, 3))
        name = arena_printf(arena, "%s%s", name, data_parts[pick(world, data_part_count)]);
    if (one_in(world, 6))
        name = arena_printf(arena, "%s %u", name, pick(world, 20));
    return name;
}

static struct draft random_draft(struct world *world, struct arena *arena)
{
    struct draft draft =
        draft_of(arena, random_name(world, arena), data_types[pick(world, data_type_count)]);

    draft.user = user_at(pick(world, DATA_USERS));
    draft.created_by = user_at(pick(world, DATA_USERS));
    draft.self_managed = one_in(world, 2);
    draft.priority = (int32_t)pick(world, 65536) + DRAFT_PRIORITY_MIN;
    draft.max_attempts = 1 + (int32_t)pick(world, 3);
    if (one_in(world, 4))
        draft.message = span_of(random_name(world, arena));
    if (one_in(world, 4))
        draft.payload = span_of("{\"n\":1}");
    return draft;
}

/* Mostly a little forward, often not at all, now and then a little back. */
static void move_clock(struct world *world)
{
    if (one_in(world, 20))
        world->fixture->clock.ms -= pick(world, 2000);
    else if (one_in(world, 2))
        world->fixture->clock.ms += pick(world, 5);
}

/* A job just created: where it stands, and that it is what its draft says. */
static void check_created(struct world *world, const struct draft *draft, const struct job *job)
{
    struct job expected = draft_job(draft, job->position, &job->id, world->change + 1);
    int64_t now = position_at(world->fixture->clock.ms);

    assert_same_job(job, &expected);
    assert_true(job->position > world->position);
    assert_true(job->position >= now);
    world->change++;
    world->position = job->position;
    shadow_add(&world->shadow, job);
}

static void create_some(struct world *world)
{
    struct draft drafts[4];
    size_t count = 1 + pick(world, ARRAY_SIZE(drafts));
    struct job *jobs;

    for (size_t i = 0; i < count; i++)
        drafts[i] = random_draft(world, &world->arena);
    assert_int_equal(job_create(world->fixture->store, &world->arena, drafts, count, &jobs),
                     PROBLEM_NONE);
    for (size_t i = 0; i < count; i++)
        check_created(world, &drafts[i], &jobs[i]);
}

/* The outcome of a create under a key that may have been used before. */
static void check_keyed(struct world *world, struct known_key *known, uint8_t digest,
                        const struct store_create *create)
{
    if (known->used && digest != known->digest) {
        assert_int_equal(create->call.problem, PROBLEM_IDEMPOTENCY_KEY_REUSED);
        return;
    }
    assert_int_equal(create->call.problem, PROBLEM_NONE);
    assert_int_equal(create->replayed, known->used);
    if (known->used) {
        assert_same_job(&create->jobs[0], &known->job);
        return;
    }
    check_created(world, &known->draft, &create->jobs[0]);
    known->used = true;
    known->digest = digest;
    known->job = world->shadow.jobs[world->shadow.count - 1].job; /* its texts stay */
    known->created_on = world->fixture->clock.ms;
}

static void create_keyed(struct world *world)
{
    unsigned number = pick(world, KEYS);
    struct known_key *known = &world->keys[number];
    int64_t age = world->fixture->clock.ms - known->created_on;
    uint8_t digest = (uint8_t)pick(world, 2);
    struct store_create create = {.count = 1, .arena = &world->arena};

    known->used = known->used && age < DAY_MS;
    if (!known->used)
        known->draft = random_draft(world, &world->fixture->arena);
    create.drafts = &known->draft;
    create.key = span_of(arena_printf(&world->arena, "key %u", number / 2));
    create.key_account = user_at(number % 2);
    memset(create.key_digest, digest, sizeof(create.key_digest));
    STORE_WAIT(store_create, world->fixture->store, &create);
    check_keyed(world, known, digest, &create);
}

static struct job_event random_event(struct world *world)
{
    static const enum job_status endings[] = {STATUS_COMPLETED_SUCCESS, STATUS_COMPLETED_WITH_ERROR,
                                              STATUS_COMPLETED_ABORTED, STATUS_FAILED_FAILURE,
                                              STATUS_FAILED_ABORTED};
    struct job_event event = {
        .kind = (enum job_event_kind)pick(world, EVENT_COUNT),
        .by = user_at(pick(world, DATA_USERS)),
        .now = world->fixture->clock.ms,
        .status = endings[pick(world, ARRAY_SIZE(endings))],
        .progress = one_in(world, 2) ? JOB_NO_PROGRESS : (int32_t)pick(world, 101),
    };

    event.has_message = event.kind == EVENT_DELETE || one_in(world, 2);
    if (event.has_message && (event.kind == EVENT_DELETE || !one_in(world, 4)))
        event.message = span_of(random_name(world, &world->arena));
    return event;
}

static void report_one(struct world *world)
{
    size_t index = pick(world, world->shadow.count);
    struct job expected = world->shadow.jobs[index].job, updated = expected;
    struct job_event event = random_event(world);
    bool changed = false;
    enum problem problem = job_apply(&expected, &event, &changed, NULL);

    assert_int_equal(
        job_report(world->fixture->store, &world->arena, &expected.id, event, &updated), problem);
    if (problem != PROBLEM_NONE)
        return;
    if (changed)
        expected.change = ++world->change;
    assert_same_job(&updated, &expected);
    shadow_put(&world->shadow, index, &expected);
}

static void get_one(struct world *world)
{
    const struct job *expected = &world->shadow.jobs[pick(world, world->shadow.count)].job;
    struct uuid unknown = uuid_at(expected->position);
    struct job job;

    assert_int_equal(job_get(world->fixture->store, &world->arena, &expected->id, &job),
                     PROBLEM_NONE);
    assert_same_job(&job, expected);
    assert_int_equal(job_get(world->fixture->store, &world->arena, &unknown, &job),
                     PROBLEM_JOB_NOT_FOUND);
}

static void random_query(struct world *world)
{
    struct query *query = &world->query;

    *query = query_all();
    if (one_in(world, 2)) {
        const char *name = one_in(world, 2) ? data_names[pick(world, data_name_count)]
                                            : data_parts[pick(world, data_part_count)];
        query_by_name(&world->walk, query, name, (enum name_match)pick(world, 4));
    }
    if (one_in(world, 3))
        query->statuses = (uint32_t)random_next(&world->random) & STATUS_MASK_ALL;
    if (one_in(world, 3))
        query_by_types(&world->walk, query, 1 + pick(world, 31));
    query->has_user = one_in(world, 3);
    query->user = user_at(pick(world, DATA_USERS + 1));
    query->order = (enum query_order)pick(world, ORDER_RESULT + 1);
    query->ascending = query->order != ORDER_CREATED && one_in(world, 2);
    query->page_size = 1 + pick(world, one_in(world, 2) ? 5 : QUERY_PAGE_MAX);
}

/* A page of the walk under way, between writes, or the first one of a new walk. */
static void find_page(struct world *world)
{
    struct store_find find;

    if (!world->walking || one_in(world, 30)) {
        world->walking = false;
        arena_clear(&world->walk);
        random_query(world);
    }
    find = shadow_check_page(&world->shadow, world->fixture, &world->query,
                             world->walking ? &world->cursor : NULL, &world->arena);
    world->walking = find.more;
    if (find.more)
        world->cursor = cursor_at(&world->query, find.jobs[find.count - 1]);
    world->pages++;
}

static void step(struct world *world)
{
    unsigned dice = pick(world, 100);

    move_clock(world);
    if (world->shadow.count == 0 || (dice < 8 && world->shadow.count < JOBS_MAX))
        create_some(world);
    else if (dice < 14 && world->shadow.count < JOBS_MAX)
        create_keyed(world);
    else if (dice < 15)
        world->fixture->clock.ms += one_in(world, 20) ? 2 * DAY_MS : 0;
    else if (dice < 40)
        report_one(world);
    else if (dice < 44)
        get_one(world);
    else
        find_page(world);
    arena_clear(&world->arena);
}

static void the_store_does_what_brute_force_says(void **state)
{
    uint64_t steps = fixture_number("JOBD_TEST_STEPS", STEPS_STANDARD);
    struct world world = {.fixture = *state, .random = start};

    shadow_init(&world.shadow);
    arena_init(&world.arena, 1 << 26);
    arena_init(&world.walk, 1 << 20);
    for (uint64_t i = 0; i < steps; i++)
        step(&world);
    assert_true(world.pages > steps / 4);
    assert_int_equal(job_count(world.fixture->store), world.shadow.count);
    shadow_release(&world.shadow);
    arena_release(&world.arena);
    arena_release(&world.walk);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(the_store_does_what_brute_force_says),
    };

    fixture_backend(argc, argv);
    start = random_start();
    return cmocka_run_group_tests_name("store property", tests, NULL, NULL);
}
