/* Conditions on the monotonic clock: a wall clock that is set back puts nobody to sleep. */
#ifndef JOBD_BASE_WAIT_H
#define JOBD_BASE_WAIT_H

#include <pthread.h>
#include <stdint.h>

void wait_init(pthread_cond_t *condition);

/* Like pthread_cond_wait, for `ns` nanoseconds at most; may return early. */
void wait_for(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t ns);

#endif
