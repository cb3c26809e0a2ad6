/* The composition root: makes the parts of a serving jobd, connects them, and takes them apart. */
#ifndef JOBD_DAEMON_APP_H
#define JOBD_DAEMON_APP_H

#include "daemon/config.h"

/*
 * Serves until SIGTERM or SIGINT; a second signal cuts the draining short. Every thread is started
 * here, so the process must have one only. False when it could not start, with the reason.
 */
bool app_serve(const struct config *config, struct err *err);

#endif
