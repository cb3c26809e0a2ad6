/* jobctl work: claims jobs for ever, and runs a command for each. */
#include "base/scope.h"
#include "jobctl/child.h"
#include "jobctl/command.h"
#include "jobctl/errand.h"
#include "model/claim.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#define SLOTS_MAX 1000
#define GRACE_MAX_MS 86400000

struct work_options {
    struct option_list types;
    int64_t slots, lease, grace;
    const char *worker_id, *pattern, *log;
};

#define MEMBER(member) offsetof(struct work_options, member)

static const struct option_row rows[] = {
    {.name = "type",
     .type = OPTION_LIST,
     .offset = MEMBER(types),
     .value = "TEXT",
     .required = true,
     .help = "Jobs of this type; may be given several times."},
    {.name = "slots",
     .type = OPTION_NUMBER,
     .offset = MEMBER(slots),
     .value = "N",
     .standard = 1,
     .min = 1,
     .max = SLOTS_MAX,
     .help = "How many jobs at once. Default: 1."},
    {.name = "lease",
     .type = OPTION_DURATION,
     .offset = MEMBER(lease),
     .value = "TIME",
     .standard = LEASE_SECONDS_DEFAULT * 1000,
     .min = LEASE_SECONDS_MIN * 1000,
     .max = LEASE_SECONDS_MAX * 1000,
     .help = "How long this worker may be silent before it counts as lost and others get its "
             "jobs: 5s to 1h. Default: 60s."},
    {.name = "grace",
     .type = OPTION_DURATION,
     .offset = MEMBER(grace),
     .value = "TIME",
     .standard = 10000,
     .max = GRACE_MAX_MS,
     .help = "When a command is to end: the time between SIGTERM and SIGKILL; and before that, "
             "when the worker is to end: the time it has to finish by itself. Default: 10s."},
    {.name = "progress-regex",
     .type = OPTION_TEXT,
     .offset = MEMBER(pattern),
     .value = "REGEX",
     .help = "Reads progress from the command's output, as jobctl run does."},
    {.name = "log",
     .type = OPTION_TEXT,
     .offset = MEMBER(log),
     .value = "WHEN",
     .choices = "always|never",
     .help = "Whether what the command writes becomes the job's output. Default: always."},
    {.name = "worker-id",
     .type = OPTION_TEXT,
     .offset = MEMBER(worker_id),
     .value = "TEXT",
     .help = "Who works, for people. Default: host:pid."},
};

/* For the signal handler, which may do no more than this. */
static struct jobd_worker *the_worker;
static struct itimerval the_grace;

/* The first signal drains; the second, or the end of the grace, stops. */
static void on_signal(int signal)
{
    static volatile sig_atomic_t draining;
    if (signal == SIGALRM || draining) {
        jobd_worker_stop(the_worker);
        return;
    }
    draining = 1;
    jobd_worker_drain(the_worker);
    setitimer(ITIMER_REAL, &the_grace, NULL);
}

static bool is_ignored(int signal)
{
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* What was ignored when we came (nohup) stays so. */
static void handle_signals(int64_t grace_ms)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGALRM};
    struct sigaction action = {.sa_handler = on_signal};
    int64_t wait_ms = grace_ms > 0 ? grace_ms : 1;
    the_grace.it_value = (struct timeval){wait_ms / 1000, wait_ms % 1000 * 1000};
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        if (signals[i] == SIGALRM || !is_ignored(signals[i]))
            sigaction(signals[i], &action, NULL);
}

static void warn(void *context, const char *text)
{
    const struct errands *errands = context;
    complain(errands->call, 0, "%s", text);
}

static int work_with(struct errands *errands, const struct jobd_worker_options *options)
{
    const struct call *call = errands->call;
    struct jobd_error error;
    if (!jobd_worker_open(NULL, options, &the_worker, &error))
        return complain_error(call, NULL, &error);
    handle_signals(errands->grace_ms);
    bool good = jobd_worker_run(the_worker, &error);
    /* No handler may find the worker gone. */
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    jobd_worker_close(the_worker);
    return good ? EXIT_FINE : complain_error(call, NULL, &error);
}

static int work(struct errands *errands)
{
    const struct call *call = errands->call;
    const struct work_options *given = call->options;
    const struct jobd_worker_options options = {
        .types = given->types.items,
        .worker_id = given->worker_id,
        .slots = (int)given->slots,
        .lease_seconds = (int)(given->lease / 1000),
        .run = errand_run,
        .warn = warn,
        .context = errands,
    };
    struct err err = {0};
    int error = child_look_for(call->operands[0]);
    if (error != 0)
        return complain(call, error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE,
                        "cannot execute %s: %s", call->operands[0], strerror(error));
    if (!errands_open(errands, &err))
        return complain(call, EXIT_FAILED, "%s", err.text);
    int status = work_with(errands, &options);
    errands_close(errands);
    return status;
}

static int run(const struct call *call)
{
    const struct work_options *options = call->options;
    struct errands errands = {
        .call = call,
        .grace_ms = options->grace,
        .keeps_log = options->log == NULL || strcmp(options->log, "never") != 0,
    };
    regex_t pattern;
    struct err err = {0};
    if (options->pattern == NULL)
        return work(&errands);
    if (!progress_pattern(&pattern, options->pattern, &err))
        return complain(call, EXIT_USAGE, "%s", err.text);
    errands.pattern = &pattern;
    int status = work(&errands);
    regfree(&pattern);
    return status;
}

const struct command command_work = {
    .name = "work",
    .operands = "-- CMD...",
    .summary = "claim jobs and run a command for each",
    .description =
        "Claims jobs of the given types for ever, and runs the command for each, with "
        "JOBD_JOB_ID, JOBD_JOB_NAME, JOBD_JOB_TYPE, JOBD_FENCE, JOBD_ATTEMPT, JOBD_URL and "
        "TRACEPARENT in its environment, and in JOBD_PAYLOAD the path of a file with the job's "
        "payload as JSON (null without one), which is gone when the command has ended. It reports "
        "progress as under jobctl run, and its output goes to the job's (see jobctl logs) beside "
        "ours. The job ends COMPLETED with SUCCESS when the command's exit "
        "status is 0; otherwise it is tried again while attempts remain, and then is FAILED. A "
        "heartbeat keeps the job for as long as the command runs. When the job was deleted or is "
        "another's, the command's process group gets SIGTERM, and SIGKILL after the grace. A "
        "server that is away is waited for, from the start too: commands go on, and their ends "
        "are reported when it is back. On TERM, INT or HUP the worker claims nothing more and "
        "lets commands finish within the grace; then, or on a second signal, they get SIGTERM, and "
        "SIGKILL after another grace, and their jobs are given back at once, even where such a "
        "command's exit status is 0. When the worker itself is killed, its commands are ended in "
        "the same way, and others get its jobs when the lease is over. With --json, "
        "{\"id\", \"fence\", \"outcome\"} is written to standard output when a command has ended, "
        "or left out when nobody takes it for five seconds, and what commands write there goes to "
        "standard error.",
    .rows = rows,
    .row_count = ARRAY_SIZE(rows),
    .options_size = sizeof(struct work_options),
    .min_operands = 1,
    .max_operands = -1,
    .wraps = true,
    .run = run,
};
