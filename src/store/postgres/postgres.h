/* The store on PostgreSQL, which several daemons may share. */
#ifndef JOBD_STORE_POSTGRES_POSTGRES_H
#define JOBD_STORE_POSTGRES_POSTGRES_H

#include "store/store.h"

#include <stdbool.h>

/* Opens what the libpq URL `postgresql://…` names; see store_open. */
bool postgres_open(const char *url, const struct store_options *options, struct store **ret_store,
                   struct err *err);

#endif
