/* Threads: how one begins, and how one that waits is ended. */
#include "base/thread.h"

#include <signal.h>
#include <string.h>

bool thread_start(pthread_t *ret_thread, void *(*run)(void *argument), void *argument,
                  struct err *err)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(ret_thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0 || err_set(err, "A thread cannot start: %s.", strerror(error));
}

void thread_end(pthread_t thread, pthread_mutex_t *lock, pthread_cond_t *condition, bool *over)
{
    pthread_mutex_lock(lock);
    *over = true;
    pthread_cond_signal(condition);
    pthread_mutex_unlock(lock);
    pthread_join(thread, NULL);
}
