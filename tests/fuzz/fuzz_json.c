/* Feeds texts to json_parse: what passes is written out as what is read back as the same. */
#include "fuzz.h"

#include "base/json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct err err = {0};
    arena_init(&arena, FUZZ_ARENA);
    struct json_value *value = json_parse(fuzz_span(data, size), &err);
    if (value != NULL) {
        struct span text = json_dump(&arena, value);
        MUST(text.ptr != NULL);
        struct json_value *again = json_parse(text, &err);
        MUST(again != NULL);
        MUST(span_eq(json_dump(&arena, again), text));
        json_free(again);
    } else {
        MUST(err.text[0] != '\0');
    }
    json_free(value);
    arena_release(&arena);
    return 0;
}
