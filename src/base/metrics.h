/* Metrics: one row each, counted without locks, printed in Prometheus' text form. */
#ifndef JOBD_BASE_METRICS_H
#define JOBD_BASE_METRICS_H

#include "base/buf.h"

#include <stdint.h>

/*
 * Each metric is declared once, here; the code's names, the output and the documentation follow. C
 * counter, G gauge.
 */
#define METRICS(C, G)                                                                              \
    C(HTTP_REQUESTS_2XX, "jobd_http_requests_total{class=\"2xx\"}", "Answers by class")            \
    C(HTTP_REQUESTS_3XX, "jobd_http_requests_total{class=\"3xx\"}", "Answers by class")            \
    C(HTTP_REQUESTS_4XX, "jobd_http_requests_total{class=\"4xx\"}", "Answers by class")            \
    C(HTTP_REQUESTS_5XX, "jobd_http_requests_total{class=\"5xx\"}", "Answers by class")            \
    C(HTTP_REQUEST_MICROSECONDS, "jobd_http_request_microseconds_total",                           \
      "Time from a request's head to its answer, summed; streams do not count")                    \
    G(HTTP_CONNECTIONS, "jobd_http_connections", "Open connections")                               \
    C(HTTP_DEADLINES, "jobd_http_deadlines_total", "Connections cut by the watchdog")              \
    C(STORE_COMMITS, "jobd_store_commits_total", "Transactions committed")                         \
    C(STORE_WRITES, "jobd_store_writes_total", "Writes committed; divided by commits, the batch")  \
    C(STORE_READS, "jobd_store_reads_total", "Reads answered")                                     \
    C(STORE_FAILURES, "jobd_store_failures_total", "Transactions that failed")                     \
    G(STORE_QUEUE, "jobd_store_queue", "Writes waiting for a commit")                              \
    G(STORE_INDEX_LAG, "jobd_store_index_lag", "Jobs or changes of jobs that the index is behind") \
    G(CLAIMS_WAITING, "jobd_claims_waiting", "Claims that wait for a job")                         \
    G(WATCHES_WAITING, "jobd_watches_waiting", "Requests that wait until a certain job changes")   \
    G(FEED_READERS, "jobd_feed_readers", "Readers of the change feed")                             \
    C(FEED_EVENTS, "jobd_feed_events_total", "Changes of jobs told to readers of the change feed") \
    C(LEASES_EXPIRED, "jobd_leases_expired_total", "Leases that ran out")                          \
    C(AUTH_HASHES, "jobd_auth_hashes_total", "Password hashes computed")                           \
    C(AUTH_CACHE_HITS, "jobd_auth_cache_hits_total", "Credentials found in the cache")             \
    C(AUTH_FAILURES, "jobd_auth_failures_total", "Failed authentications")                         \
    C(AUTH_THROTTLED, "jobd_auth_throttled_total", "Authentications refused by the throttle")      \
    C(JWKS_FETCHES, "jobd_jwks_fetches_total", "Fetches of the key set")                           \
    C(JWKS_FAILURES, "jobd_jwks_failures_total", "Failed fetches of the key set")

#define METRICS_ENUM(name, text, help) METRIC_##name,
enum metric { METRICS(METRICS_ENUM, METRICS_ENUM) METRIC_COUNT };

/* Any thread. */
void metric_add(enum metric metric, int64_t amount);
void metric_set(enum metric metric, int64_t value);
int64_t metric_get(enum metric metric);

/* All of them in the text exposition format 0.0.4, HELP and TYPE once a family. */
void metrics_print(struct buf *out);

#endif
