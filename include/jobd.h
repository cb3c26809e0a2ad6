/* libjobd: create jobs on a jobd server, work on them, report on them, and read them, from C. */
#ifndef JOBD_H
#define JOBD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JOBD_API __attribute__((visibility("default")))

/*
 * Conventions. Functions that can fail return true when they succeeded; otherwise they fill `error`
 * (which may be NULL) and leave their outputs untouched. Texts are UTF-8 and NUL-terminated; what a
 * function takes is copied, what it gives belongs to the object it came in. A client serves one
 * thread at a time; use one client a thread. Compile and link with `pkg-config --cflags --libs
 * libjobd`.
 */

/* Why a call failed. */
struct jobd_error {
    int status; /* the HTTP status; 0: no answer came (unreachable, timed out, not our protocol);
                   400 too when the arguments are wrong and nothing was sent */
    char code[64]; /* the server's errorCode, such as "jobNotFoundId"; empty without an answer */
    char text[512]; /* a sentence for people */
    int retry_after; /* seconds the server asked us to wait; 0: it did not */
};

/* Whether the same call may succeed later: the server is away, or asks for patience. */
JOBD_API bool jobd_may_pass(const struct jobd_error *error);

/* Where the server is and who we are. NULL members are not given; `token` wins over `user` and
 * `password`. */
struct jobd_settings {
    const char *url; /* "https://host/prefix", "unix:/path"; NULL: "http://127.0.0.1:8080" */
    const char *user;
    const char *password;
    const char *token; /* a JSON Web Token */
    long timeout_ms; /* for a whole call; 0: ten seconds */
};

struct jobd_client;

/*
 * Makes a client; nothing is sent yet. With `settings` NULL they come from JOBD_URL, JOBD_USER,
 * JOBD_PASSWORD or JOBD_PASSWORD_FILE, JOBD_TOKEN or JOBD_TOKEN_FILE, and from
 * $XDG_CONFIG_HOME/jobd/client.conf (~/.config without it; lines `url = …`, user, password,
 * password-file, token, token-file). Each missing one comes from the file, but credentials are
 * taken from one place: where the environment has any, the file's do not count. Redirects are not
 * followed, so credentials reach nobody but the server named.
 */
JOBD_API bool jobd_open(const struct jobd_settings *settings, struct jobd_client **ret_client,
                        struct jobd_error *error);
JOBD_API void jobd_close(struct jobd_client *client);

#define JOBD_ID_SIZE 37
#define JOBD_NO_TIME (-1)
#define JOBD_NO_PROGRESS (-1)

/* A job as the server knows it. Times are milliseconds since 1970, JOBD_NO_TIME when absent. */
struct jobd_job {
    char id[JOBD_ID_SIZE];
    const char *name, *type;
    const char *state; /* WAITING, RUNNING, COMPLETED, FAILED, DELETED */
    const char *result; /* NOT_SET, SUCCESS, COMPLETED_WITH_ERROR, FAILURE, ABORTED */
    const char *message; /* NULL: none */
    int progress; /* percent, or JOBD_NO_PROGRESS */
    bool self_managed;
    char user[JOBD_ID_SIZE], created_by[JOBD_ID_SIZE], modified_by[JOBD_ID_SIZE];
    int64_t created_on, modified_on, started_on, ended_on;
    const char *json; /* the Job as it came */
    char etag[32]; /* of jobd_get and jobd_wait: stands for the job as it is; empty: unknown */
};
JOBD_API void jobd_job_free(struct jobd_job *job);

/* What to create. Start from {0}; only name and type are needed. */
struct jobd_create {
    const char *name, *type, *message;
    const char *user; /* the UUID of another user on whose behalf */
    const char *payload; /* any JSON */
    const char *idempotency_key; /* the same key again gives the same job again; NULL: none */
    bool self_managed; /* run by us, never handed to a worker */
    int priority;
    int max_attempts; /* 0: the server's default, one */
    int64_t run_after; /* 0: at once */
    const char *worker_id; /* we hold the job from the start, as this worker, under the fence
                              JOBD_FIRST_FENCE; NULL: nobody holds it */
    int lease_seconds; /* with worker_id; 0: sixty */
};
#define JOBD_FIRST_FENCE 1

/* `ret_job` may be NULL where only success matters; otherwise the caller frees it. */
JOBD_API bool jobd_create(struct jobd_client *client, const struct jobd_create *create,
                          struct jobd_job **ret_job, struct jobd_error *error);

