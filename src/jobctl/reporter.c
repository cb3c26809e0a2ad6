/* The thread that tells the server of a wrapped command; nobody ever waits for it by mistake. */
#include "jobctl/reporter.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/scope.h"
#include "client/bodies.h"
#include "client/client.h"
#include "jobctl/replay.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)
#define NEVER INT64_MAX

#define PROGRESS_INTERVAL (500 * MS)
#define LOOK_INTERVAL (5 * SECOND)
#define FIRST_PAUSE (250 * MS)
#define LAST_PAUSE (30 * SECOND)
#define PAUSE_AT_END (250 * MS)
/* How long jobctl may live on after its command; less where the server is known to be away. */
#define PATIENCE (3 * SECOND)
#define PATIENCE_AWAY (1 * SECOND)
#define PATIENCE_REPLAY (2 * SECOND)

/* How far the job has come on the server. */
enum stage {
    STAGE_CREATE,
    STAGE_START,
    STAGE_RUNNING,
    STAGE_OVER, /* nothing more is to be reported: delivered, spooled, refused or deleted */
};

/* What the command said and did, taken under the lock at one moment. */
struct view {
    bool ended, dirty;
    unsigned changes;
};

struct reporter {
    pthread_t thread;
    const struct call *call;
    const struct jobd_create *create;
    int wake_fd;

    pthread_mutex_t lock; /* for what follows, down to the blank line */
    pthread_cond_t changed;
    struct progress progress; /* the latest */
    bool dirty; /* it is not reported yet */
    bool ended, done, deleted;
    bool away; /* the server was never reached, though it was tried */
    unsigned changes; /* counts what the thread must wake up for */
    struct ending ending; /* once `ended`, not written any more */
    struct jobd_client *client; /* set once, by the thread */
    int64_t deadline; /* of the client, monotonic */

    /* The thread's own. */
    enum stage stage;
    char key[UUID_TEXT_SIZE], id[JOBD_ID_SIZE];
    struct buf body; /* of the create */
    char late[PROGRESS_MESSAGE_SIZE + 64]; /* a message with the time of the end */
    bool reached, warned, tried_end;
    int failures; /* in a row */
    int64_t not_before, last_report, last_contact;
    struct replay replay;
    bool replaying;
    struct jobd_job *job;
};

static int64_t now(void)
{
    return clock_mono_ns(&clock_system);
}

static void wake(const struct reporter *reporter)
{
    const uint64_t one = 1;
    if (write(reporter->wake_fd, &one, sizeof(one)) < 0)
        return; /* it is full: then it wakes as well */
}

/* The three below want the lock held. */
static void change(struct reporter *reporter)
{
    reporter->changes++;
    pthread_cond_signal(&reporter->changed);
}

static void set_deadline(struct reporter *reporter, int64_t deadline)
{
    reporter->deadline = deadline;
    if (reporter->client != NULL)
        client_set_deadline(reporter->client, deadline);
    change(reporter);
}

static void set_away(struct reporter *reporter, bool away)
{
    reporter->away = away;
    if (away && reporter->ended && reporter->deadline > now() + PATIENCE_AWAY)
        set_deadline(reporter, now() + PATIENCE_AWAY);
}

static void mark_done(struct reporter *reporter, bool deleted)
{
    pthread_mutex_lock(&reporter->lock);
    if (deleted)
        reporter->deleted = true;
    else
        reporter->done = true;
    pthread_mutex_unlock(&reporter->lock);
    wake(reporter);
}

static struct view look(struct reporter *reporter)
{
    pthread_mutex_lock(&reporter->lock);
    struct view view = {reporter->ended, reporter->dirty, reporter->changes};
    pthread_mutex_unlock(&reporter->lock);
    return view;
}

/* Sleeps until `until`, or until the command has something to say. */
static void sleep_until(struct reporter *reporter, int64_t until, const struct view *seen)
{
    struct timespec time = {.tv_sec = until / SECOND, .tv_nsec = until % SECOND};
    pthread_mutex_lock(&reporter->lock);
    if (reporter->changes == seen->changes)
        pthread_cond_timedwait(&reporter->changed, &reporter->lock, &time);
    pthread_mutex_unlock(&reporter->lock);
}

static void warn_away(struct reporter *reporter, const struct jobd_error *error)
{
    if (!reporter->warned)
        complain(reporter->call, 0,
                 "%s; the command goes on, and what cannot be delivered is kept for the next "
                 "jobctl run",
                 error->text);
    reporter->warned = true;
}

