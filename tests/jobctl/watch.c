/* Watches the jobs of a type by libjobd, until SIGTERM tells it to stop: watch TYPE. */
#include <inttypes.h>
#include <jobd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static struct jobd_client *client;

static void on_term(int signal)
{
    (void)signal;
    jobd_watch_stop(client);
}

static bool on_event(void *context, struct jobd_event *event)
{
    int *seen = context;
    ++*seen;
    printf("%s %s %s\n", event->event, event->job_id, event->job != NULL ? event->job->etag : "-");
    fflush(stdout);
    return true;
}

int main(int argc, char **argv)
{
    const char *types[] = {argc > 1 ? argv[1] : NULL, NULL};
    const struct jobd_query query = {.types = types};
    int seen = 0;
    const struct jobd_watch watch = {
        .query = &query, .snapshot = true, .on_event = on_event, .context = &seen};
    struct jobd_error error;
    if (!jobd_open(NULL, &client, &error))
        return EXIT_FAILURE;
    signal(SIGTERM, on_term);
    bool good = jobd_watch(client, &watch, &error);
    printf("stopped after %d\n", seen);
    jobd_close(client);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
