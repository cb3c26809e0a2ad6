/* The route table: every endpoint there is. */
#include "http/routes.h"

#include "base/scope.h"
#include "model/output.h"

#define KIB 1024u
#define MIB (1024u * KIB)

const struct route routes[] = {
    /* The contract: nothing is added here. */
    {"GET", "/rest/jobs/v1/jobs", route_jobs_find, 64 * KIB, ACCESS_READ},
    {"GET", "/rest/jobs/v1/jobs/{jobId}", route_job_get, 64 * KIB, ACCESS_READ},
    {"DELETE", "/rest/jobs/v1/jobs/{jobId}", route_job_delete, 64 * KIB, ACCESS_WRITE},
    /* Our own. */
    {"POST", "/rest/jobd/v1/jobs", route_job_create, 1 * MIB, ACCESS_WRITE},
    {"POST", "/rest/jobd/v1/jobs/bulk", route_jobs_create, REQUEST_BODY_CEILING, ACCESS_WRITE},
    {"GET", "/rest/jobd/v1/jobs/{jobId}", route_job_detail, 64 * KIB, ACCESS_READ},
    {"PATCH", "/rest/jobd/v1/jobs/{jobId}", route_job_report, 512 * KIB, ACCESS_WRITE},
    {"PUT", "/rest/jobd/v1/jobs/{jobId}/lease", route_lease_beat, 64 * KIB, ACCESS_WRITE},
    {"PUT", "/rest/jobd/v1/jobs/{jobId}/log", route_log_append, OUTPUT_APPEND_MAX, ACCESS_WRITE},
    {"GET", "/rest/jobd/v1/jobs/{jobId}/log", route_log_read, 64 * KIB, ACCESS_READ},
    {"GET", "/rest/jobd/v1/events", route_events, 64 * KIB, ACCESS_READ},
    {"POST", "/rest/jobd/v1/claims", route_claim, 512 * KIB, ACCESS_CLAIM},
    {"GET", "/rest/jobd/v1/summary", route_summary, 64 * KIB, ACCESS_READ},
    {"GET", "/rest/jobd/v1/statistics", route_statistics, 64 * KIB, ACCESS_READ},
    {"GET", "/rest/jobd/v1/whoami", route_whoami, 64 * KIB, ACCESS_READ},
    {"GET", "/rest/jobd/v1/users", route_users, 64 * KIB, ACCESS_READ},
    {"POST", "/rest/jobd/v1/session", route_session_open, 16 * KIB, ACCESS_ANONYMOUS},
    {"DELETE", "/rest/jobd/v1/session", route_session_close, 16 * KIB, ACCESS_ANONYMOUS},
    {"GET", "/rest/jobd/v1/openapi.json", route_openapi, 64 * KIB, ACCESS_READ},
    /* The page. */
    {"GET", "/", route_page, 64 * KIB, ACCESS_ANONYMOUS},
    {"GET", "/assets/{file}", route_page_asset, 64 * KIB, ACCESS_ANONYMOUS},
    /* For machines that watch the process. */
    {"GET", "/healthz", route_health, 64 * KIB, ACCESS_ANONYMOUS},
    {"GET", "/readyz", route_ready, 64 * KIB, ACCESS_ANONYMOUS},
    {"GET", "/metrics", route_metrics, 64 * KIB, ACCESS_ANONYMOUS},
};

const size_t route_count = ARRAY_SIZE(routes);
