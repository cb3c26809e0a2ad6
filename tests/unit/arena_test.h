/* For tests that keep what they make in an arena: one for each test. */
#ifndef JOBD_TESTS_UNIT_ARENA_TEST_H
#define JOBD_TESTS_UNIT_ARENA_TEST_H

#include "model_test.h"

/* The test's own; of the one program that includes this. */
static struct arena arena;

static int arena_setup(void **test)
{
    (void)test;
    arena_init(&arena, 4 << 20);
    return 0;
}

static int arena_teardown(void **test)
{
    (void)test;
    arena_release(&arena);
    return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, arena_setup, arena_teardown)

#endif