/* What to report. Start from JOBD_REPORT; members left alone are not reported. */
struct jobd_report {
    const char *state, *result, *message;
    int progress;
    int64_t fence; /* of the lease we hold the job by; 0: nobody holds it */
    bool retry; /* with the state FAILED: to be tried again while attempts remain */
    int delay_seconds; /* with the state WAITING, which gives the job back: not before so long */
};
#define JOBD_REPORT                                                                                \
    {                                                                                              \
        .progress = JOBD_NO_PROGRESS                                                               \
    }
JOBD_API bool jobd_report(struct jobd_client *client, const char *id,
                          const struct jobd_report *report, struct jobd_job **ret_job,
                          struct jobd_error *error);

JOBD_API bool jobd_get(struct jobd_client *client, const char *id, struct jobd_job **ret_job,
                       struct jobd_error *error);

/*
 * The same once the job is another one than `known`; after `seconds` (30 at most) `ret_job` is NULL
 * where it is still the same. The server holds the call meanwhile, unless the etag of `known` is
 * empty.
 */
JOBD_API bool jobd_wait(struct jobd_client *client, const struct jobd_job *known, int seconds,
                        struct jobd_job **ret_job, struct jobd_error *error);

/* `message` NULL: "Deleted by user". */
JOBD_API bool jobd_delete(struct jobd_client *client, const char *id, const char *message,
                          struct jobd_error *error);

/*
 * Claims: jobs that wait for a worker, handed out under a lease. Who holds a lease must be heard of
 * before it runs out, by a report or a heartbeat under its fence; otherwise the job goes to another
 * worker while attempts remain, and FAILED with the message "Worker lost" when none do. Then, and
 * when the job is deleted, everything under the fence fails with status 409 and the code
 * "leaseLost" or "jobDeleted". jobd_worker_run does all of this by itself.
 */
struct jobd_claim {
    const char *const *types; /* ends with NULL */
    const char *worker_id; /* who we are, for people: "host:pid" */
    int max; /* how many jobs at most, up to 100; 0: one */
    int lease_seconds; /* 5..3600; 0: sixty */
    int wait_seconds; /* how long to wait for the first job, up to 30 */
    const char *request_id; /* visible ASCII: repeating a claim whose answer was lost, under the
                               same id within ten minutes, gives what it was granted; NULL: none */
};

struct jobd_grant {
    struct jobd_job *job;
    const char *payload; /* JSON; NULL: none */
    int64_t fence;
    int64_t lease_expires_on; /* by the server's clock */
    int attempt, max_attempts; /* this is the first of at most three: 1, 3 */
};
JOBD_API void jobd_grant_free(struct jobd_grant *grant);

/* A caller may take a grant over by leaving NULL in its place. */
struct jobd_grants {
    struct jobd_grant **grants;
    size_t count; /* 0: no job was there in time */
};
JOBD_API bool jobd_claim(struct jobd_client *client, const struct jobd_claim *claim,
                         struct jobd_grants **ret_grants, struct jobd_error *error);
JOBD_API void jobd_grants_free(struct jobd_grants *grants);

/*
 * Ends a job, or gives it back, and claims the next ones in one request and one commit: jobd_report
 * with the state COMPLETED, FAILED or WAITING, and jobd_claim without waiting (wait_seconds is not
 * looked at). Nothing is granted when the report fails. *ret_grants is NULL when the server took
 * the report, but could not claim: jobd_claim, under the same request_id. After a call whose answer
 * was lost, repeat it with the same request_id; where that fails with status 409, jobd_claim under
 * this id gives what was granted.
 */
JOBD_API bool jobd_report_next(struct jobd_client *client, const char *id,
                               const struct jobd_report *report, const struct jobd_claim *next,
                               struct jobd_grants **ret_grants, struct jobd_error *error);

/* A heartbeat: from now the lease lasts for `lease_seconds` at least; 0: as it was granted. */
struct jobd_lease {
    int64_t expires_on; /* by the server's clock */
    bool drain; /* the server asks that no more be claimed */
};
JOBD_API bool jobd_beat(struct jobd_client *client, const char *id, int64_t fence,
                        int lease_seconds, struct jobd_lease *ret_lease, struct jobd_error *error);

/* Gives a job back, for another to take, after `delay_seconds`. */
JOBD_API bool jobd_release(struct jobd_client *client, const char *id, int64_t fence,
                           int delay_seconds, struct jobd_error *error);

