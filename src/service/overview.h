/* The use cases of those who look at jobs: one in detail, how many there are, how they ended. */
#ifndef JOBD_SERVICE_OVERVIEW_H
#define JOBD_SERVICE_OVERVIEW_H

#include "service/service.h"

/* The caller sets detail->call.done, context, arena and id. JOB_NOT_FOUND. */
void overview_detail(struct service *service, struct store_detail *detail);

/* The caller sets summary->call.done and context. */
void overview_summary(struct service *service, struct store_summary *summary);

/*
 * How jobs ended in the last `hours` hours (1..STATISTICS_HOURS_MAX). The caller sets
 * statistics->call.done, context and arena.
 */
void overview_statistics(struct service *service, struct store_statistics *statistics,
                         int64_t hours);

#endif
