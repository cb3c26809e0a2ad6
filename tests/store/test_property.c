/* Anything in any order: random writes and finds, each compared with what brute force says. */
#include "chance.h"
#include "data.h"

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
        drafts[i] = chance_draft(&world->random, &world->arena);
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
        known->draft = chance_draft(&world->random, &world->fixture->arena);
    create.drafts = &known->draft;
    create.key = span_of(arena_printf(&world->arena, "key %u", number / 2));
    create.key_account = user_at(number % 2);
    memset(create.key_digest, digest, sizeof(create.key_digest));
    STORE_WAIT(store_create, world->fixture->store, &create);
    check_keyed(world, known, digest, &create);
}

static void report_one(struct world *world)
{
    size_t index = pick(world, world->shadow.count);
    struct job expected = world->shadow.jobs[index].job, updated = expected;
    struct job_event event = chance_event(&world->random, &world->arena);
    bool changed = false;
    enum problem problem;

    event.now = world->fixture->clock.ms;
    problem = job_apply(&expected, &event, &changed, NULL);
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

/* A page of the walk under way, between writes, or the first one of a new walk. */
static void find_page(struct world *world)
{
    struct store_find find;

    if (!world->walking || one_in(world, 30)) {
        world->walking = false;
        arena_clear(&world->walk);
        world->query = chance_query(&world->random, &world->walk);
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
