/* Sleepers: a list of those who wait, each until its time is over or nobody is there to hear. */
#include "service/sleepers.h"

#include <stddef.h>

/* How often those that wait are asked whether they are still there. */
#define LOOK_NS INT64_C(500000000)

static int64_t min_ns(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void sleepers_add(struct sleepers *sleepers, struct sleeper *sleeper, struct sleeper *before,
                  int64_t now_ns)
{
    if (sleepers->first == NULL) {
        sleepers->look_ns = now_ns + LOOK_NS;
        sleepers->sweep_ns = INT64_MAX;
    }
    sleepers->sweep_ns = min_ns(sleepers->sweep_ns, sleeper->deadline_ns);
    sleeper->previous = before;
    sleeper->next = before != NULL ? before->next : sleepers->first;
    *(before != NULL ? &before->next : &sleepers->first) = sleeper;
    *(sleeper->next != NULL ? &sleeper->next->previous : &sleepers->last) = sleeper;
}

void sleepers_remove(struct sleepers *sleepers, struct sleeper *sleeper)
{
    *(sleeper->previous != NULL ? &sleeper->previous->next : &sleepers->first) = sleeper->next;
    *(sleeper->next != NULL ? &sleeper->next->previous : &sleepers->last) = sleeper->previous;
    sleeper->previous = sleeper->next = NULL;
}

int64_t sleepers_due(const struct sleepers *sleepers)
{
    return sleepers->first == NULL ? INT64_MAX : min_ns(sleepers->look_ns, sleepers->sweep_ns);
}

static bool is_over(struct sleeper *sleeper, bool look, int64_t now_ns)
{
    if (look && sleeper->gone(sleeper->context))
        sleeper->deadline_ns = INT64_MIN;
    return sleeper->deadline_ns <= now_ns;
}

struct sleeper *sleepers_sweep(struct sleepers *sleepers, bool all, int64_t now_ns)
{
    struct sleeper *over = NULL, *next;
    bool look = now_ns >= sleepers->look_ns;
    sleepers->sweep_ns = INT64_MAX;
    for (struct sleeper *at = sleepers->first; at != NULL; at = next) {
        next = at->next;
        if (!is_over(at, look, now_ns) && !all) {
            sleepers->sweep_ns = min_ns(sleepers->sweep_ns, at->deadline_ns);
            continue;
        }
        sleepers_remove(sleepers, at);
        at->next = over;
        over = at;
    }
    if (look)
        sleepers->look_ns = now_ns + LOOK_NS;
    return over;
}
