/* Tests of threads: what one begins with, and that it ends when it is told to. */
#include "base/thread.h"

#include "model_test.h"

#include <signal.h>

struct waiting {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool over;
    sigset_t mask; /* the thread's own */
    int ended; /* how often */
};

static void *run(void *argument)
{
    struct waiting *waiting = argument;
    pthread_mutex_lock(&waiting->lock);
    pthread_sigmask(SIG_SETMASK, NULL, &waiting->mask);
    while (!waiting->over)
        pthread_cond_wait(&waiting->changed, &waiting->lock);
    waiting->ended++;
    pthread_mutex_unlock(&waiting->lock);
    return NULL;
}

static void it_hears_no_signal_and_ends_when_told(void **test)
{
    struct waiting waiting = {.lock = PTHREAD_MUTEX_INITIALIZER,
                              .changed = PTHREAD_COND_INITIALIZER};
    struct err err = {0};
    sigset_t before, after;
    (void)test;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_true(thread_start(&waiting.thread, run, &waiting, &err));
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    thread_end(waiting.thread, &waiting.lock, &waiting.changed, &waiting.over);
    assert_int_equal(waiting.ended, 1);
    for (int signal = 1; signal <= SIGSYS; signal++) {
        assert_int_equal(sigismember(&after, signal), sigismember(&before, signal));
        if (signal != SIGKILL && signal != SIGSTOP)
            assert_true(sigismember(&waiting.mask, signal) != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_hears_no_signal_and_ends_when_told),
    };
    return cmocka_run_group_tests_name("thread", tests, NULL, NULL);
}
