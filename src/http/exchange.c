/* An exchange: one request with its answer, from the pool it comes from and goes back to. */
#include "http/exchange.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "http/router.h"

/* So many rest in the pool at most, with buffers of so many bytes at most. */
#define POOL_MAX 256
#define KEEP_MAX (64u << 10)

/*
 * What the log says, as nginx does, when the client left before its answer; a write may be done all
 * the same.
 */
#define STATUS_CLIENT_GONE 499

void exchange_pool_init(struct exchange_pool *pool)
{
    *pool = (struct exchange_pool){0};
    pthread_mutex_init(&pool->lock, NULL);
}

static void destroy(struct exchange *exchange)
{
    arena_release(&exchange->request.arena);
    buf_release(&exchange->request.response.body);
    buf_release(&exchange->body);
    mem_free(exchange);
}

void exchange_pool_release(struct exchange_pool *pool)
{
    while (pool->free != NULL) {
        struct exchange *exchange = pool->free;
        pool->free = exchange->next;
        destroy(exchange);
    }
    pthread_mutex_destroy(&pool->lock);
}

static struct exchange *make(void)
{
    struct exchange *exchange = mem_alloc(1, sizeof(*exchange));
    if (exchange == NULL)
        return NULL;
    arena_init(&exchange->request.arena, REQUEST_ARENA_CEILING);
    exchange->request.response.body.ceiling = RESPONSE_CEILING;
    return exchange;
}

struct exchange *exchange_take(struct exchange_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct exchange *exchange = pool->free;
    if (exchange != NULL) {
        pool->free = exchange->next;
        pool->count--;
    }
    pthread_mutex_unlock(&pool->lock);
    return exchange != NULL ? exchange : make();
}

static void trim(struct buf *buf)
{
    if (buf->capacity > KEEP_MAX)
        buf_release(buf);
    else
        buf_clear(buf);
}

/* Back to how make() left it, but for the memory that is worth keeping. */
static void reset(struct exchange *exchange)
{
    struct request *request = &exchange->request;
    if (request->arena.used > KEEP_MAX)
        arena_release(&request->arena);
    else
        arena_clear(&request->arena);
    trim(&exchange->body);
    trim(&request->response.body);
    struct arena arena = request->arena;
    struct buf body = exchange->body, answer = request->response.body;
    *exchange =
        (struct exchange){.request.arena = arena, .request.response.body = answer, .body = body};
    exchange->request.response.body.ceiling = RESPONSE_CEILING;
}

void exchange_put(struct exchange_pool *pool, struct exchange *exchange)
{
    reset(exchange);
    pthread_mutex_lock(&pool->lock);
    bool keep = pool->count < POOL_MAX;
    if (keep) {
        exchange->next = pool->free;
        pool->free = exchange;
        pool->count++;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!keep)
        destroy(exchange);
}

static enum metric class_metric(int status)
{
    return status >= 500   ? METRIC_HTTP_REQUESTS_5XX
           : status >= 400 ? METRIC_HTTP_REQUESTS_4XX
           : status >= 300 ? METRIC_HTTP_REQUESTS_3XX
                           : METRIC_HTTP_REQUESTS_2XX;
}

void exchange_account(const struct exchange *exchange, int64_t now_ns)
{
    const struct request *request = &exchange->request;
    int64_t duration_us = (now_ns - exchange->started_ns) / 1000;
    int status = request->response.status != 0 ? request->response.status : STATUS_CLIENT_GONE;
    if (request->route == NULL && request->response.status == 0)
        return; /* libmicrohttpd answered before there was a request */
    metric_add(class_metric(status), 1);
    if (request->response.stream == NULL)
        metric_add(METRIC_HTTP_REQUEST_MICROSECONDS, duration_us);
    if (!log_enabled(LOG_INFO))
        return;
    const char *account = request->account.name[0] != '\0' ? request->account.name : NULL;
    log_event(LOG_INFO, "access", LOG_F_STR("method", request->method),
              LOG_F_STR("route", request->route != NULL ? request->route->pattern : "-"),
              LOG_F_INT("status", status), LOG_F_INT("duration_us", duration_us),
              LOG_F_STR("account", account), LOG_F_STR("trace", request->trace.trace_id),
              LOG_F_STR("span", request->trace.span_id));
}
