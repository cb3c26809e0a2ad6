/* Type lists: types sorted by their bytes, without repetitions. */
#ifndef JOBD_MODEL_TYPE_LIST_H
#define JOBD_MODEL_TYPE_LIST_H

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether `type` is in the list; `ret_place` is its index, or the one it would be inserted at. */
bool type_list_find(const struct span *types, size_t count, struct span type, size_t *ret_place);

#endif
