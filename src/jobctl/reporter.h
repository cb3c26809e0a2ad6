/* The thread that tells the server of a wrapped command; nobody ever waits for it by mistake. */
#ifndef JOBD_JOBCTL_REPORTER_H
#define JOBD_JOBCTL_REPORTER_H

#include "jobctl/command.h"
#include "jobctl/ending.h"
#include "jobctl/progress.h"

#include <stdbool.h>

struct reporter;

/* `create` and its texts must outlive it. NULL without memory. */
struct reporter *reporter_new(const struct call *call, const struct jobd_create *create);

/*
 * Starts the thread, which opens a client by itself and creates the job; where there can be no
 * thread, complains and is done. `wake_fd` is an eventfd that is written to when the command is to
 * end since the job was deleted, and after the command's end when all is done.
 */
void reporter_start(struct reporter *reporter, int wake_fd);

/* The latest counts; returns at once. */
void reporter_progress(struct reporter *reporter, const struct progress *progress);

/* What it wrote, for the job's output; returns at once. */
void reporter_output(struct reporter *reporter, struct span bytes);

/* The command has ended: from now on the thread has a few seconds to deliver that, or to spool it.
 */
void reporter_end(struct reporter *reporter, const struct ending *ending);

/* The user is impatient: whatever is not delivered is spooled now. */
void reporter_hurry(struct reporter *reporter);

/* Whether the thread has nothing left to do; then reporter_free does not wait. */
bool reporter_is_done(struct reporter *reporter);

/* The Job as JSON once it has ended there; NULL when the server does not know of its end. Only
 * after reporter_is_done. */
const char *reporter_job(const struct reporter *reporter);

void reporter_free(struct reporter *reporter);

#endif
