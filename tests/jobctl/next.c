/* Ends a job and claims the next one of a type by libjobd, and shows it: next ID FENCE TYPE. */
#include <inttypes.h>
#include <jobd.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(const struct jobd_error *error)
{
    fprintf(stderr, "%d %s: %s\n", error->status, error->code, error->text);
    return EXIT_FAILURE;
}

static int end(struct jobd_client *client, const char *id, int64_t fence, const char *type)
{
    const char *const types[] = {type, NULL};
    const struct jobd_claim next = {.types = types, .worker_id = "next", .wait_seconds = 30};
    struct jobd_report report = JOBD_REPORT;
    struct jobd_grants *grants = NULL;
    struct jobd_error error;
    report.state = "COMPLETED";
    report.fence = fence;
    if (!jobd_report_next(client, id, &report, &next, &grants, &error))
        return fail(&error);
    if (grants == NULL)
        puts("not known");
    for (size_t i = 0; grants != NULL && i < grants->count; i++)
        printf("%s %" PRId64 "\n", grants->grants[i]->job->id, grants->grants[i]->fence);
    jobd_grants_free(grants);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct jobd_client *client = NULL;
    struct jobd_error error;
    if (argc != 4)
        return EXIT_FAILURE;
    if (!jobd_open(NULL, &client, &error))
        return fail(&error);
    int status = end(client, argv[1], strtoll(argv[2], NULL, 10), argv[3]);
    jobd_close(client);
    return status;
}
