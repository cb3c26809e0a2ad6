/* The use cases of those who look at jobs: one in detail, how many there are, how they ended. */
#include "service/overview.h"

void overview_detail(struct service *service, struct store_detail *detail)
{
    store_detail(service->store, detail);
}

void overview_summary(struct service *service, struct store_summary *summary)
{
    summary->stalled_until = clock_wall_ms(service->clock) - service->stalled_after_ms;
    store_summary(service->store, summary);
}

void overview_statistics(struct service *service, struct store_statistics *statistics,
                         int64_t hours)
{
    statistics->statistics.window = statistics_window(hours, clock_wall_ms(service->clock));
    store_statistics(service->store, statistics);
}
