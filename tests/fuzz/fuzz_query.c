/* Feeds query strings to query_parse: what passes is within its bounds and has a stable digest. */
#include "fuzz.h"

#include "model/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct query query = {0}, again = {0};
    struct err err = {0};
    arena_init(&arena, FUZZ_ARENA);
    if (query_parse(&arena, fuzz_span(data, size), &query, &err) == PROBLEM_NONE) {
        MUST(query.page_size >= 1 && query.page_size <= QUERY_PAGE_MAX);
        MUST(query.type_count <= QUERY_TYPES_MAX);
        MUST(query_parse(&arena, fuzz_span(data, size), &again, &err) == PROBLEM_NONE);
        MUST(query_digest(&query) == query_digest(&again));
    } else {
        MUST(err.text[0] != '\0');
    }
    arena_release(&arena);
    return 0;
}
