/* Creates a job, reports progress, ends it: `cc report.c $(pkg-config --cflags --libs libjobd)`. */
#include <jobd.h>

#include <stdio.h>

static bool work(struct jobd_client *client, const char *id, struct jobd_error *error)
{
    struct jobd_report report = JOBD_REPORT;
    report.state = "RUNNING";
    for (int percent = 0; percent < 100; percent += 25) {
        report.progress = percent;
        report.message = percent < 50 ? "warming up" : "nearly there";
        if (!jobd_report(client, id, &report, NULL, error))
            return false;
        /* … a quarter of the work … */
    }
    report.state = "COMPLETED";
    report.progress = 100;
    report.message = "all done";
    return jobd_report(client, id, &report, NULL, error);
}

int main(void)
{
    const struct jobd_create create = {
        .name = "An example", .type = "EXAMPLE", .self_managed = true};
    struct jobd_client *client = NULL;
    struct jobd_job *job = NULL;
    struct jobd_error error;
    bool good = jobd_open(NULL, &client, &error) && jobd_create(client, &create, &job, &error) &&
                work(client, job->id, &error);
    if (good)
        printf("%s\n", job->id);
    else
        fprintf(stderr, "report: %s\n", error.text);
    jobd_job_free(job);
    jobd_close(client);
    return good ? 0 : 1;
}
