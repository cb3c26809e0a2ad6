/* How a wrapped command ended: for the server, and for our own exit. */
#include "jobctl/ending.h"

#include "base/clock.h"
#include "jobctl/command.h"
#include "jobctl/progress.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static struct ending failed(const char *result, int exit_status)
{
    return (struct ending){
        .state = "FAILED",
        .result = result,
        .when = clock_wall_ms(&clock_system),
        .exit_status = exit_status,
    };
}

static const char *name_of(int signal)
{
    const char *name = sigabbrev_np(signal);
    return name != NULL ? name : "RT";
}

static struct ending of_signal(int signal, bool foreground)
{
    bool by_user = foreground && (signal == SIGINT || signal == SIGQUIT);
    struct ending ending = failed(by_user ? "ABORTED" : "FAILURE", EXIT_SIGNAL + signal);
    snprintf(ending.message, sizeof(ending.message), "%s by SIG%s", by_user ? "stopped" : "killed",
             name_of(signal));
    return ending;
}

static struct ending of_exit(int status)
{
    struct ending ending = failed("FAILURE", status);
    if (status == 0) {
        ending.state = "COMPLETED";
        ending.result = "SUCCESS";
    } else {
        snprintf(ending.message, sizeof(ending.message), "exit status %d", status);
    }
    return ending;
}

struct ending ending_of(int wait_status, int stopped_by, bool foreground)
{
    struct ending ending = WIFSIGNALED(wait_status) ? of_signal(WTERMSIG(wait_status), foreground)
                                                    : of_exit(WEXITSTATUS(wait_status));
    if (stopped_by == 0)
        return ending;
    ending.state = "FAILED";
    ending.result = "ABORTED";
    snprintf(ending.message, sizeof(ending.message), "stopped by SIG%s", name_of(stopped_by));
    return ending;
}

struct ending ending_not_executed(const char *command, int error)
{
    struct ending ending =
        failed("FAILURE", error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
    char name[200];
    progress_clean(span_of(command), name, sizeof(name));
    snprintf(ending.message, sizeof(ending.message), "cannot execute %s: %s", name,
             strerror(error));
    return ending;
}
