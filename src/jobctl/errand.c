/* An errand: a job that a worker has in hand, and the command that runs for it. */
#include "jobctl/errand.h"

#include "base/json_write.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/trace.h"
#include "client/client.h"
#include "jobctl/ending.h"
#include "jobctl/follow.h"
#include "jobctl/room.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARENA_CEILING (1u << 20)

/* How long a reader of --json may keep a job's end from being reported. */
#define OUTPUT_PATIENCE_MS 5000

struct errand {
    const struct errands *errands;
    struct jobd_run *run;
    struct arena arena; /* of the texts */
    const char *payload; /* the file */
    struct child child;
    int pidfd;
    struct follow follow;
};

static bool make_directory(struct errands *errands, struct err *err)
{
    const char *base = getenv("TMPDIR");
    int len = snprintf(errands->directory, sizeof(errands->directory), "%s/jobctl-work-XXXXXX",
                       base != NULL && *base != '\0' ? base : "/tmp");
    if (len >= (int)sizeof(errands->directory))
        return err_set(err, "the path in TMPDIR is too long");
    return mkdtemp(errands->directory) != NULL ||
           err_set(err, "cannot make a directory for payloads: %s: %s", errands->directory,
                   strerror(errno));
}

bool errands_open(struct errands *errands, struct err *err)
{
    struct sigaction action;
    signal(SIGCHLD, SIG_DFL);
    errands->pipe_ignored = sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_SETMASK, NULL, &errands->mask);
    errands->progress_number = child_reserve();
    errands->null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (errands->progress_number < 0 || errands->null_fd < 0)
        return err_set(err, "cannot open /dev/null: %s", strerror(errno));
    return make_directory(errands, err) &&
           keeper_start(&errands->keeper, errands->directory, errands->grace_ms, err);
}

void errands_close(struct errands *errands)
{
    keeper_stop(&errands->keeper);
    close(errands->null_fd);
    close(errands->progress_number);
}

