/* Listening sockets: TCP on a host and port, or Unix on a path. */
#ifndef JOBD_HTTP_LISTEN_H
#define JOBD_HTTP_LISTEN_H

#include "base/err.h"

#include <stdbool.h>

/* "unix:" and a path, or a bracketed address, a port and a NUL. */
#define LISTEN_ADDRESS_SIZE 128

/*
 * Opens `listen` ("HOST:PORT", "[ADDRESS]:PORT", "unix:PATH"; port 0 takes any) as a listening,
 * close-on-exec, non-blocking socket, and writes where it really listens. A Unix socket nobody
 * answers on is replaced; its mode is 0660. False names what is in the way.
 */
bool listen_open(const char *listen, int *ret_fd, char ret_address[static LISTEN_ADDRESS_SIZE],
                 struct err *err);

/* Whether it is written as listen_open wants it; says what is wrong otherwise. */
bool listen_check(const char *listen, struct err *err);

/* Whether only this machine can reach it: a Unix socket or a loopback address. False when it cannot
 * be resolved. */
bool listen_is_local(const char *listen);

#endif
