/* The overview's use cases: how many jobs are in which state, and how many are stalled. */
#include "service/overview.h"

void overview_summary(struct service *service, struct store_summary *summary)
{
    summary->stalled_until = clock_wall_ms(service->clock) - service->stalled_after_ms;
    store_summary(service->store, summary);
}
