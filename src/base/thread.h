/* Threads: how one begins, and how one that waits is ended. */
#ifndef JOBD_BASE_THREAD_H
#define JOBD_BASE_THREAD_H

#include "base/err.h"

#include <pthread.h>
#include <stdbool.h>

/* Starts a thread that no signal is delivered to: they are for the program's own. */
bool thread_start(pthread_t *ret_thread, void *(*run)(void *argument), void *argument,
                  struct err *err);

/* Ends the one thread that waits on the condition until *over, which the lock guards: sets it,
 * wakes the thread, and joins it. */
void thread_end(pthread_t thread, pthread_mutex_t *lock, pthread_cond_t *condition, bool *over);

#endif
