/* A store whose names the test itself indexes, in pieces, with the shadow of its jobs. */
#ifndef JOBD_TESTS_STORE_NAME_WORLD_H
#define JOBD_TESTS_STORE_NAME_WORLD_H

#include "random.h"
#include "shadow.h"

#include "store/sqlite/connection.h"

struct name_world {
    struct fixture *fixture;
    struct sqlite_reader *writer, *reader; /* of the test itself */
    struct random random;
    struct shadow shadow;
    struct arena arena; /* of names, and of one query */
    size_t cost; /* of the last reading, in jobs */
};

/* Without the background indexer: the test decides how far the index is. */
struct name_world *name_world_new(struct fixture *fixture, struct random seed);
void name_world_release(struct name_world *world);

/* Makes a text of the i-th job of those that are created together; in the world's arena. */
typedef const char *(*name_world_maker)(struct name_world *world, size_t i);

/* Whole hundreds of jobs. `type` NULL: one in eight is of the frequent type, one in 64 of the rare
 * one. */
#define NAME_WORLD_FREQUENT "A"
#define NAME_WORLD_RARE "R"
void name_world_create(struct name_world *world, name_world_maker name, name_world_maker type,
                       size_t count);

/*
 * Indexes so many jobs in pieces, between which ranges are parted; now and then one is taken back,
 * as on a failure.
 */
#define EVERYTHING 100000
void name_world_index(struct name_world *world, int jobs, int piece);

/* Makers of names. */

/* A million different ones. */
const char *shuffled(struct name_world *world, size_t i);
/* Half of them have one name; others begin alike, some as far as a key goes and further. */
const char *mixed(struct name_world *world, size_t i);
/* So that ranges begin and end with names that many have; of some all that fits into a key. */
const char *few(struct name_world *world, size_t i);
/* One for all. */
const char *alike(struct name_world *world, size_t i);

#endif
