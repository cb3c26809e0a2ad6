/* The writer's thread: sleeps, runs batches, and looks after the file in between. */
#include "store/sqlite/write/writer.h"

#include "base/thread.h"
#include "store/sqlite/state.h"
#include "store/sqlite/write/batch.h"
#include "store/sqlite/write/index.h"

/* Waits until a call is there, indexing meanwhile; false when closing and all are answered. */
static bool wait_for_calls(struct writer *writer)
{
    enum call_wait found;

    while ((found = call_queue_wait(&writer->queue, index_delay(writer))) == CALL_WAIT_OVER) {
        index_when_quiet(writer);
        checkpoint_after_commit(&writer->store->checkpointer);
    }
    return found == CALL_WAIT_THERE;
}

static void *run(void *argument)
{
    struct writer *writer = argument;

    while (wait_for_calls(writer)) {
        batch_run(writer);
        index_keep_up(writer);
        if (writer->background)
            checkpoint_after_commit(&writer->store->checkpointer);
    }
    return NULL;
}

bool writer_start(struct writer *writer, struct sqlite_store *store,
                  struct sqlite_reader *connection, bool background, struct err *err)
{
    *writer = (struct writer){
        .store = store,
        .connection = connection,
        .clock = store->store.clock,
        .background = background,
    };
    news_init(&writer->news);
    if (!batch_load_counters(writer) || !index_load(writer)) {
        sqlite_problem(connection->db, err);
        return false;
    }
    call_queue_init(&writer->queue);
    return thread_start(&writer->thread, run, writer, err);
}

void writer_stop(struct writer *writer)
{
    call_queue_close(&writer->queue);
    pthread_join(writer->thread, NULL);
    news_release(&writer->news);
    call_queue_release(&writer->queue);
}
