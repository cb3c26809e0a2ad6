/* The route table: every endpoint there is. */
#include "http/routes.h"

#include "base/scope.h"

#define KIB 1024u
#define MIB (1024u * KIB)

const struct route routes[] = {
    /* The contract: nothing is added here. */
    {"GET", "/rest/jobs/v1/jobs", route_jobs_find, 64 * KIB, false},
    {"GET", "/rest/jobs/v1/jobs/{jobId}", route_job_get, 64 * KIB, false},
    {"DELETE", "/rest/jobs/v1/jobs/{jobId}", route_job_delete, 64 * KIB, false},
    /* Our own. */
    {"POST", "/rest/jobd/v1/jobs", route_job_create, 1 * MIB, false},
    {"POST", "/rest/jobd/v1/jobs/bulk", route_jobs_create, 16 * MIB, false},
    {"PATCH", "/rest/jobd/v1/jobs/{jobId}", route_job_report, 64 * KIB, false},
    {"GET", "/rest/jobd/v1/whoami", route_whoami, 64 * KIB, false},
    {"GET", "/rest/jobd/v1/openapi.json", route_openapi, 64 * KIB, false},
    /* For machines that watch the process. */
    {"GET", "/healthz", route_health, 64 * KIB, true},
    {"GET", "/readyz", route_ready, 64 * KIB, true},
    {"GET", "/metrics", route_metrics, 64 * KIB, true},
};

const size_t route_count = ARRAY_SIZE(routes);
