/* The store's threads: signals are for the program's own. */
#ifndef JOBD_STORE_POSTGRES_THREAD_H
#define JOBD_STORE_POSTGRES_THREAD_H

#include "base/err.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

static inline bool pg_thread_start(pthread_t *ret_thread, void *(*run)(void *), void *argument,
                                   struct err *err)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(ret_thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0 || err_set(err, "A thread of the store cannot start: %s.", strerror(error));
}

#endif
