/* Works on jobs of type EXAMPLE: `cc worker.c $(pkg-config --cflags --libs libjobd)`. */
#include <jobd.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>

static struct jobd_worker *worker;

/* Ctrl-C, and `kill`: finish what is begun, take nothing more. */
static void drain(int signal)
{
    (void)signal;
    jobd_worker_drain(worker);
}

/* Runs one job. It may take hours: libjobd keeps the job for us meanwhile. */
static enum jobd_outcome run(struct jobd_run *run, void *context)
{
    const struct jobd_grant *grant = jobd_run_grant(run);
    struct pollfd stop = {.fd = jobd_run_stop_fd(run), .events = POLLIN};
    (void)context;
    printf("%s: %s\n", grant->job->name, grant->payload != NULL ? grant->payload : "no payload");
    for (int percent = 0; percent < 100; percent += 10) {
        jobd_run_progress(run, percent, percent < 50 ? "warming up" : "nearly there");
        if (poll(&stop, 1, 200) > 0) /* … a tenth of the work … */
            return JOBD_RELEASE; /* deleted, or another's now */
    }
    jobd_run_progress(run, 100, "all done");
    return JOBD_SUCCESS;
}

int main(void)
{
    static const char *const types[] = {"EXAMPLE", NULL};
    const struct jobd_worker_options options = {.types = types, .slots = 4, .run = run};
    struct jobd_error error;
    setvbuf(stdout, NULL, _IOLBF, 0);
    bool good = jobd_worker_open(NULL, &options, &worker, &error);
    signal(SIGINT, drain);
    signal(SIGTERM, drain);
    good = good && jobd_worker_run(worker, &error);
    if (!good)
        fprintf(stderr, "worker: %s\n", error.text);
    signal(SIGINT, SIG_IGN); /* no signal may find the worker gone */
    signal(SIGTERM, SIG_IGN);
    jobd_worker_close(worker);
    return good ? 0 : 1;
}
