/* Many at once: threads that start together. */
#include "threads.h"

#include <pthread.h>

struct thread {
    pthread_t id;
    pthread_barrier_t *start;
    bool (*work)(void *context, size_t number);
    void *context;
    size_t number;
    bool good;
};

static void *thread_main(void *argument)
{
    struct thread *thread = argument;

    pthread_barrier_wait(thread->start);
    thread->good = thread->work(thread->context, thread->number);
    return NULL;
}

size_t threads_run(size_t count, bool (*work)(void *context, size_t number), void *context)
{
    struct thread threads[THREADS_MAX];
    pthread_barrier_t start;
    size_t bad = 0;

    assert_true(count <= THREADS_MAX);
    assert_int_equal(pthread_barrier_init(&start, NULL, (unsigned)count), 0);
    for (size_t i = 0; i < count; i++) {
        threads[i] =
            (struct thread){.start = &start, .work = work, .context = context, .number = i};
        assert_int_equal(pthread_create(&threads[i].id, NULL, thread_main, &threads[i]), 0);
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(threads[i].id, NULL);
        bad += !threads[i].good;
    }
    pthread_barrier_destroy(&start);
    return bad;
}
