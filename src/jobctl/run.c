/* jobctl run: runs a command and shows it as a job, without ever standing in its way. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/scope.h"
#include "client/client.h"
#include "jobctl/command.h"
#include "jobctl/ending.h"
#include "jobctl/follow.h"
#include "jobctl/job_options.h"
#include "jobctl/process.h"
#include "jobctl/progress.h"
#include "jobctl/reporter.h"
#include "model/lease.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MS INT64_C(1000000)
/* How long the reporter may take in all, once the command has ended. */
#define LAST_RESORT (12000 * MS)
#define LOOK_MS 1000

struct run_options {
    struct job_options job;
    const char *pattern, *log;
    int64_t grace, lease;
};

#define MEMBER(member) offsetof(struct run_options, member)

static const struct option_row rows[] = {
    JOB_OPTION_ROWS(run_options, job),
    {.name = "lease",
     .type = OPTION_DURATION,
     .offset = MEMBER(lease),
     .value = "TIME",
     .standard = LEASE_SECONDS_DEFAULT * 1000,
     .min = LEASE_SECONDS_MIN * 1000,
     .max = LEASE_SECONDS_MAX * 1000,
     .help = "How long the server may hear nothing of us before the job counts as lost: 5s to 1h. "
             "Default: 60s."},
    {.name = "progress-regex",
     .type = OPTION_TEXT,
     .offset = MEMBER(pattern),
     .value = "REGEX",
     .help = "Reads progress from the command's output: a POSIX extended expression whose first "
             "group is the percentage and whose second, if there is one, the message."},
    {.name = "log",
     .type = OPTION_TEXT,
     .offset = MEMBER(log),
     .value = "WHEN",
     .choices = "auto|always|never",
     .help = "Whether what the command writes becomes the job's output too. Default: auto, what "
             "does not go to a terminal."},
    {.name = "grace",
     .type = OPTION_DURATION,
     .offset = MEMBER(grace),
     .value = "TIME",
     .standard = 10000,
     .help = "When the job was deleted: the time between SIGTERM and SIGKILL. Default: 10s."},
};

/* A command that runs, and the one who tells the server of it. */
struct running {
    const struct call *call;
    struct process process;
    struct reporter *reporter;
    regex_t pattern;
    int wake; /* an eventfd of the reporter's */
    struct follow follow;
};

static void take_progress(void *context, const struct progress *progress)
{
    const struct running *running = context;
    reporter_progress(running->reporter, progress);
}

static void take_output(void *context, struct span bytes)
{
    const struct running *running = context;
    reporter_output(running->reporter, bytes);
}

static bool keeps_log(const struct run_options *options)
{
    return options->log == NULL || strcmp(options->log, "never") != 0;
}

/* A command sees whether it writes to a terminal; only who asks for it has that taken away. */
static bool captures(const struct run_options *options, int fd)
{
    bool always = options->log != NULL && strcmp(options->log, "always") == 0;
    return options->pattern != NULL || always || (keeps_log(options) && isatty(fd) == 0);
}

static bool look(void *context)
{
    struct running *running = context;
    return process_on_signals(&running->process) > 0;
}

static void follow(struct running *running)
{
    const struct run_options *options = running->call->options;
    running->follow = (struct follow){
        .child = &running->process.child,
        .follower = {.context = running,
                     .progress = take_progress,
                     .output = keeps_log(options) ? take_output : NULL,
                     .look = look},
        .pattern = options->pattern != NULL ? &running->pattern : NULL,
        .out = running->call->json ? STDERR_FILENO : STDOUT_FILENO,
        .fate = running->process.signals,
        .unwanted = running->wake,
        .grace_ms = options->grace,
    };
    follow_to_end(&running->follow);
}

static int64_t now(void)
{
    return clock_mono_ns(&clock_system);
}

static void drain_wake(int fd)
{
    uint64_t count;
    if (read(fd, &count, sizeof(count)) < 0)
        return; /* woken by something else */
}

/*
 * The reporter is bound to end soon by itself; another signal makes it sooner. False when it hangs
 * where nothing bounds it, as in a file of credentials that does not come.
 */
static bool await_reporter(struct running *running)
{
    struct pollfd fds[] = {{.fd = running->process.signals, .events = POLLIN},
                           {.fd = running->wake, .events = POLLIN}};
    int64_t until = now() + LAST_RESORT;
    while (!reporter_is_done(running->reporter) && now() < until) {
        if (poll(fds, ARRAY_SIZE(fds), LOOK_MS) <= 0)
            continue;
        if (fds[1].revents != 0)
            drain_wake(running->wake);
        if (fds[0].revents != 0 && process_on_signals(&running->process) > 0) {
            reporter_hurry(running->reporter);
            until = now() + LAST_RESORT / 4;
        }
    }
    return reporter_is_done(running->reporter);
}