/*
 * A worker: claims jobs, has a function of yours run each, and reports how they end.
 *
 * While the function runs, however long, the job is kept by heartbeats from a thread and a
 * connection of their own; progress is sent by another thread, the latest twice a second at most.
 * When it returns, one request reports the end and claims the next job. A server that is away is
 * waited for: the function goes on meanwhile, its end is reported once the server is back, and a
 * claim whose answer was lost is repeated, so that no job goes astray.
 */
struct jobd_worker;
struct jobd_run; /* one job in hand; valid until the function returns */

/* How it went: what the function returns. */
enum jobd_outcome {
    JOBD_SUCCESS, /* the job is COMPLETED, with SUCCESS */
    JOBD_COMPLETED_WITH_ERROR, /* COMPLETED, with that */
    JOBD_FAILURE, /* FAILED, with FAILURE, and not tried again */
    JOBD_ABORTED, /* FAILED, with ABORTED */
    JOBD_RETRY, /* tried again later while attempts remain; FAILED, with FAILURE, otherwise */
    JOBD_RELEASE, /* given back, for another to take at once */
};

/* Why to stop working on a job. */
enum jobd_stop {
    JOBD_STOP_NO, /* zero: go on */
    JOBD_STOP_DELETED, /* somebody deleted the job; what the function returns does not count */
    JOBD_STOP_LOST, /* the job is another's now; what the function returns does not count */
    JOBD_STOP_WORKER, /* jobd_worker_stop: end soon, and mostly with JOBD_RELEASE */
};

struct jobd_worker_options {
    const char *const *types; /* ends with NULL */
    const char *worker_id; /* who we are, for people; NULL: "host:pid" */
    int slots; /* how many jobs at once, up to 1000; 0: one */
    int lease_seconds; /* 5..3600: how long a worker may be silent before it counts as lost, and
                          another gets its jobs; 0: sixty */
    /* Runs a job. Called from `slots` threads of the worker's own, in which all signals are
     * blocked. */
    enum jobd_outcome (*run)(struct jobd_run *run, void *context);
    /* Takes a sentence for people, such as that the server is away. From any of the worker's
     * threads, several at once, the one of the heartbeats too: so it must not take long. NULL:
     * nobody does. */
    void (*warn)(void *context, const char *text);
    void *context;
};

/* `settings` as for jobd_open; nothing is sent yet. */
JOBD_API bool jobd_worker_open(const struct jobd_settings *settings,
                               const struct jobd_worker_options *options,
                               struct jobd_worker **ret_worker, struct jobd_error *error);

/*
 * Works until it is told to end; returns when all functions have returned, and all is reported.
 * False when claiming makes no sense, because of credentials or arguments that are wrong. Once for
 * each worker.
 */
JOBD_API bool jobd_worker_run(struct jobd_worker *worker, struct jobd_error *error);

/*
 * From any thread and from signal handlers, at any time between open and close. Drain: nothing
 * more is claimed, and what runs is brought to its end. Stop: besides, those that run are told to
 * stop (jobd_run_stopped), and an end that cannot be reported within five seconds is given up; as
 * many more are for finding out whether a job came along with it, which goes back.
 */
JOBD_API void jobd_worker_drain(struct jobd_worker *worker);
JOBD_API void jobd_worker_stop(struct jobd_worker *worker);

/* Not while it runs. NULL is fine. */
JOBD_API void jobd_worker_close(struct jobd_worker *worker);

/* The job, its payload and fence. What it says of the lease's end is that of the beginning. */
JOBD_API const struct jobd_grant *jobd_run_grant(const struct jobd_run *run);

/*
 * Progress in percent (JOBD_NO_PROGRESS: as it was) and a message (NULL: as it was), which may be
 * the job's last one. Returns at once: it is sent by and by, at the latest with the job's end. Any
 * thread.
 */
JOBD_API void jobd_run_progress(struct jobd_run *run, int percent, const char *message);

/*
 * Appends to the job's output. Returns at once: it is sent by and by, at the latest before the
 * job's end. While the server is slow or away some 400 KB are kept: the front and the end, and a
 * line for what was dropped between them. Any thread.
 */
JOBD_API void jobd_run_log(struct jobd_run *run, const void *bytes, size_t len);

/* Whether to stop, and why; a descriptor that polls as readable once that is so. Any thread. */
JOBD_API enum jobd_stop jobd_run_stopped(const struct jobd_run *run);
JOBD_API int jobd_run_stop_fd(const struct jobd_run *run);

