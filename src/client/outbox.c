/* An outbox: output on its way to the server, in bounded memory however slow the server is. */
#include "client/outbox.h"

#include <inttypes.h>
#include <string.h>

/* Room for the line that stands for what was dropped. */
#define MARK_MAX 80

void outbox_release(struct outbox *outbox)
{
    buf_release(&outbox->front);
    buf_release(&outbox->end);
    buf_release(&outbox->part);
}

/* Makes room behind the front: the older half goes. */
static void drop(struct outbox *outbox, size_t len)
{
    struct buf *end = &outbox->end;
    size_t excess = end->len + len - OUTBOX_PIECE;
    if (end->len == 0)
        return;
    if (excess > end->len)
        excess = end->len;
    memmove(end->ptr, end->ptr + excess, end->len - excess);
    end->len -= excess;
    outbox->dropped += excess;
}

static void add_to_end(struct outbox *outbox, const char *bytes, size_t len)
{
    struct buf *end = &outbox->end;
    if (len == 0)
        return;
    if (len > OUTBOX_PIECE) {
        drop(outbox, OUTBOX_PIECE);
        outbox->dropped += len - OUTBOX_PIECE;
        bytes += len - OUTBOX_PIECE;
        len = OUTBOX_PIECE;
    }
    if (end->len + len > 2 * OUTBOX_PIECE - MARK_MAX)
        drop(outbox, len);
    buf_add(end, bytes, len);
}

void outbox_add(struct outbox *outbox, const void *bytes, size_t len)
{
    struct buf *front = &outbox->front;
    size_t room = outbox->end.len == 0 ? front->ceiling - front->len : 0;
    size_t taken = len < room ? len : room;
    if (outbox->closed || len == 0)
        return;
    buf_add(front, bytes, taken);
    add_to_end(outbox, (const char *)bytes + taken, len - taken);
}

bool outbox_is_waiting(const struct outbox *outbox)
{
    return outbox->part.len > 0 || outbox->front.len > 0;
}

static void swap(struct buf *a, struct buf *b)
{
    struct buf kept = *a;
    *a = *b;
    *b = kept;
}

/* The end becomes the front, behind the line that says what is missing. */
static void move_up(struct outbox *outbox)
{
    struct buf *front = &outbox->front;
    if (outbox->dropped > 0)
        buf_printf(front, "\n[\u2026 %" PRIu64 " bytes dropped \u2026]\n", outbox->dropped);
    buf_add_span(front, buf_span(&outbox->end));
    buf_clear(&outbox->end);
    outbox->dropped = 0;
}

bool outbox_take(struct outbox *outbox)
{
    if (outbox->part.len == 0) {
        buf_clear(&outbox->part);
        swap(&outbox->part, &outbox->front);
        move_up(outbox);
    }
    return outbox->part.len > 0;
}

/* Others wrote before us: we go on where they stopped. */
static bool find_end(struct outbox *outbox, struct jobd_client *client, const char *id,
                     struct jobd_error *error)
{
    const struct jobd_log_place last = {.offset = -1};
    struct jobd_log *log = NULL;
    if (!jobd_log_read(client, id, &last, &log, error))
        return false;
    outbox->offset = log->next;
    jobd_log_free(log);
    return true;
}

enum outbox_outcome outbox_send(struct outbox *outbox, struct jobd_client *client, const char *id,
                                int64_t fence, struct jobd_error *error)
{
    bool good = outbox->offset >= 0 || find_end(outbox, client, id, error);
    const struct jobd_log_part part = {
        .fence = fence,
        .offset = outbox->offset,
        .bytes = outbox->part.ptr,
        .len = outbox->part.len,
    };
    if (good && jobd_log_append(client, id, &part, &outbox->offset, error))
        return OUTBOX_SENT;
    return jobd_may_pass(error) ? OUTBOX_LATER : OUTBOX_REFUSED;
}

void outbox_settle(struct outbox *outbox, enum outbox_outcome outcome)
{
    if (outcome != OUTBOX_LATER)
        buf_clear(&outbox->part);
    if (outcome != OUTBOX_REFUSED)
        return;
    buf_clear(&outbox->front);
    buf_clear(&outbox->end);
    outbox->dropped = 0;
    outbox->closed = true;
}
