/* The writer's thread: sleeps until somebody writes, and runs batches. */
#include "store/postgres/write/writer.h"

#include "base/thread.h"
#include "store/postgres/state.h"
#include "store/postgres/write/batch.h"

/* It looks for itself what there is, so one of a transaction that failed does no harm. */
static void tell_indexer(struct pg_writer *writer)
{
    if (writer->created + writer->changed > 0 && writer->store->daemon)
        indexer_note(&writer->store->indexer, writer->created, writer->changed);
    writer->created = writer->changed = 0;
}

static void *run(void *argument)
{
    struct pg_writer *writer = argument;

    while (call_queue_wait(&writer->queue, -1) == CALL_WAIT_THERE) {
        pg_batch_run(writer);
        tell_indexer(writer);
    }
    return NULL;
}

bool pg_writer_start(struct pg_writer *writer, struct pg_store *store, struct err *err)
{
    *writer = (struct pg_writer){.store = store, .heard_from = store->clock.own.opened_at};
    call_queue_init(&writer->queue);
    news_init(&writer->news);
    if (thread_start(&writer->thread, run, writer, err))
        return true;
    news_release(&writer->news);
    call_queue_release(&writer->queue);
    return false;
}

void pg_writer_stop(struct pg_writer *writer)
{
    call_queue_close(&writer->queue);
    pthread_join(writer->thread, NULL);
    pg_disconnect(&writer->connection);
    news_release(&writer->news);
    call_queue_release(&writer->queue);
}
