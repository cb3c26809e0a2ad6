/* What the reporting thread does: each call to the server when it is due, until all is told. */
#include "jobctl/delivery.h"

#include "base/scope.h"
#include "base/wait.h"
#include "client/bodies.h"
#include "client/client.h"
#include "jobctl/reporter_state.h"

#include <stdio.h>
#include <unistd.h>

#define PROGRESS_INTERVAL (SECOND / 2)
#define OUTPUT_INTERVAL (SECOND / 2)
#define LOOK_INTERVAL (5 * SECOND)
#define LONGEST_PAUSE (15 * SECOND)
#define PAUSE_AT_END (SECOND / 4)
#define PATIENCE_REPLAY (2 * SECOND)

/* What the command said and did, taken under the lock at one moment. */
struct view {
    bool ended, dirty, has_output;
    unsigned changes;
};

static void wake(const struct reporter *reporter)
{
    const uint64_t one = 1;
    if (write(reporter->wake_fd, &one, sizeof(one)) < 0)
        return; /* it is full: then it wakes as well */
}

static void mark_done(struct reporter *reporter)
{
    pthread_mutex_lock(&reporter->lock);
    reporter->done = true;
    pthread_mutex_unlock(&reporter->lock);
    wake(reporter);
}

static struct view look(struct reporter *reporter)
{
    pthread_mutex_lock(&reporter->lock);
    struct view view = {reporter->ended, reporter->dirty, outbox_is_waiting(&reporter->outbox),
                        reporter->changes};
    pthread_mutex_unlock(&reporter->lock);
    return view;
}

/* Sleeps until `until`, or until the command has something to say. */
static void sleep_until(struct reporter *reporter, int64_t until, const struct view *seen)
{
    int64_t left = until - monotonic();
    pthread_mutex_lock(&reporter->lock);
    if (reporter->changes == seen->changes && left > 0)
        wait_for(&reporter->changed, &reporter->lock, left);
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
    reporter_set_away(reporter, false);
    pthread_mutex_unlock(&reporter->lock);
    reporter->reached = true;
    reporter->backoff = (struct backoff){0};
    reporter->last_contact = monotonic();
    reporter->not_before = 0;
}

/* How often the server is to hear of us at least: the lease must not run out. */
static int64_t beat_interval(const struct reporter *reporter)
{
    int64_t third = reporter->create->lease_seconds * SECOND / 3;
    return third < LOOK_INTERVAL ? third : LOOK_INTERVAL;
}

static int64_t longest_pause(const struct reporter *reporter, bool ended)
{
    int64_t third = reporter->create->lease_seconds * SECOND / 3;
    if (ended)
        return PAUSE_AT_END;
    return third < LONGEST_PAUSE ? third : LONGEST_PAUSE;
}

static void back_off(struct reporter *reporter, const struct jobd_error *error, bool ended)
{
    int64_t pause = backoff_pause(&reporter->backoff, error, longest_pause(reporter, ended));
    pthread_mutex_lock(&reporter->lock);
    reporter_set_away(reporter, !reporter->reached);
    pthread_mutex_unlock(&reporter->lock);
    reporter->not_before = monotonic() + pause;
    warn_away(reporter, error);
}

static bool is_deleted(const struct jobd_error *error)
{
    return error->status == 409 && strcmp(error->code, "jobDeleted") == 0;
}

/* What the next report or heartbeat will say as well. */
static bool is_about_lease(const struct jobd_error *error)
{
    return is_deleted(error) || (error->status == 409 && strcmp(error->code, "leaseLost") == 0);
}

