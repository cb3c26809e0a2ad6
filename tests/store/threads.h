/* Many at once: threads that start together. */
#ifndef JOBD_TESTS_STORE_THREADS_H
#define JOBD_TESTS_STORE_THREADS_H

#include "fixture.h"

#define THREADS_MAX 16

/*
 * Runs `work` on `count` threads, which start together, each with its number and the context, and
 * waits for them. Returns how many answered false. `work` must not use cmocka's assertions.
 */
size_t threads_run(size_t count, bool (*work)(void *context, size_t number), void *context);

#endif
