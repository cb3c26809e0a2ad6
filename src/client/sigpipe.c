/* SIGPIPE kept away from a program that did not expect it from a library. */
#include "client/sigpipe.h"

#include <errno.h>
#include <time.h>

static bool is_pending(void)
{
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGPIPE) == 1;
}

void sigpipe_hold(struct sigpipe *guard)
{
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, SIGPIPE);
    guard->pending = is_pending();
    pthread_sigmask(SIG_BLOCK, &only, &guard->mask);
}

/* One that was pending before is the program's own and stays. */
void sigpipe_let_go(const struct sigpipe *guard)
{
    const struct timespec at_once = {0};
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, SIGPIPE);
    while (!guard->pending && is_pending())
        if (sigtimedwait(&only, NULL, &at_once) < 0 && errno != EINTR)
            break;
    pthread_sigmask(SIG_SETMASK, &guard->mask, NULL);
}