static void succeed(struct reporter *reporter)
{
    pthread_mutex_lock(&reporter->lock);
    set_away(reporter, false);
    pthread_mutex_unlock(&reporter->lock);
    reporter->reached = true;
    reporter->failures = 0;
    reporter->last_contact = now();
    reporter->not_before = 0;
}

/* Twice as long after each failure, and as long as the server asks for. */
static void back_off(struct reporter *reporter, const struct jobd_error *error, bool ended)
{
    int64_t pause = FIRST_PAUSE << (reporter->failures < 8 ? reporter->failures : 8);
    int64_t asked = error->retry_after * SECOND;
    if (pause > LAST_PAUSE)
        pause = LAST_PAUSE;
    if (ended)
        pause = PAUSE_AT_END;
    if (asked > pause)
        pause = asked;
    pthread_mutex_lock(&reporter->lock);
    set_away(reporter, !reporter->reached);
    pthread_mutex_unlock(&reporter->lock);
    reporter->failures++;
    reporter->not_before = now() + pause;
    warn_away(reporter, error);
}

static bool is_deleted(const struct jobd_error *error)
{
    return error->status == 409 && strcmp(error->code, "jobDeleted") == 0;
}

/* Nothing will ever be reported on this job again. */
static void give_up(struct reporter *reporter, const struct jobd_error *error)
{
    reporter->stage = STAGE_OVER;
    if (is_deleted(error)) {
        complain(reporter->call, 0, "the job was deleted");
        mark_done(reporter, true);
    } else {
        complain(reporter->call, 0, "the job is not reported on: %s", error->text);
    }
}

static void fail(struct reporter *reporter, const struct jobd_error *error)
{
    if (replay_is_later(error))
        back_off(reporter, error, look(reporter).ended);
    else
        give_up(reporter, error);
}

static void create_job(struct reporter *reporter)
{
    struct jobd_error error;
    struct jobd_job *job = NULL;
    if (!client_create_json(reporter->client, buf_span(&reporter->body), reporter->key, &job,
                            &error)) {
        fail(reporter, &error);
        return;
    }
    snprintf(reporter->id, sizeof(reporter->id), "%s", job->id);
    jobd_job_free(job);
    succeed(reporter);
    reporter->stage = STAGE_START;
}

/* Takes what is to be reported next; what comes later marks it as not reported again. */
static struct jobd_report next_report(struct reporter *reporter, struct progress *progress)
{
    struct jobd_report report = JOBD_REPORT;
    pthread_mutex_lock(&reporter->lock);
    *progress = reporter->progress;
    if (reporter->dirty) {
        report.progress = progress->percent;
        report.message = progress->has_message ? progress->message : NULL;
    }
    reporter->dirty = false;
    pthread_mutex_unlock(&reporter->lock);
    return report;
}

static void mark_dirty(struct reporter *reporter)
{
    pthread_mutex_lock(&reporter->lock);
    reporter->dirty = true;
    pthread_mutex_unlock(&reporter->lock);
}

/* A progress the server does not like is no reason to keep the end from it. */
static bool is_about_progress(const struct jobd_error *error)
{
    return error->status == 400 || error->status == 413 || error->status == 422;
}

static void report_progress(struct reporter *reporter)
{
    struct progress progress;
    struct jobd_error error;
    struct jobd_report report = next_report(reporter, &progress);
    if (reporter->stage == STAGE_START)
        report.state = "RUNNING";
    reporter->last_report = now();
    if (jobd_report(reporter->client, reporter->id, &report, NULL, &error)) {
        succeed(reporter);
        reporter->stage = STAGE_RUNNING;
    } else if (reporter->stage == STAGE_RUNNING && is_about_progress(&error)) {
        complain(reporter->call, 0, "a progress was refused: %s", error.text);
    } else {
        fail(reporter, &error);
        if (report.progress != JOBD_NO_PROGRESS || report.message != NULL)
            mark_dirty(reporter);
    }
}

/* The last report; `late` says in its message when the command really ended. */
static struct jobd_report last_report(struct reporter *reporter, struct progress *progress,
                                      bool late)
{
    struct jobd_report report = next_report(reporter, progress);
    const struct ending *ending = &reporter->ending;
    const char *said = progress->has_message ? progress->message : "";
    const char *message = ending->message[0] != '\0' ? ending->message : said;
    report.state = ending->state;
    report.result = ending->result;
    report.progress = progress->percent;
    if (late) {
        char text[sizeof(progress->message)], time[CLOCK_TEXT_SIZE];
        snprintf(text, sizeof(text), "%s", message);
        clock_format(ending->when, time);
        snprintf(reporter->late, sizeof(reporter->late), "%s%s(ended %s)", text,
                 text[0] != '\0' ? " " : "", time);
        report.message = reporter->late;
    } else if (message[0] != '\0') {
        report.message = message;
    }
    return report;
}

