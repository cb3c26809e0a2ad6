/* Appends a text to a job's output by libjobd, and shows all there is: append ID OFFSET TEXT. */
#include <inttypes.h>
#include <jobd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const struct jobd_error *error, int64_t next)
{
    fprintf(stderr, "%d %s, next %" PRId64 ": %s\n", error->status, error->code, next, error->text);
    return EXIT_FAILURE;
}

static int append(struct jobd_client *client, const char *id, const struct jobd_log_part *part)
{
    struct jobd_log_place start = {0};
    struct jobd_log *log = NULL;
    struct jobd_error error;
    int64_t next = -1;
    if (!jobd_log_append(client, id, part, &next, &error))
        return fail(&error, next);
    if (!jobd_log_read(client, id, &start, &log, &error))
        return fail(&error, next);
    printf("next %" PRId64 ": %s (next %" PRId64 ", %s)\n", next, log->bytes, log->next,
           log->complete ? "complete" : "more to come");
    jobd_log_free(log);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct jobd_client *client = NULL;
    struct jobd_error error;
    if (argc != 4)
        return EXIT_FAILURE;
    struct jobd_log_part part = {
        .offset = strtoll(argv[2], NULL, 10), .bytes = argv[3], .len = strlen(argv[3])};
    if (!jobd_open(NULL, &client, &error))
        return fail(&error, -1);
    int status = append(client, argv[1], &part);
    jobd_close(client);
    return status;
}
