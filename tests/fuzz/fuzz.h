/* What every fuzz target shares: the entry libFuzzer calls, and a check that ends the run. */
#ifndef JOBD_TESTS_FUZZ_FUZZ_H
#define JOBD_TESTS_FUZZ_FUZZ_H

#include "base/arena.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__ubsan_default_options(void);

/* Undefined behaviour ends the run too. */
__attribute__((used, visibility("default"))) const char *__ubsan_default_options(void)
{
    return "halt_on_error=1:print_stacktrace=1";
}

/* More than any input of libFuzzer's default size can need. */
#define FUZZ_ARENA (16u << 20)

/* What must hold whatever the input is. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static inline struct span fuzz_span(const uint8_t *data, size_t size)
{
    return (struct span){(const char *)data, size};
}

#endif