static void report_end(struct reporter *reporter)
{
    struct progress progress;
    struct jobd_error error;
    struct jobd_report report = last_report(reporter, &progress, false);
    reporter->tried_end = true;
    if (!jobd_report(reporter->client, reporter->id, &report, &reporter->job, &error)) {
        fail(reporter, &error);
        return;
    }
    succeed(reporter);
    reporter->stage = STAGE_OVER;
}

static bool write_spool(struct reporter *reporter, struct err *err)
{
    AUTO(arena_release) struct arena arena;
    AUTO(buf_release) struct buf body = BUF(BODY_CEILING);
    struct progress progress;
    struct jobd_report report = last_report(reporter, &progress, true);
    arena_init(&arena, 1u << 20);
    const char *directory = spool_directory(&arena);
    struct spool_entry entry = {
        .url = span_of(client_url(reporter->client)),
        .key = span_of(reporter->key),
        .create = buf_span(&reporter->body),
        .id = span_of(reporter->id),
    };
    if (directory == NULL)
        return err_set(err, "neither XDG_STATE_HOME nor HOME says where to keep it");
    if (!report_write(&body, &report, err))
        return false;
    entry.report = buf_span(&body);
    return spool_write(directory, &entry, err);
}

static void spool(struct reporter *reporter)
{
    struct err err = {0};
    reporter->stage = STAGE_OVER;
    if (!write_spool(reporter, &err))
        complain(reporter->call, 0, "the job's end could not be delivered, nor kept: %s", err.text);
}

/* Nobody reports for us, so a deletion shows only when asked for. */
static void look_at_job(struct reporter *reporter)
{
    struct jobd_job *job = NULL;
    struct jobd_error error;
    if (!jobd_get(reporter->client, reporter->id, &job, &error)) {
        fail(reporter, &error);
        return;
    }
    succeed(reporter);
    if (strcmp(job->state, "DELETED") == 0)
        give_up(reporter, &(struct jobd_error){.status = 409, .code = "jobDeleted"});
    jobd_job_free(job);
}

static void replay_one(struct reporter *reporter)
{
    reporter->replaying = replay_next(&reporter->replay);
}

static int64_t deadline_of(struct reporter *reporter)
{
    pthread_mutex_lock(&reporter->lock);
    int64_t deadline = reporter->deadline;
    pthread_mutex_unlock(&reporter->lock);
    return deadline;
}

/* Whether the time for delivering the end is over, or delivering has shown itself to be in vain. */
static bool is_too_late(struct reporter *reporter)
{
    int64_t deadline = deadline_of(reporter);
    bool in_vain = reporter->not_before >= deadline || !reporter->reached;
    return now() >= deadline || (reporter->tried_end && reporter->failures > 0 && in_vain);
}

/* When the next thing is due; what it is depends on the stage alone. */
static int64_t due(const struct reporter *reporter, const struct view *view)
{
    int64_t due = LOOK_INTERVAL + reporter->last_contact;
    if (reporter->stage != STAGE_RUNNING || view->ended)
        due = 0;
    else if (view->dirty)
        due = reporter->last_report + PROGRESS_INTERVAL;
    else if (reporter->replaying)
        due = 0;
    if (view->ended && !reporter->tried_end)
        return 0;
    return due > reporter->not_before ? due : reporter->not_before;
}

static void act(struct reporter *reporter, const struct view *view)
{
    reporter->tried_end |= view->ended;
    if (reporter->stage == STAGE_CREATE)
        create_job(reporter);
    else if (reporter->stage == STAGE_START)
        report_progress(reporter);
    else if (view->ended)
        report_end(reporter);
    else if (view->dirty)
        report_progress(reporter);
    else if (reporter->replaying)
        replay_one(reporter);
    else
        look_at_job(reporter);
}

static void step(struct reporter *reporter)
{
    struct view view = look(reporter);
    int64_t at = due(reporter, &view);
    if (view.ended && is_too_late(reporter))
        spool(reporter);
    else if (at > now())
        sleep_until(reporter, at, &view);
    else
        act(reporter, &view);
}

/* What is left of the spool gets a moment of its own, where the server takes what it is told. */
static void replay_rest(struct reporter *reporter)
{
    int64_t until = now() + PATIENCE_REPLAY;
    pthread_mutex_lock(&reporter->lock);
    bool in_time = now() < reporter->deadline;
    if (in_time)
        set_deadline(reporter, until);
    pthread_mutex_unlock(&reporter->lock);
    while (in_time && reporter->job != NULL && reporter->replaying && now() < deadline_of(reporter))
        replay_one(reporter);
}

