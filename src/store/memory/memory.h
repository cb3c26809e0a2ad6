/* The store in memory: keeps nothing beyond the process; the reference for tests and trials. */
#ifndef JOBD_STORE_MEMORY_MEMORY_H
#define JOBD_STORE_MEMORY_MEMORY_H

#include "base/err.h"
#include "store/store.h"

#include <stdbool.h>

/*
 * An empty store, closed by store_close. Every call is answered before its submission returns.
 * False without memory.
 */
bool memory_open(const struct store_options *options, struct store **ret_store, struct err *err);

#endif