static struct ending finish(struct running *running)
{
    const struct process *process = &running->process;
    const struct child *child = &process->child;
    const char *command = running->call->operands[0];
    struct ending ending =
        child->exec_error != 0
            ? ending_not_executed(command, child->exec_error)
            : ending_of(child->wait_status, process->stopped_by, process->foreground);
    if (child->exec_error != 0)
        complain(running->call, 0, "%s", ending.message);
    process_finish(&running->process);
    reporter_end(running->reporter, &ending);
    return ending;
}

static int tell_job(const struct running *running, int exit_status)
{
    const char *job = reporter_job(running->reporter);
    if (running->call->json && (puts(job != NULL ? job : "null") < 0 || fflush(stdout) != 0))
        complain(running->call, 0, "cannot write");
    return exit_status;
}

static int run_with(struct running *running, const struct jobd_create *create)
{
    struct err err = {0};
    const struct run_options *options = running->call->options;
    struct child_plan plan = {
        .argv = running->call->operands,
        .capture_out = captures(options, running->call->json ? STDERR_FILENO : STDOUT_FILENO),
        .capture_err = captures(options, STDERR_FILENO),
        .to_stderr = running->call->json,
    };
    running->reporter = reporter_new(running->call, create);
    if (running->reporter == NULL)
        return complain(running->call, EXIT_FAILED, "no memory");
    if (!process_start(&running->process, &plan, &err))
        return complain(running->call, EXIT_NOT_EXECUTABLE, "%s", err.text);
    running->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    reporter_start(running->reporter, running->wake);
    follow(running);
    struct ending ending = finish(running);
    if (!await_reporter(running)) {
        complain(running->call, 0, "the job is not reported on: that would take too long");
        _exit(ending.exit_status);
    }
    int status = tell_job(running, ending.exit_status);
    reporter_free(running->reporter);
    return status;
}

static int run(const struct call *call)
{
    const struct run_options *options = call->options;
    char name[PROCESS_NAME_SIZE];
    client_name_process(name);
    const struct jobd_create create = {
        .name = options->job.name,
        .type = options->job.type,
        .message = options->job.message,
        .user = options->job.user,
        .self_managed = true,
        .worker_id = name,
        .lease_seconds = (int)(options->lease / 1000),
    };
    struct running *running = ARENA_NEW(call->arena, struct running);
    struct err err = {0};
    if (running == NULL)
        return complain(call, EXIT_FAILED, "no memory");
    running->call = call;
    if (options->pattern == NULL)
        return run_with(running, &create);
    if (!progress_pattern(&running->pattern, options->pattern, &err))
        return complain(call, EXIT_USAGE, "%s", err.text);
    int status = run_with(running, &create);
    regfree(&running->pattern);
    return status;
}

const struct command command_run = {
    .name = "run",
    .operands = "-- CMD...",
    .summary = "run a command and show it as a job",
    .description =
        "Runs the command at once and tells the server of it: a self-managed job that is "
        "RUNNING and ends as the command does. A server that is away neither delays nor fails "
        "the command: one warning, then what could not be delivered is kept in "
        "$XDG_STATE_HOME/jobd/spool (~/.local/state/jobd/spool) and delivered by the next "
        "jobctl run against the same server; more than a day later, a job whose creation got no "
        "answer though the server had taken it is there twice. A jobctl that is killed shows as "
        "FAILED, ABORTED and Worker lost, within the lease and two seconds; so does one that the "
        "server did not hear of for so long while it was itself up, and what is reported after "
        "that is refused, with a warning. The command reports progress by lines `42 "
        "message`, `42%`, `42` or `message` on the descriptor whose number is in $JOBD_FD, or "
        "by its output with --progress-regex; without either the job's progress is unknown. Its "
        "output passes through unchanged, and what does not go to a terminal is kept with the job "
        "(see jobctl logs). It ends COMPLETED with SUCCESS when its exit status "
        "is 0, otherwise FAILED; TERM, INT, HUP and QUIT are passed on to it, and it is ABORTED "
        "then, as it is by an interrupt from the keyboard. When the job is deleted on the "
        "server the command gets SIGTERM, and SIGKILL after the grace. With --json the "
        "command's standard output goes to standard error, and after its end the Job is written "
        "to standard output, or null where the server does not know of the end.",
    .rows = rows,
    .row_count = ARRAY_SIZE(rows),
    .options_size = sizeof(struct run_options),
    .min_operands = 1,
    .max_operands = -1,
    .wraps = true,
    .run = run,
};