static bool open_all(struct reporter *reporter)
{
    struct jobd_client *client = NULL;
    struct jobd_error error;
    struct err err = {0};
    if (!create_write(&reporter->body, reporter->create, &err)) {
        complain(reporter->call, 0, "no job is made: %s", err.text);
        return false;
    }
    if (!jobd_open(NULL, &client, &error)) {
        complain(reporter->call, 0, "no job is made: %s", error.text);
        return false;
    }
    pthread_mutex_lock(&reporter->lock);
    reporter->client = client;
    client_set_deadline(client, reporter->deadline);
    pthread_mutex_unlock(&reporter->lock);
    replay_open(&reporter->replay, reporter->call, client);
    reporter->replaying = reporter->replay.names.count > 0;
    return true;
}

static void await_end(struct reporter *reporter)
{
    pthread_mutex_lock(&reporter->lock);
    while (!reporter->ended)
        pthread_cond_wait(&reporter->changed, &reporter->lock);
    pthread_mutex_unlock(&reporter->lock);
}

static void *reporter_main(void *context)
{
    struct reporter *reporter = context;
    bool open = open_all(reporter);
    while (open && reporter->stage != STAGE_OVER)
        step(reporter);
    await_end(reporter);
    if (open) {
        replay_rest(reporter);
        replay_close(&reporter->replay);
    }
    mark_done(reporter, false);
    return NULL;
}

/* Waiting goes by the monotonic clock: nobody sets that one. */
static void init_lock(struct reporter *reporter)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&reporter->lock, NULL);
    pthread_cond_init(&reporter->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct reporter *reporter_start(const struct call *call, const struct jobd_create *create,
                                int wake_fd)
{
    struct reporter *reporter = mem_alloc(1, sizeof(*reporter));
    if (reporter == NULL)
        return NULL;
    struct uuid key = uuid_random();
    uuid_format(&key, reporter->key);
    reporter->call = call;
    reporter->create = create;
    reporter->wake_fd = wake_fd;
    reporter->deadline = NEVER;
    reporter->progress.percent = JOBD_NO_PROGRESS;
    reporter->body = (struct buf)BUF(BODY_CEILING);
    init_lock(reporter);
    if (pthread_create(&reporter->thread, NULL, reporter_main, reporter) == 0)
        return reporter;
    mem_free(reporter);
    return NULL;
}

/* A number without a message leaves the last message, and the other way round. */
void reporter_progress(struct reporter *reporter, const struct progress *progress)
{
    pthread_mutex_lock(&reporter->lock);
    if (progress->percent != JOBD_NO_PROGRESS)
        reporter->progress.percent = progress->percent;
    if (progress->has_message) {
        reporter->progress.has_message = true;
        memcpy(reporter->progress.message, progress->message, sizeof(progress->message));
    }
    if (!reporter->dirty)
        change(reporter);
    reporter->dirty = true;
    pthread_mutex_unlock(&reporter->lock);
}

void reporter_end(struct reporter *reporter, const struct ending *ending)
{
    pthread_mutex_lock(&reporter->lock);
    reporter->ended = true;
    reporter->ending = *ending;
    set_deadline(reporter, now() + (reporter->away ? PATIENCE_AWAY : PATIENCE));
    pthread_mutex_unlock(&reporter->lock);
}

void reporter_hurry(struct reporter *reporter)
{
    pthread_mutex_lock(&reporter->lock);
    set_deadline(reporter, now());
    pthread_mutex_unlock(&reporter->lock);
}

bool reporter_job_deleted(struct reporter *reporter)
{
    pthread_mutex_lock(&reporter->lock);
    bool deleted = reporter->deleted;
    pthread_mutex_unlock(&reporter->lock);
    return deleted;
}

bool reporter_is_done(struct reporter *reporter)
{
    pthread_mutex_lock(&reporter->lock);
    bool done = reporter->done;
    pthread_mutex_unlock(&reporter->lock);
    return done;
}

const char *reporter_job(const struct reporter *reporter)
{
    return reporter->job != NULL ? reporter->job->json : NULL;
}

void reporter_free(struct reporter *reporter)
{
    if (reporter == NULL)
        return;
    pthread_join(reporter->thread, NULL);
    pthread_cond_destroy(&reporter->changed);
    pthread_mutex_destroy(&reporter->lock);
    jobd_job_free(reporter->job);
    jobd_close(reporter->client);
    buf_release(&reporter->body);
    mem_free(reporter);
}
