/* Conditions on the monotonic clock: a wall clock that is set back puts nobody to sleep. */
#include "base/wait.h"

#include <time.h>

#define SECOND_NS INT64_C(1000000000)

void wait_init(pthread_cond_t *condition)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void wait_for(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t ns)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t end = until.tv_nsec + ns;
    until.tv_sec += end / SECOND_NS;
    until.tv_nsec = end % SECOND_NS;
    pthread_cond_timedwait(condition, lock, &until);
}