static bool write_payload(struct errand *errand, const struct jobd_grant *grant, struct err *err)
{
    const char *text = grant->payload != NULL ? grant->payload : "null";
    errand->payload = arena_printf(&errand->arena, "%s/%s-%" PRId64 ".json",
                                   errand->errands->directory, grant->job->id, grant->fence);
    int fd = errand->payload == NULL
                 ? -1
                 : open(errand->payload, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    size_t len = strlen(text);
    bool good = fd >= 0 && write(fd, text, len) == (ssize_t)len;
    int error = errno;
    if (fd >= 0)
        close(fd);
    return good || err_set(err, "cannot write the payload: %s", strerror(error));
}

/* What the command learns by its environment; NULL without memory. */
static const char *const *environment_of(struct errand *errand, const struct jobd_grant *grant)
{
    struct arena *arena = &errand->arena;
    const char *outer = getenv("TRACEPARENT");
    char parent[TRACE_PARENT_SIZE];
    struct trace trace;
    trace_start(&trace, span_of(outer != NULL ? outer : ""));
    trace_parent(&trace, parent);
    const char *const variables[] = {
        arena_printf(arena, "JOBD_JOB_ID=%s", grant->job->id),
        arena_printf(arena, "JOBD_JOB_NAME=%s", grant->job->name),
        arena_printf(arena, "JOBD_JOB_TYPE=%s", grant->job->type),
        arena_printf(arena, "JOBD_FENCE=%" PRId64, grant->fence),
        arena_printf(arena, "JOBD_ATTEMPT=%d", grant->attempt),
        arena_printf(arena, "JOBD_PAYLOAD=%s", errand->payload),
        arena_printf(arena, "JOBD_URL=%s", client_url_of(errand->run)),
        arena_printf(arena, "TRACEPARENT=%s", parent),
    };
    const char **list = ARENA_ARRAY(arena, const char *, ARRAY_SIZE(variables) + 1);
    for (size_t i = 0; list != NULL && i < ARRAY_SIZE(variables); i++) {
        if (variables[i] == NULL)
            return NULL;
        list[i] = variables[i];
    }
    return list;
}

/* A command that cannot be watched must not run. */
static bool watch(struct errand *errand, struct err *err)
{
    struct child *child = &errand->child;
    if (!child->ended)
        errand->pidfd = pidfd_open(child->pid, 0);
    bool good = child->ended || errand->pidfd >= 0 ||
                err_set(err, "cannot watch a process: %s", strerror(errno));
    if (good && !child->ended)
        return true;
    child_kill(child, SIGKILL);
    keeper_forget(&errand->errands->keeper, child->pid);
    if (!child->ended)
        waitpid(child->pid, &child->wait_status, 0);
    return good;
}

static bool start(struct errand *errand, struct err *err)
{
    const struct errands *errands = errand->errands;
    const struct jobd_grant *grant = jobd_run_grant(errand->run);
    if (!write_payload(errand, grant, err))
        return false;
    const struct child_plan plan = {
        .argv = errands->call->operands,
        .environment = environment_of(errand, grant),
        .progress_number = errands->progress_number,
        .in = errands->null_fd,
        .capture_out = errands->pattern != NULL || errands->keeps_log,
        .capture_err = errands->pattern != NULL || errands->keeps_log,
        .to_stderr = errands->call->json,
        .alone = true,
        .terminal = -1,
        .announce_fd = errands->keeper.fd,
        .mask = &errands->mask,
        .pipe_ignored = errands->pipe_ignored,
    };
    if (plan.environment == NULL)
        return err_set(err, "no memory for a command");
    return child_start(&errand->child, &plan, err) && watch(errand, err);
}

static void take_progress(void *context, const struct progress *progress)
{
    const struct errand *errand = context;
    jobd_run_progress(errand->run, progress->percent,
                      progress->has_message ? progress->message : NULL);
}

static void take_output(void *context, struct span bytes)
{
    const struct errand *errand = context;
    jobd_run_log(errand->run, bytes.ptr, bytes.len);
}

/*
 * What is left of the group of an unwanted command goes with it. The command is waited for last:
 * until then its number is nobody else's.
 */
static bool look(void *context)
{
    struct errand *errand = context;
    struct child *child = &errand->child;
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
        return false;
    if (errand->follow.kill_at != 0)
        child_kill(child, SIGKILL);
    keeper_forget(&errand->errands->keeper, child->pid);
    waitpid(child->pid, &child->wait_status, 0);
    child->ended = true;
    errand->follow.fate = -1;
    return false;
}

static void follow(struct errand *errand)
{
    const struct errands *errands = errand->errands;
    errand->follow = (struct follow){
        .child = &errand->child,
        .follower = {.context = errand,
                     .progress = take_progress,
                     .output = errands->keeps_log ? take_output : NULL,
                     .look = look},
        .pattern = errands->pattern,
        .out = errands->call->json ? STDERR_FILENO : STDOUT_FILENO,
        .fate = errand->pidfd,
        .unwanted = jobd_run_stop_fd(errand->run),
        .grace_ms = errands->grace_ms,
        .aside = true,
    };
    follow_to_end(&errand->follow);
}

/* A command that was told to end may have left its work undone, whatever its exit status says. */
static enum jobd_outcome outcome_of(const struct errand *errand)
{
    const struct child *child = &errand->child;
    const char *command = errand->errands->call->operands[0];
    if (errand->follow.kill_at != 0)
        return JOBD_RELEASE;
    struct ending ending = child->exec_error != 0 ? ending_not_executed(command, child->exec_error)
                                                  : ending_of(child->wait_status, 0, false);
    if (ending.message[0] != '\0')
        jobd_run_progress(errand->run, JOBD_NO_PROGRESS, ending.message);
    return ending.exit_status == 0 ? JOBD_SUCCESS : JOBD_RETRY;
}

static enum jobd_outcome run_command(struct errand *errand)
{
    struct err err = {0};
    bool started = start(errand, &err);
    if (started)
        follow(errand);
    child_close(&errand->child);
    if (errand->pidfd >= 0)
        close(errand->pidfd);
    if (started)
        return outcome_of(errand);
    complain(errand->errands->call, 0, "%s", err.text);
    jobd_run_progress(errand->run, JOBD_NO_PROGRESS, err.text);
    return JOBD_RETRY;
}

static const char *word_for(const struct errand *errand, enum jobd_outcome outcome)
{
    enum jobd_stop stop = jobd_run_stopped(errand->run);
    if (stop == JOBD_STOP_DELETED)
        return "DELETED";
    if (stop == JOBD_STOP_LOST)
        return "LOST";
    if (outcome == JOBD_SUCCESS)
        return "SUCCESS";
    return outcome == JOBD_RELEASE ? "RELEASED" : "FAILURE";
}

/* Before the end is reported: so it may not wait for long, should nobody read any more. */
static void tell(const struct errand *errand, enum jobd_outcome outcome)
{
    const struct jobd_grant *grant = jobd_run_grant(errand->run);
    AUTO(buf_release) struct buf out = BUF(PIPE_BUF);
    struct json_writer json = JSON_WRITER(&out);
    json_begin_object(&json);
    json_key(&json, "id");
    json_str(&json, grant->job->id);
    json_key(&json, "fence");
    json_int(&json, grant->fence);
    json_key(&json, "outcome");
    json_str(&json, word_for(errand, outcome));
    json_end_object(&json);
    buf_add_char(&out, '\n');
    if (buf_failed(&out))
        errno = EMSGSIZE;
    if (buf_failed(&out) || !room_write_line(STDOUT_FILENO, buf_span(&out), OUTPUT_PATIENCE_MS))
        complain(errand->errands->call, 0, "cannot write what became of the job %s: %s",
                 grant->job->id, strerror(errno));
}

enum jobd_outcome errand_run(struct jobd_run *run, void *context)
{
    const struct errands *errands = context;
    struct errand *errand = mem_alloc(1, sizeof(*errand));
    if (errand == NULL)
        return JOBD_RELEASE;
    errand->errands = errands;
    errand->run = run;
    errand->pidfd = errand->child.progress = errand->child.out = errand->child.err = -1;
    arena_init(&errand->arena, ARENA_CEILING);
    enum jobd_outcome outcome = run_command(errand);
    if (errands->call->json)
        tell(errand, outcome);
    if (errand->payload != NULL)
        unlink(errand->payload);
    arena_release(&errand->arena);
    mem_free(errand);
    return outcome;
}
