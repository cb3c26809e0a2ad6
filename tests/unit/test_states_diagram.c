/* Tests that doc/states.dot draws what job_apply does. */
#include "model/job.h"

#include "model_test.h"

static const char *const event_names[EVENT_COUNT] = {
    [EVENT_PROGRESS] = "progress", [EVENT_START] = "start",     [EVENT_CLAIM] = "claim",
    [EVENT_END] = "end",           [EVENT_RELEASE] = "release", [EVENT_RETRY] = "retry",
    [EVENT_EXPIRE] = "expire",     [EVENT_DELETE] = "delete",
};

/* The state one event leads to from one status. */
static enum job_state reached(enum job_status status, enum job_event_kind kind,
                              enum job_status ending, int32_t attempt)
{
    struct job job = {.status = status, .attempt = attempt, .max_attempts = 1};
    struct job_event event = {.kind = kind, .status = ending, .progress = JOB_NO_PROGRESS};
    bool changed;
    if (job_apply(&job, &event, &changed, NULL) != PROBLEM_NONE)
        return status_state(status);
    return status_state(job.status);
}

/* Whether an event can lead from one state to another, tried with every status and ending. */
static bool leads(enum job_state from, enum job_event_kind kind, enum job_state to)
{
    for (unsigned i = 0; i < STATUS_COUNT * STATUS_COUNT; i++) {
        enum job_status status = i % STATUS_COUNT, ending = i / STATUS_COUNT;
        if (status_state(status) != from || !status_is_ended(ending))
            continue;
        if (kind == EVENT_RETRY && status_state(ending) != STATE_FAILED)
            continue;
        if (reached(status, kind, ending, 0) == to || reached(status, kind, ending, 1) == to)
            return true;
    }
    return false;
}

/* The diagram's line for two states; NULL when nothing leads from one to the other. */
static char *line_of(struct arena *arena, enum job_state from, enum job_state to)
{
    const char *label = "";
    for (unsigned kind = 0; kind < EVENT_COUNT; kind++) {
        if (leads(from, kind, to))
            label = arena_printf(arena, "%s%s%s", label, label[0] != '\0' ? ", " : "",
                                 event_names[kind]);
    }
    if (label[0] == '\0')
        return NULL;
    return arena_printf(arena, "    %s -> %s [label=\"%s\"];\n", state_name(from), state_name(to),
                        label);
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}

/* How many lines the diagram must have for two states. */
static size_t check_line(struct arena *arena, const char *diagram, enum job_state from,
                         enum job_state to)
{
    const char *line = from != to ? line_of(arena, from, to) : NULL;
    if (line == NULL)
        return 0;
    if (count_of(diagram, line) != 1)
        fail_msg("doc/states.dot lacks: %s", line);
    return 1;
}

static void diagram_shows_every_move_and_no_other(void **test)
{
    AUTO(arena_release) struct arena arena;
    size_t lines = 1;
    (void)test;
    arena_init(&arena, SIZE_MAX);
    const char *diagram = tree_file(&arena, "doc/states.dot").ptr;
    assert_int_equal(count_of(diagram, "    create -> WAITING;\n"), 1);
    for (unsigned from = 0; from < STATE_COUNT; from++) {
        for (unsigned to = 0; to < STATE_COUNT; to++)
            lines += check_line(&arena, diagram, from, to);
    }
    assert_int_equal(count_of(diagram, " -> "), lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(diagram_shows_every_move_and_no_other),
    };
    return cmocka_run_group_tests_name("states_diagram", tests, NULL, NULL);
}
