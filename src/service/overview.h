/* The overview's use cases: how many jobs are in which state, and how many are stalled. */
#ifndef JOBD_SERVICE_OVERVIEW_H
#define JOBD_SERVICE_OVERVIEW_H

#include "service/service.h"

/* The caller sets summary->call.done and context. */
void overview_summary(struct service *service, struct store_summary *summary);

#endif
