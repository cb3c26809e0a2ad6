/* Metrics: an array of relaxed atomics and the table that names them. */
#include "base/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>

static _Atomic int64_t values[METRIC_COUNT];

static const struct row {
    struct span name; /* with its labels */
    const char *type;
    const char *help;
} rows[METRIC_COUNT] = {
#define METRICS_COUNTER(id, text, about) {SPAN(text), "counter", about},
#define METRICS_GAUGE(id, text, about) {SPAN(text), "gauge", about},
    METRICS(METRICS_COUNTER, METRICS_GAUGE)
#undef METRICS_COUNTER
#undef METRICS_GAUGE
};

void metric_add(enum metric metric, int64_t amount)
{
    atomic_fetch_add_explicit(&values[metric], amount, memory_order_relaxed);
}

void metric_set(enum metric metric, int64_t value)
{
    atomic_store_explicit(&values[metric], value, memory_order_relaxed);
}

int64_t metric_get(enum metric metric)
{
    return atomic_load_explicit(&values[metric], memory_order_relaxed);
}

/* The name without its labels. */
static struct span family_of(const struct row *row)
{
    struct span rest = row->name;
    struct span family = rest;

    span_cut(&rest, '{', &family);
    return family;
}

static void print_family(struct buf *out, const struct row *row)
{
    struct span family = family_of(row);

    buf_printf(out, "# HELP %.*s %s\n", (int)family.len, family.ptr, row->help);
    buf_printf(out, "# TYPE %.*s %s\n", (int)family.len, family.ptr, row->type);
}

void metrics_print(struct buf *out)
{
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const struct row *row = &rows[i];
        if (i == 0 || !span_eq(family_of(row), family_of(row - 1)))
            print_family(out, row);
        buf_add_span(out, row->name);
        buf_printf(out, " %" PRId64 "\n", metric_get((enum metric)i));
    }
}