/* Nothing will ever be reported on this job again. */
static void give_up(struct reporter *reporter, const struct jobd_error *error)
{
    reporter->stage = STAGE_OVER;
    if (is_deleted(error)) {
        complain(reporter->call, 0, "the job was deleted");
        wake(reporter);
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
    report.fence = JOBD_FIRST_FENCE;
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
    reporter->last_report = monotonic();
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

/* Output that takes its time must leave some for the heartbeat, or the end, that comes after it. */
static int64_t output_until(const struct reporter *reporter)
{
    if (reporter->ended)
        return reporter->deadline - PATIENCE + PATIENCE_AWAY;
    return reporter->last_contact + reporter->create->lease_seconds * SECOND * 2 / 3;
}

/* Output the server does not like is no reason to keep anything else from it. */
static void send_output(struct reporter *reporter)
{
    struct jobd_error error;
    pthread_mutex_lock(&reporter->lock);
    bool found = outbox_take(&reporter->outbox);
    reporter_set_output_until(reporter, found ? output_until(reporter) : NEVER);
    pthread_mutex_unlock(&reporter->lock);
    if (!found)
        return;
    enum outbox_outcome outcome =
        outbox_send(&reporter->outbox, reporter->client, reporter->id, JOBD_FIRST_FENCE, &error);
    pthread_mutex_lock(&reporter->lock);
    outbox_settle(&reporter->outbox, outcome);
    reporter_set_output_until(reporter, NEVER);
    pthread_mutex_unlock(&reporter->lock);
    reporter->last_output = monotonic();
    if (outcome == OUTBOX_LATER)
        fail(reporter, &error);
    else if (outcome == OUTBOX_REFUSED && !is_about_lease(&error))
        complain(reporter->call, 0, "the output is not kept: %s", error.text);
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
        .fence = JOBD_FIRST_FENCE,
    };
    if (directory == NULL)
        return err_set(err, "neither XDG_STATE_HOME nor HOME says where to keep it");
    if (!report_write(&body, &report, NULL, err))
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

/* Without it the job would count as lost; and it shows when the job was deleted. */
static void beat(struct reporter *reporter)
{
    struct jobd_error error;
    if (jobd_beat(reporter->client, reporter->id, JOBD_FIRST_FENCE, 0, NULL, &error))
        succeed(reporter);
    else
        fail(reporter, &error);
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
    return monotonic() >= deadline ||
           (reporter->tried_end && reporter->backoff.failures > 0 && in_vain);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When something is due while the command runs and the job is known to. */
static int64_t due_meanwhile(const struct reporter *reporter, const struct view *view)
{
    int64_t due = reporter->replaying ? 0 : reporter->last_contact + beat_interval(reporter);
    if (view->dirty)
        due = earlier(due, reporter->last_report + PROGRESS_INTERVAL);
    if (view->has_output)
        due = earlier(due, reporter->last_output + OUTPUT_INTERVAL);
    return due;
}

/* When the next thing is due; the end of the command makes up for one pause. */
static int64_t due(const struct reporter *reporter, const struct view *view)
{
    int64_t due = 0;
    if (view->ended && !reporter->tried_end)
        return 0;
    if (reporter->stage == STAGE_RUNNING && !view->ended)
        due = due_meanwhile(reporter, view);
    return due > reporter->not_before ? due : reporter->not_before;
}

static void act_meanwhile(struct reporter *reporter, const struct view *view)
{
    int64_t now = monotonic();
    bool must_beat = now >= reporter->last_contact + beat_interval(reporter);
    if (view->dirty && now >= reporter->last_report + PROGRESS_INTERVAL)
        report_progress(reporter);
    else if (view->has_output && !must_beat && now >= reporter->last_output + OUTPUT_INTERVAL)
        send_output(reporter);
    else if (reporter->replaying && !must_beat)
        replay_one(reporter);
    else
        beat(reporter);
}

/* The end must not be spooled for the sake of the output before it. */
static bool has_time_for_output(struct reporter *reporter)
{
    return reporter->backoff.failures == 0 &&
           monotonic() < deadline_of(reporter) - PATIENCE + PATIENCE_AWAY;
}

static void act(struct reporter *reporter, const struct view *view)
{
    reporter->tried_end |= view->ended;
    switch (reporter->stage) {
    case STAGE_CREATE:
        create_job(reporter);
        break;
    case STAGE_START:
        report_progress(reporter);
        break;
    case STAGE_RUNNING:
        if (view->ended && view->has_output && has_time_for_output(reporter))
            send_output(reporter);
        else if (view->ended)
            report_end(reporter);
        else
            act_meanwhile(reporter, view);
        break;
    case STAGE_OVER:
        break;
    }
}

static void step(struct reporter *reporter)
{
    struct view view = look(reporter);
    int64_t at = due(reporter, &view);
    if (view.ended && is_too_late(reporter))
        spool(reporter);
    else if (at > monotonic())
        sleep_until(reporter, at, &view);
    else
        act(reporter, &view);
}

/* What is left of the spool gets a moment of its own, where the server takes what it is told. */
static void replay_rest(struct reporter *reporter)
{
    int64_t until = monotonic() + PATIENCE_REPLAY;
    pthread_mutex_lock(&reporter->lock);
    bool in_time = monotonic() < reporter->deadline;
    if (in_time)
        reporter_set_deadline(reporter, until);
    pthread_mutex_unlock(&reporter->lock);
    while (in_time && reporter->job != NULL && reporter->replaying &&
           monotonic() < deadline_of(reporter))
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

void *delivery_main(void *context)
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
    mark_done(reporter);
    return NULL;
}
