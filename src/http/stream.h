/* Streams: answers made bit by bit, as long as somebody reads them. */
#ifndef JOBD_HTTP_STREAM_H
#define JOBD_HTTP_STREAM_H

#include "http/request.h"

#include <sys/types.h>

struct stream {
    /*
     * Adds to `out`, which is empty, what there is to be sent now; called on a server thread
     * whenever what was added before is on its way. Where it adds nothing, request_wake is called
     * once there may be something, or has been. False: that was all.
     */
    bool (*fill)(struct request *request, struct buf *out);
    /* Nobody reads any more, or ever did (HEAD): gives back what the stream holds. Once. */
    void (*close)(struct request *request);
};

/*
 * The answer is a stream from now on, of status 200; `stream` and the type live for ever. The
 * request's arena, its path and its query are no more: what the stream needs lives elsewhere, and
 * is not larger than need be, for there may be thousands. To HEAD it is the
 * head of one, and the stream is closed at once: libmicrohttpd would send its chunks all the same.
 */
void respond_stream(struct request *request, const char *content_type, const struct stream *stream);

/* For the server: copies the next bytes, at most `room`; 0: none before the wake-up; -1: the end.
 */
ssize_t stream_read(struct request *request, char *bytes, size_t room);

/* For the server, at the end of every request: closes its stream, if it is one. */
void stream_close(struct request *request);

#endif
