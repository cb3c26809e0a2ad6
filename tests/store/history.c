/* What was written to a store, version by version. */
#include "history.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void history_init(struct history *history)
{
    *history = (struct history){0};
    shadow_init(&history->shadow);
}

void history_release(struct history *history)
{
    shadow_release(&history->shadow);
    mem_free(history->versions);
}

static int compare_changes(const void *a, const void *b)
{
    const struct job *left = a, *right = b;

    return left->change < right->change ? -1 : left->change > right->change;
}

/* Where the job stood before this change; 0: it is a new one, and gets the next place. */
static int64_t previous_version(struct history *history, const struct job *job, size_t *ret_index)
{
    for (int64_t change = history->count; change > 0; change--) {
        if (history->versions[change].job.position == job->position) {
            *ret_index = history->versions[change].index;
            return change;
        }
    }
    *ret_index = history->jobs++;
    return 0;
}

static void add_version(struct history *history, const struct job *job)
{
    struct version version = {.job = *job, .until = INT64_MAX};

    version.before = previous_version(history, job, &version.index);
    if (version.before > 0)
        history->versions[version.before].until = job->change;
    history->versions[++history->count] = version;
}

void history_add(struct history *history, const struct job *jobs, size_t count)
{
    struct job *sorted = mem_need(mem_alloc(count + 1, sizeof(*sorted)));
    size_t room = (size_t)history->count + count + 1;

    memcpy(sorted, jobs, count * sizeof(*jobs));
    qsort(sorted, count, sizeof(*sorted), compare_changes);
    history->versions = mem_need(mem_resize(history->versions, room * sizeof(*history->versions)));
    for (size_t i = 0; i < count; i++) {
        if (sorted[i].change <= history->count)
            assert_same_job(&sorted[i], &history->versions[sorted[i].change].job);
        else if (sorted[i].change == history->count + 1)
            add_version(history, &sorted[i]);
        else
            fail_msg("no write had the change number %" PRId64, history->count + 1);
    }
    mem_free(sorted);
}

static void step_on(struct history *history)
{
    const struct version *version = &history->versions[++history->moment];

    if (version->before == 0)
        shadow_add(&history->shadow, &version->job);
    else
        shadow_put(&history->shadow, version->index, &version->job);
}

static void step_back(struct history *history)
{
    const struct version *version = &history->versions[history->moment--];

    if (version->before == 0)
        shadow_forget(&history->shadow);
    else
        shadow_put(&history->shadow, version->index, &history->versions[version->before].job);
}

const struct shadow *history_at(struct history *history, int64_t moment)
{
    assert_in_range(moment, 0, history->count);
    while (history->moment < moment)
        step_on(history);
    while (history->moment > moment)
        step_back(history);
    return &history->shadow;
}

const struct version *history_find(const struct history *history, const struct job *row)
{
    const struct version *version;

    if (row->change < 1 || row->change > history->count)
        return NULL;
    version = &history->versions[row->change];
    return job_shown_difference(row, &version->job)[0] == '\0' ? version : NULL;
}
