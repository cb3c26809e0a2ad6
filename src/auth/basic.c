/* Basic credentials: the value of an Authorization header taken apart. */
#include "auth/basic.h"

#include "base/text.h"

#include <sodium.h>

#define SCHEME "Basic"

static bool decode(struct arena *arena, struct span text, struct span *ret_bytes)
{
    char *bytes = arena_alloc(arena, text.len + 1, 1);
    size_t len = 0;
    if (bytes == NULL || sodium_base642bin((unsigned char *)bytes, text.len + 1, text.ptr, text.len,
                                           NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    *ret_bytes = (struct span){bytes, len};
    return true;
}

bool basic_parse(struct arena *arena, struct span value, struct span *ret_name,
                 struct span *ret_password)
{
    struct span scheme, pair, name;
    if (!span_cut(&value, ' ', &scheme) || !span_is_nocase(scheme, SCHEME) || value.ptr == NULL)
        return false;
    /* The colon is looked for first: span_cut yields a whole text without one as well. */
    if (!decode(arena, span_trim(value), &pair) || memchr(pair.ptr, ':', pair.len) == NULL ||
        !text_check(pair, TEXT_NO_CONTROLS, NULL) || !span_cut(&pair, ':', &name))
        return false;
    *ret_name = name;
    *ret_password = pair;
    return true;
}

struct span basic_format(struct arena *arena, struct span name, struct span password)
{
    size_t len = name.len + 1 + password.len;
    size_t size = sizeof(SCHEME) + sodium_base64_encoded_len(len, sodium_base64_VARIANT_ORIGINAL);
    char *pair = arena_alloc(arena, len, 1), *value = arena_alloc(arena, size, 1);
    if (pair == NULL || value == NULL || (name.len > 0 && memchr(name.ptr, ':', name.len) != NULL))
        return (struct span){0};
    memcpy(pair, name.ptr, name.len);
    pair[name.len] = ':';
    memcpy(pair + name.len + 1, password.ptr, password.len);
    memcpy(value, SCHEME " ", sizeof(SCHEME));
    sodium_bin2base64(value + sizeof(SCHEME), size - sizeof(SCHEME), (unsigned char *)pair, len,
                      sodium_base64_VARIANT_ORIGINAL);
    return span_of(value);
}
