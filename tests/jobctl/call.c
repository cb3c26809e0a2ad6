/* Calls of libjobd that no command makes: call append ID OFFSET TEXT, call next ID FENCE TYPE. */
#include <inttypes.h>
#include <jobd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends a text to a job's output, and shows all there is. */
static bool append(struct jobd_client *client, char **args, struct jobd_error *error)
{
    const struct jobd_log_part part = {
        .offset = strtoll(args[1], NULL, 10), .bytes = args[2], .len = strlen(args[2])};
    struct jobd_log_place start = {0};
    struct jobd_log *log = NULL;
    int64_t next = -1;
    if (!jobd_log_append(client, args[0], &part, &next, error)) {
        fprintf(stderr, "next %" PRId64 ": ", next);
        return false;
    }
    if (!jobd_log_read(client, args[0], &start, &log, error))
        return false;
    printf("next %" PRId64 ": %s (next %" PRId64 ", %s)\n", next, log->bytes, log->next,
           log->complete ? "complete" : "more to come");
    jobd_log_free(log);
    return true;
}

/* Ends a job, claims the next one of a type with that, and shows it. */
static bool next(struct jobd_client *client, char **args, struct jobd_error *error)
{
    const char *const types[] = {args[2], NULL};
    const struct jobd_claim claim = {.types = types, .worker_id = "next", .wait_seconds = 30};
    struct jobd_report report = JOBD_REPORT;
    struct jobd_grants *grants = NULL;
    report.state = "COMPLETED";
    report.fence = strtoll(args[1], NULL, 10);
    if (!jobd_report_next(client, args[0], &report, &claim, &grants, error))
        return false;
    if (grants == NULL)
        puts("not known");
    for (size_t i = 0; grants != NULL && i < grants->count; i++)
        printf("%s %" PRId64 "\n", grants->grants[i]->job->id, grants->grants[i]->fence);
    jobd_grants_free(grants);
    return true;
}

int main(int argc, char **argv)
{
    struct jobd_client *client = NULL;
    struct jobd_error error;
    if (argc != 5)
        return EXIT_FAILURE;
    bool (*call)(struct jobd_client *, char **, struct jobd_error *) =
        strcmp(argv[1], "append") == 0 ? append : next;
    bool good = jobd_open(NULL, &client, &error) && call(client, argv + 2, &error);
    if (!good)
        fprintf(stderr, "%d %s: %s\n", error.status, error.code, error.text);
    jobd_close(client);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
