/* Tests of starting a command: what comes between the fork and the command's own code. */
#include "jobctl/child.h"

#include "model_test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static int announced[2];

static void handle(int signal)
{
    (void)signal;
}

static struct child start(int announce_fd)
{
    char *argv[] = {(char[]){"sleep"}, (char[]){"30"}, NULL};
    struct err err = {0};
    struct child child;
    sigset_t none;
    sigemptyset(&none);
    const struct child_plan plan = {
        .argv = argv,
        .progress_number = child_reserve(),
        .in = -1,
        .terminal = -1,
        .announce_fd = announce_fd,
        .mask = &none,
    };
    assert_true(child_start(&child, &plan, &err));
    close(plan.progress_number);
    return child;
}

static pid_t take_pid(void)
{
    pid_t pid;
    assert_int_equal(read(announced[0], &pid, sizeof(pid)), sizeof(pid));
    return pid;
}

/* Fills the pipe, so that the child hangs in announcing itself. */
static size_t fill(void)
{
    const pid_t filler = 1;
    size_t count = 0;
    fcntl(announced[1], F_SETFL, O_NONBLOCK);
    while (write(announced[1], &filler, sizeof(filler)) == sizeof(filler))
        count++;
    fcntl(announced[1], F_SETFL, 0);
    return count;
}

static int read_child(void)
{
    char path[64], text[64] = "";
    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    FILE *children = fopen(path, "re");
    assert_non_null(children);
    if (fgets(text, sizeof(text), children) == NULL)
        text[0] = '\0';
    fclose(children);
    return (int)strtol(text, NULL, 10);
}

/* Nothing but the announcement can keep it waiting. */
static bool is_waiting(int pid)
{
    char path[64], state = '?';
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *stat = fopen(path, "re");
    if (stat != NULL && fscanf(stat, "%*d %*s %c", &state) != 1)
        state = '?';
    if (stat != NULL)
        fclose(stat);
    return state == 'S';
}

/* Another thread's view of a child that is no command yet. */
static void *end_early(void *count)
{
    int pid;
    while ((pid = read_child()) == 0 || !is_waiting(pid))
        usleep(1000);
    kill(-pid, SIGTERM);
    for (size_t left = *(size_t *)count; left > 0; left--)
        take_pid();
    return NULL;
}

static void test_signal_before_the_command(void **test)
{
    (void)test;
    pthread_t thread;
    sigset_t all, before;
    int status = 0;
    assert_int_equal(pipe2(announced, O_CLOEXEC), 0);
    signal(SIGTERM, handle);
    size_t count = fill();
    assert_int_equal(pthread_create(&thread, NULL, end_early, &count), 0);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    struct child child = start(announced[1]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_join(thread, NULL);
    assert_int_equal(take_pid(), child.pid);
    for (int i = 0; i < 5000 && waitpid(child.pid, &status, WNOHANG) == 0; i++)
        usleep(1000);
    kill(-child.pid, SIGKILL);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
    child_close(&child);
    signal(SIGTERM, SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_signal_before_the_command)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
