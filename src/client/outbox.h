/* An outbox: output on its way to the server, in bounded memory however slow the server is. */
#ifndef JOBD_CLIENT_OUTBOX_H
#define JOBD_CLIENT_OUTBOX_H

#include "base/buf.h"
#include "jobd.h"

#include <stdbool.h>
#include <stdint.h>

/* A part that is sent is never longer than twice this. */
#define OUTBOX_PIECE ((size_t)96 * 1024)

/*
 * What is not sent yet: its front, and behind that, where more came than fits, its end; what lay
 * between is dropped, and a line says so in its place. Start from OUTBOX(), or OUTBOX_AT_END()
 * where others may have written before. One who sends, and any number who add, under a lock of the
 * owner's for all but outbox_send. The sender takes a part, sends it, and settles what came of it.
 */
struct outbox {
    struct buf front, end;
    uint64_t dropped; /* bytes between them */
    bool closed; /* the server wants no more: what is added is forgotten */

    /* The sender's own. */
    struct buf part; /* being sent */
    int64_t offset; /* where it goes; -1: at the end, wherever that is */
};

#define OUTBOX_FROM(start)                                                                         \
    {                                                                                              \
        .front = BUF(2 * OUTBOX_PIECE), .end = BUF(2 * OUTBOX_PIECE),                              \
        .part = BUF(2 * OUTBOX_PIECE), .offset = (start)                                           \
    }
#define OUTBOX() OUTBOX_FROM(0)
#define OUTBOX_AT_END() OUTBOX_FROM(-1)
void outbox_release(struct outbox *outbox);

void outbox_add(struct outbox *outbox, const void *bytes, size_t len);

/* Takes the next part to send, unless one was taken already that is not sent. False: there is
 * none. */
bool outbox_take(struct outbox *outbox);

/* Whether outbox_take would find something. */
bool outbox_is_waiting(const struct outbox *outbox);

/* What can be learnt from one attempt to send. */
enum outbox_outcome {
    OUTBOX_SENT,
    OUTBOX_LATER, /* the server did not answer: the same part is to be sent again */
    OUTBOX_REFUSED, /* it wants no output of ours, now or later */
};

/* Sends the part that was taken. Without the lock; `error` is filled unless it was sent. */
enum outbox_outcome outbox_send(struct outbox *outbox, struct jobd_client *client, const char *id,
                                int64_t fence, struct jobd_error *error);

/* After each attempt: forgets what was sent, or, when it was refused, all there is and will be. */
void outbox_settle(struct outbox *outbox, enum outbox_outcome outcome);

#endif
