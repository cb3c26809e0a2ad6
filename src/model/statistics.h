/* Statistics: how jobs ended lately, by type, in steps of time. */
#ifndef JOBD_MODEL_STATISTICS_H
#define JOBD_MODEL_STATISTICS_H

#include "base/json_write.h"
#include "base/span.h"
#include "model/ended.h"

#include <stddef.h>
#include <stdint.h>

#define STATISTICS_HOURS_MAX 744 /* 31 days */
#define STATISTICS_HOURS_DEFAULT 24
#define STATISTICS_STEPS_MAX 100
#define STATISTICS_TYPES_MAX 20

/*
 * Stores count ended jobs in buckets of these widths, each of them for so long. A step is a whole
 * number of buckets of one width, the widest that fit, so that few are read however long the
 * window. Buckets begin at multiples of their width since 1970, and so do steps.
 */
struct statistics_level {
    int64_t bucket_ms;
    int64_t keep_ms; /* what a window that reads them may reach back to */
};
#define STATISTICS_LEVELS 3
extern const struct statistics_level statistics_levels[STATISTICS_LEVELS];

/* Where a time falls in buckets or steps of this width: their beginning. */
static inline int64_t statistics_floor(int64_t time, int64_t width)
{
    return time - time % width;
}

/* From `from`, included, up to `to`, in whole steps. */
struct statistics_window {
    int64_t from, to; /* milliseconds since 1970 */
    int64_t step_ms;
    int64_t bucket_ms; /* of the level it is read from */
};

/* The steps up to the one `now` is in that make up at least the last `hours` hours but for the rest
 * of that step: STATISTICS_STEPS_MAX at most. `hours` is 1..STATISTICS_HOURS_MAX. */
struct statistics_window statistics_window(int64_t hours, int64_t now);

/* The parameter `hours`. INVALID_REQUEST. */
enum problem statistics_hours_read(struct span text, int64_t *ret_hours, struct err *err);

struct statistics_series {
    struct span type; /* empty: all other types */
    struct ended steps[STATISTICS_STEPS_MAX];
};

/*
 * At most STATISTICS_TYPES_MAX types: those of which most jobs ended, the busiest first, equal ones
 * by name. Behind them, if anything is left, all the others together.
 */
struct statistics {
    struct statistics_window window;
    struct statistics_series *series; /* STATISTICS_TYPES_MAX + 1 at most */
    size_t count;
};

/* The series of a type, or of all the others, which is begun once there is something of them. */
struct statistics_series *statistics_series(struct statistics *statistics, struct span type);

/* The step of the series that a time within the window falls in. */
struct ended *statistics_step(const struct statistics *statistics, struct statistics_series *series,
                              int64_t time);

/*
 * {"from":…,"to":…,"stepSeconds":900,"types":[{"type":"IMPORT","points":[{"at":…,"succeeded":1,
 * "failed":0,"aborted":0,"seconds":1.234}]}]}; steps in which nothing ended are left out.
 */
void statistics_json(struct json_writer *json, const struct statistics *statistics);

#endif
