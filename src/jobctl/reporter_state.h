/* What the wrapped command and the thread that reports on it share. */
#ifndef JOBD_JOBCTL_REPORTER_STATE_H
#define JOBD_JOBCTL_REPORTER_STATE_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/uuid.h"
#include "client/backoff.h"
#include "client/outbox.h"
#include "jobctl/replay.h"
#include "jobctl/reporter.h"

#include <pthread.h>
#include <stdint.h>

#define SECOND INT64_C(1000000000)
#define NEVER INT64_MAX

/* How long jobctl may live on after its command; less where the server is known to be away. */
#define PATIENCE (3 * SECOND)
#define PATIENCE_AWAY (1 * SECOND)

/* How far the job has come on the server. */
enum stage {
    STAGE_CREATE,
    STAGE_START,
    STAGE_RUNNING,
    STAGE_OVER, /* nothing more is to be reported: delivered, spooled, refused or deleted */
};

struct reporter {
    pthread_t thread;
    bool started;
    const struct call *call;
    const struct jobd_create *create;
    int wake_fd;

    pthread_mutex_t lock; /* for what follows, down to the blank line */
    pthread_cond_t changed;
    struct progress progress; /* the latest */
    bool dirty; /* it is not reported yet */
    bool ended, done;
    bool away; /* the server was never reached, though it was tried */
    unsigned changes; /* counts what the thread must wake up for */
    struct outbox outbox; /* sent by the thread */
    struct ending ending; /* once `ended`, not written any more */
    struct jobd_client *client; /* set once, by the thread */
    int64_t deadline; /* of the client, monotonic */
    int64_t output_until; /* that of the output being sent; NEVER: none is */

    /* The thread's own. */
    enum stage stage;
    char key[UUID_TEXT_SIZE], id[JOBD_ID_SIZE];
    struct buf body; /* of the create */
    char late[PROGRESS_MESSAGE_SIZE + 64]; /* a message with the time of the end */
    bool reached, warned, tried_end;
    struct backoff backoff;
    int64_t not_before, last_report, last_output, last_contact;
    struct replay replay;
    bool replaying;
    struct jobd_job *job;
};

/* In nanoseconds, as all times here but the end's. */
static inline int64_t monotonic(void)
{
    return clock_mono_ns(&clock_system);
}

/* These want the lock held: wakes the thread up; bounds its calls, and those with output; says
 * whether it reaches anybody. */
void reporter_change(struct reporter *reporter);
void reporter_set_deadline(struct reporter *reporter, int64_t deadline);
void reporter_set_output_until(struct reporter *reporter, int64_t until);
void reporter_set_away(struct reporter *reporter, bool away);

#endif