/*
 * A job's output is a stream of bytes, of which the server keeps the first and the last 512 KiB.
 * Offsets are those of the stream as it was written, whatever was dropped of it.
 */
#define JOBD_LOG_PART_MAX ((size_t)256 * 1024)

/* A part of the stream to append. */
struct jobd_log_part {
    int64_t fence; /* of the lease we hold the job by; 0: nobody holds it */
    int64_t offset; /* where it begins */
    const void *bytes; /* any */
    size_t len; /* 1..JOBD_LOG_PART_MAX */
};

/*
 * What the server has already is not appended again: repeat a call that failed. *ret_next (which
 * may be NULL) is where to go on, the size of the stream there. It is also set when the part would
 * leave a hole, which fails with status 409 and the code "conflict".
 */
JOBD_API bool jobd_log_append(struct jobd_client *client, const char *id,
                              const struct jobd_log_part *part, int64_t *ret_next,
                              struct jobd_error *error);

/* From where to read. */
struct jobd_log_place {
    int64_t offset; /* negative: so many bytes before the end */
    int wait_seconds; /* how long to wait for something to read, up to 30 */
};

struct jobd_log {
    const char *bytes; /* a line of its own stands for what was dropped; a NUL follows */
    size_t len; /* 0: there was nothing in time, and `bytes` is NULL */
    int64_t next; /* where to go on */
    bool complete; /* the job has ended, and this was all */
};
JOBD_API bool jobd_log_read(struct jobd_client *client, const char *id,
                            const struct jobd_log_place *place, struct jobd_log **ret_log,
                            struct jobd_error *error);
JOBD_API void jobd_log_free(struct jobd_log *log);

/* Which jobs to find; the contract's parameters by their names. Start from {0}; lists end with
 * NULL. */
struct jobd_query {
    const char *name, *name_match_mode;
    const char *const *states, *const *results, *const *types;
    const char *user;
    const char *sort_field, *sort_order;
    const char *cursor;
    int page_size; /* 0: ten */
};

struct jobd_page {
    struct jobd_job **jobs;
    size_t count;
    const char *next_cursor; /* NULL: the last page */
};
JOBD_API bool jobd_find(struct jobd_client *client, const struct jobd_query *query,
                        struct jobd_page **ret_page, struct jobd_error *error);
JOBD_API void jobd_page_free(struct jobd_page *page);

/* Something that happened; valid until the function it is told to returns. */
struct jobd_event {
    const char *event; /* "job": a job was written; "gone": one that does not match, but might have
                          before, was written; "synced": all that was written before is told, once
                          for each connection; "stalled": a job is held, but goes nowhere. There may
                          be others one day */
    int64_t id; /* the number of the change; 0: it is none */
    const char *job_id; /* empty: of no job */
    struct jobd_job *job; /* of "job", as it is now; its etag is the number in quotes, as jobd_get
                             gives it. NULL of all others */
    const char *json; /* the line as it came */
};

/* What to watch. Start from {0}; only `on_event` is needed. */
struct jobd_watch {
    const struct jobd_query *query; /* its filters: name, name_match_mode, states, results, types,
                                       user; NULL: all jobs */
    int64_t after; /* begin behind the change of this number; 0: now */
    bool snapshot; /* begin with all jobs there are, unless `after` says where */
    /* Takes an event; false: enough. It may take the job over by leaving NULL in its place. It must
     * not use the client that watches. */
    bool (*on_event)(void *context, struct jobd_event *event);
    /* Told of each attempt to reach the server that failed, and of each connection that was lost;
     * false: give up. NULL: never. */
    bool (*on_lost)(void *context, const struct jobd_error *error);
    void *context;
};

/*
 * Tells every change of the jobs that match, as it happens. A connection that is lost, or silent
 * for forty seconds, is made again, behind the last change that was told: none is missed, though
 * what a job went through in between may be left out. True once the function said that it was
 * enough, or jobd_watch_stop was called; false when the server refuses, or it was given up.
 */
JOBD_API bool jobd_watch(struct jobd_client *client, const struct jobd_watch *watch,
                         struct jobd_error *error);

/* Ends the jobd_watch under way, within a second or so, or else the next. Any thread, and signal
 * handlers. */
JOBD_API void jobd_watch_stop(struct jobd_client *client);

#ifdef __cplusplus
}
#endif

#endif
