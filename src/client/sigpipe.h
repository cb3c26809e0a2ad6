/* SIGPIPE kept away from a program that did not expect it from a library. */
#ifndef JOBD_CLIENT_SIGPIPE_H
#define JOBD_CLIENT_SIGPIPE_H

#include <signal.h>
#include <stdbool.h>

/* All members are private. */
struct sigpipe {
    sigset_t mask;
    bool pending;
};

/*
 * Between the two, a SIGPIPE this thread causes is swallowed; the program's handler and the other
 * threads are not touched.
 */
void sigpipe_hold(struct sigpipe *guard);
void sigpipe_let_go(const struct sigpipe *guard);

#endif
