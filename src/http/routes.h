/* The route table: every endpoint there is. */
#ifndef JOBD_HTTP_ROUTES_H
#define JOBD_HTTP_ROUTES_H

#include "http/router.h"

extern const struct route routes[];
extern const size_t route_count;

/* The handlers, one per row; each runs as struct request says. */
void route_events(struct request *request);
void route_jobs_find(struct request *request);
void route_job_get(struct request *request);
void route_job_delete(struct request *request);
void route_job_create(struct request *request);
void route_jobs_create(struct request *request);
void route_job_report(struct request *request);
void route_job_detail(struct request *request);
void route_claim(struct request *request);
void route_lease_beat(struct request *request);
void route_summary(struct request *request);
void route_log_append(struct request *request);
void route_log_read(struct request *request);
void route_statistics(struct request *request);
void route_whoami(struct request *request);
void route_users(struct request *request);
void route_session_open(struct request *request);
void route_session_close(struct request *request);
void route_openapi(struct request *request);
void route_page(struct request *request);
void route_page_asset(struct request *request);
void route_health(struct request *request);
void route_ready(struct request *request);
void route_metrics(struct request *request);

#endif
