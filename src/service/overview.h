/* The use cases of those who look at jobs: one in detail, how many are in which state. */
#ifndef JOBD_SERVICE_OVERVIEW_H
#define JOBD_SERVICE_OVERVIEW_H

#include "service/service.h"

/* The caller sets detail->call.done, context, arena and id. JOB_NOT_FOUND. */
void overview_detail(struct service *service, struct store_detail *detail);

/* The caller sets summary->call.done and context. */
void overview_summary(struct service *service, struct store_summary *summary);

#endif
