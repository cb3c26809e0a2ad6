/* The world of names: two connections beside the store's own, and jobs with names of all kinds. */
#include "name_world.h"

#include "store/sqlite/index/name_bucket.h"
#include "store/sqlite/index/name_index.h"

#include <string.h>

struct name_world *name_world_new(struct fixture *fixture, struct random seed)
{
    struct name_world *world = ARENA_NEW(&fixture->arena, struct name_world);
    const char *path = fixture->url + strlen("sqlite:");
    struct err err;

    assert_non_null(world);
    store_close(TAKE(fixture->store));
    fixture->store = fixture_open(fixture, false);
    world->fixture = fixture;
    world->random = seed;
    shadow_init(&world->shadow);
    arena_init(&world->arena, 1 << 26);
    assert_true(connection_open(path, CONNECTION_WRITES, &world->writer, &err));
    assert_true(connection_run(world->writer, "PRAGMA synchronous = OFF"));
    assert_true(connection_open(path, CONNECTION_READS, &world->reader, &err));
    return world;
}

void name_world_release(struct name_world *world)
{
    connection_close(world->reader);
    connection_close(world->writer);
    arena_release(&world->arena);
    shadow_release(&world->shadow);
}

static const char *any_type(struct name_world *world, size_t i)
{
    unsigned number = random_pick(&world->random, 64);

    (void)i;
    if (number == 0)
        return NAME_WORLD_RARE;
    return number <= 8 ? NAME_WORLD_FREQUENT : "B";
}

void name_world_create(struct name_world *world, name_world_maker name, name_world_maker type,
                       size_t count)
{
    struct draft drafts[100];
    struct arena arena;
    struct job *jobs;

    arena_init(&arena, 1 << 24);
    for (size_t i = 0; i < count; i += ARRAY_SIZE(drafts)) {
        for (size_t j = 0; j < ARRAY_SIZE(drafts); j++)
            drafts[j] = draft_of(&arena, name(world, i + j),
                                 type != NULL ? type(world, i + j) : any_type(world, i + j));
        assert_int_equal(
            job_create(world->fixture->store, &arena, drafts, ARRAY_SIZE(drafts), &jobs),
            PROBLEM_NONE);
        for (size_t j = 0; j < ARRAY_SIZE(drafts); j++)
            shadow_add(&world->shadow, &jobs[j]);
        arena_clear(&arena);
    }
    arena_release(&arena);
}

void name_world_index(struct name_world *world, int jobs, int piece)
{
    while (jobs > 0) {
        struct name_index_progress progress;
        bool fails = random_one_in(&world->random, 20);
        assert_true(connection_run(world->writer, "BEGIN IMMEDIATE"));
        assert_true(name_index_step(world->writer, piece, &progress));
        assert_true(connection_run(world->writer, fails ? "ROLLBACK" : "COMMIT"));
        if (fails)
            name_index_forget(world->writer);
        else if (progress.done == 0)
            break;
        else
            jobs -= progress.done;
    }
}

const char *shuffled(struct name_world *world, size_t i)
{
    (void)i;
    return arena_printf(&world->arena, "job %06u", random_pick(&world->random, 1000000));
}

const char *mixed(struct name_world *world, size_t i)
{
    static const char *const words[] = {"Import", "Straße", "a", "aa", "aab", "zz", "Nightly"};
    const char *word = words[random_pick(&world->random, ARRAY_SIZE(words))];
    int beside = (int)random_pick(&world->random, 4) - 2;

    (void)i;
    if (random_one_in(&world->random, 2))
        return random_one_in(&world->random, 2) ? "nightly import" : "Nightly Import";
    if (random_one_in(&world->random, 8))
        return word;
    if (random_one_in(&world->random, 4))
        return arena_printf(&world->arena, "m%0*d%s %u", NAME_BUCKET_KEY_MAX + beside - 2, 0,
                            random_one_in(&world->random, 2) ? "é" : "",
                            random_pick(&world->random, 30));
    return arena_printf(&world->arena, "%s %u", word, random_pick(&world->random, 3000));
}

const char *few(struct name_world *world, size_t i)
{
    unsigned number = random_pick(&world->random, 60);

    (void)i;
    if (number % 6 == 0)
        return arena_printf(&world->arena, "job %02u", number);
    return arena_printf(&world->arena, "job %02u %0*u", number / 3 * 3, NAME_BUCKET_KEY_MAX,
                        number);
}

const char *alike(struct name_world *world, size_t i)
{
    (void)world, (void)i;
    return "nightly import";
}
