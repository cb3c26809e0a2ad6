/* The listener: a connection of its own that LISTENs, and a thread that waits on it. */
#include "store/postgres/listener.h"

#include "base/thread.h"
#include "base/uuid.h"
#include "store/postgres/guard.h"
#include "store/postgres/news_text.h"
#include "store/postgres/reach.h"
#include "store/postgres/state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How long until the next try, when the database cannot be reached. */
#define RETRY_MS 500

static bool stopping(const struct listener *listener)
{
    return atomic_load(&listener->stopping);
}

/* Sleeps until `fd` (-1: none) has something to read, the time is over or it is to end. */
static void sleep_on(struct listener *listener, int fd, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = listener->stop[0], .events = POLLIN},
                           {.fd = fd, .events = POLLIN}};

    poll(fds, 2, timeout_ms);
}

static PGconn *connect_and_listen(struct pg_store *store)
{
    struct err ignored;
    PGconn *conn = pg_open(store->url, &ignored);
    char *channel;
    PGresult *result;
    bool good;

    if (conn == NULL)
        return NULL;
    channel = PQescapeIdentifier(conn, store->channel, strlen(store->channel));
    char sql[PG_CHANNEL_SIZE * 2 + 16];
    snprintf(sql, sizeof(sql), "LISTEN %s", channel != NULL ? channel : "");
    PQfreemem(channel);
    result = PQexec(conn, sql);
    good = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    if (good && guard_share(conn, 0, &ignored))
        return conn;
    PQfinish(conn);
    return NULL;
}

/* Its own news were told by the writer already. */
static void hear(struct pg_store *store, struct news *news, const char *payload)
{
    char own[UUID_TEXT_SIZE];
    struct span text = span_of(payload), head;

    uuid_format(&store->id, own);
    if (!span_cut(&text, '\n', &head) || span_is(head, own))
        return;
    if (!news_text_read(news, text))
        observed_tell_missed(&store->observed);
}

/* False when the connection is lost. */
static bool hear_all(struct pg_store *store, PGconn *conn, struct news *news)
{
    PGnotify *notify;

    if (PQconsumeInput(conn) != 1)
        return false;
    news_clear(news);
    while ((notify = PQnotifies(conn)) != NULL) {
        hear(store, news, notify->extra);
        PQfreemem(notify);
    }
    observed_tell(&store->observed, news, shared_clock_now(&store->clock));
    return true;
}

/* As long as the connection lasts. */
static void listen_on(struct listener *listener, PGconn *conn)
{
    struct news news;

    news_init(&news);
    do
        sleep_on(listener, PQsocket(conn), -1);
    while (!stopping(listener) && hear_all(listener->store, conn, &news));
    news_release(&news);
}

static void *run(void *argument)
{
    struct listener *listener = argument;

    while (!stopping(listener)) {
        PGconn *conn = connect_and_listen(listener->store);
        if (conn == NULL) {
            reach_lost(listener->store);
            sleep_on(listener, -1, RETRY_MS);
            continue;
        }
        observed_tell_missed(&listener->store->observed);
        listen_on(listener, conn);
        PQfinish(conn);
        reach_lost(listener->store);
    }
    return NULL;
}

bool listener_start(struct listener *listener, struct pg_store *store, struct err *err)
{
    *listener = (struct listener){.store = store};
    if (pipe2(listener->stop, O_CLOEXEC) != 0)
        return err_set(err, "There are too many open files: %s.", strerror(errno));
    if (thread_start(&listener->thread, run, listener, err))
        return true;
    close(listener->stop[0]);
    close(listener->stop[1]);
    return false;
}

void listener_stop(struct listener *listener)
{
    atomic_store(&listener->stopping, true);
    close(listener->stop[1]);
    pthread_join(listener->thread, NULL);
    close(listener->stop[0]);
}

/* What a notification is sent with. */
struct sending {
    struct pg_store *store;
    struct pg_connection *connection;
};

static void send_text(void *context, struct span text)
{
    const struct sending *sending = context;
    struct pg_params params = {0};

    param_text(&params, span_of(sending->store->channel));
    param_text(&params, text);
    pg_send(sending->connection, "SELECT pg_notify($1, $2)", &params);
}

/* Without memory others would hear nothing: the transaction fails instead. */
void listener_notify(struct pg_store *store, struct pg_connection *connection,
                     const struct news *news)
{
    struct sending sending = {store, connection};
    struct news_text out = {.send = send_text, .context = &sending};
    struct pg_params failed = {.failed = true};
    char own[UUID_TEXT_SIZE];

    uuid_format(&store->id, own);
    if (!news_text_write(&out, news, own))
        pg_send(connection, "SELECT 1", &failed);
}
