/* Type lists: types sorted by their bytes, without repetitions. */
#include "model/type_list.h"

/* UTF-8 sorts by bytes as it does by code points. */
static int compare(struct span a, struct span b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared > 0 ? memcmp(a.ptr, b.ptr, shared) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool type_list_find(const struct span *types, size_t count, struct span type, size_t *ret_place)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(types[middle], type);
        if (order == 0) {
            *ret_place = middle;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_place = low;
    return false;
}
