/* Feeds Authorization headers to basic_parse. */
#include "fuzz.h"

#include "auth/basic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct span name, password;
    arena_init(&arena, FUZZ_ARENA);
    if (basic_parse(&arena, fuzz_span(data, size), &name, &password)) {
        MUST(name.len + password.len < size);
        MUST(name.len == 0 || memchr(name.ptr, ':', name.len) == NULL);
    }
    arena_release(&arena);
    return 0;
}
