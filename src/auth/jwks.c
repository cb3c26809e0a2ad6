/* A JSON Web Key Set from a file or an https address, read behind the requests and kept fresh. */
#include "auth/jwks.h"

#include "auth/jwks_fetch.h"
#include "base/json_read.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/scope.h"
#include "base/thread.h"
#include "base/wait.h"

#include <pthread.h>
#include <string.h>

#define SET_MAX (1u << 20)

/* Seconds between looks: at a file, at an address that answers, and the bounds of the pauses at one
 * that does not. */
#define FILE_SECONDS 1
#define REMOTE_SECONDS 300
#define RETRY_SECONDS 1
#define RETRY_MAX_SECONDS 60

/* A hurried look comes no sooner than so many seconds after the last one. */
#define HURRY_SECONDS 2

struct jwks {
    const char *source;
    const struct clock *clock;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;
    char *text;
    unsigned generation;
    int64_t looked_ns;
    bool hurried, closing;
};

/* A set that is not JSON with a list of keys would lock everybody out: better the old one. */
static bool is_set(struct span text)
{
    AUTO(json_free_at) struct json_value *set = json_parse(text, NULL);
    struct {
        const struct json_value *keys;
        bool has_keys;
    } body = {0};
    const struct json_field field = {
        .name = "keys", .kind = JSON_ANY, .offset = 0, .present = sizeof(struct json_value *)};
    return set != NULL && json_read_object(set, &field, 1, false, &body, NULL) && body.has_keys &&
           json_is_array(body.keys);
}

static void replace(struct jwks *jwks, char *text)
{
    pthread_mutex_lock(&jwks->lock);
    if (jwks->text != NULL && strcmp(jwks->text, text) == 0) {
        mem_free(text);
    } else {
        mem_free(jwks->text);
        jwks->text = text;
        jwks->generation++;
    }
    pthread_mutex_unlock(&jwks->lock);
}

static bool look(struct jwks *jwks, struct err *err)
{
    AUTO(buf_release) struct buf out = BUF(SET_MAX);
    metric_add(METRIC_JWKS_FETCHES, 1);
    bool good = jwks_fetch(jwks->source, &out, err);
    if (good && !is_set(buf_span(&out)))
        good = err_set(err, "the key set %s is not a JSON Web Key Set", jwks->source);
    if (good)
        replace(jwks, buf_take(&out, NULL));
    else
        metric_add(METRIC_JWKS_FAILURES, 1);
    return good;
}

/* Doubles after each failure, is back at the regular pause after a success. */
static int64_t next_pause(const struct jwks *jwks, bool good, int64_t pause)
{
    if (!jwks_is_remote(jwks->source))
        return FILE_SECONDS;
    if (good)
        return REMOTE_SECONDS;
    if (pause >= REMOTE_SECONDS)
        return RETRY_SECONDS;
    return pause * 2 > RETRY_MAX_SECONDS ? RETRY_MAX_SECONDS : pause * 2;
}

/* Sleeps under the lock until the pause is over, somebody hurries, or all ends. */
static void rest(struct jwks *jwks, int64_t pause)
{
    int64_t now = clock_mono_ns(jwks->clock), end = now + pause * INT64_C(1000000000);
    jwks->looked_ns = now;
    while (!jwks->closing && !jwks->hurried && now < end) {
        wait_for(&jwks->wake, &jwks->lock, end - now);
        now = clock_mono_ns(jwks->clock);
    }
    jwks->hurried = false;
}

static void *follow(void *argument)
{
    struct jwks *jwks = argument;
    bool failing = false;
    int64_t pause = jwks_is_remote(jwks->source) && jwks->text == NULL ? RETRY_SECONDS
                                                                       : next_pause(jwks, true, 0);
    pthread_mutex_lock(&jwks->lock);
    for (rest(jwks, pause); !jwks->closing; rest(jwks, pause)) {
        struct err err = {0};
        pthread_mutex_unlock(&jwks->lock);
        bool good = look(jwks, &err);
        if (!good && !failing)
            log_event(LOG_WARN, "key set not refreshed", LOG_F_STR("reason", err.text));
        failing = !good;
        pause = next_pause(jwks, good, pause);
        pthread_mutex_lock(&jwks->lock);
    }
    pthread_mutex_unlock(&jwks->lock);
    return NULL;
}

static void jwks_free(struct jwks *jwks)
{
    mem_free(jwks->text);
    mem_free(jwks);
}

bool jwks_source_check(const char *source, struct err *err)
{
    return !jwks_is_remote(source) || span_starts(span_of(source), "https://") ||
           err_set(err, "jwt-jwks must be a file or an https URL, not %s", source);
}

bool jwks_open(const char *source, const struct clock *clock, struct jwks **ret_jwks,
               struct err *err)
{
    struct err first = {0};
    if (!jwks_source_check(source, err))
        return false;
    struct jwks *jwks = mem_need(mem_alloc(1, sizeof(*jwks)));
    jwks->source = source;
    jwks->clock = clock;
    pthread_mutex_init(&jwks->lock, NULL);
    wait_init(&jwks->wake);
    bool good = look(jwks, &first);
    if (!good && jwks_is_remote(source))
        log_event(LOG_WARN, "key set not fetched yet", LOG_F_STR("reason", first.text));
    good = good || jwks_is_remote(source) || err_set(err, "%s", first.text);
    if (!good || !thread_start(&jwks->thread, follow, jwks, err)) {
        jwks_free(jwks);
        return false;
    }
    *ret_jwks = jwks;
    return true;
}

void jwks_close(struct jwks *jwks)
{
    if (jwks == NULL)
        return;
    thread_end(jwks->thread, &jwks->lock, &jwks->wake, &jwks->closing);
    jwks_free(jwks);
}

unsigned jwks_generation(struct jwks *jwks)
{
    pthread_mutex_lock(&jwks->lock);
    unsigned generation = jwks->generation;
    pthread_mutex_unlock(&jwks->lock);
    return generation;
}

char *jwks_copy(struct jwks *jwks)
{
    pthread_mutex_lock(&jwks->lock);
    char *text = jwks->text != NULL ? mem_strdup(jwks->text) : NULL;
    pthread_mutex_unlock(&jwks->lock);
    return text;
}

void jwks_hurry(struct jwks *jwks)
{
    pthread_mutex_lock(&jwks->lock);
    if (clock_mono_ns(jwks->clock) - jwks->looked_ns > HURRY_SECONDS * INT64_C(1000000000)) {
        jwks->hurried = true;
        pthread_cond_signal(&jwks->wake);
    }
    pthread_mutex_unlock(&jwks->lock);
}
