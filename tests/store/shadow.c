/* The shadow of a store: filters, orders and pages by brute force, to compare answers with. */
#include "shadow.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

void shadow_init(struct shadow *shadow)
{
    *shadow = (struct shadow){0};
    arena_init(&shadow->arena, (size_t)1 << 30);
}

void shadow_release(struct shadow *shadow)
{
    arena_release(&shadow->arena);
    mem_free(shadow->jobs);
}

void shadow_add(struct shadow *shadow, const struct job *job)
{
    struct shadow_job *added;

    shadow->jobs = mem_need(
        mem_grow(shadow->jobs, &shadow->capacity, shadow->count + 1, sizeof(*shadow->jobs)));
    added = &shadow->jobs[shadow->count++];
    added->job = *job;
    added->job.name = arena_span(&shadow->arena, job->name);
    added->job.type = arena_span(&shadow->arena, job->type);
    added->job.message = arena_span(&shadow->arena, job->message);
    added->folded = text_fold(&shadow->arena, job->name);
}

void shadow_put(struct shadow *shadow, size_t index, const struct job *job)
{
    struct job *kept = &shadow->jobs[index].job;
    struct span name = kept->name, type = kept->type;

    *kept = *job;
    kept->name = name;
    kept->type = type;
    kept->message = arena_span(&shadow->arena, job->message);
}

void shadow_forget(struct shadow *shadow)
{
    shadow->count--;
}

static bool starts(struct span text, struct span part)
{
    return text.len >= part.len && (part.len == 0 || memcmp(text.ptr, part.ptr, part.len) == 0);
}

static bool name_matches(const struct query *query, const struct shadow_job *shadow)
{
    struct span folded = shadow->folded, part = query->name_folded;

    switch (query->match) {
    case MATCH_EXACT:
        return span_eq(shadow->job.name, query->name);
    case MATCH_START:
        return starts(folded, part);
    case MATCH_END:
        return folded.len >= part.len && starts(span_skip(folded, folded.len - part.len), part);
    case MATCH_ANYWHERE:
        for (size_t i = 0; i + part.len <= folded.len; i++) {
            if (starts(span_skip(folded, i), part))
                return true;
        }
        return false;
    }
    return false;
}

static bool type_matches(const struct query *query, const struct job *job)
{
    for (size_t i = 0; i < query->type_count; i++) {
        if (span_eq(query->types[i], job->type))
            return true;
    }
    return query->type_count == 0;
}

bool shadow_matches(const struct query *query, const struct shadow_job *shadow)
{
    return (query->statuses >> shadow->job.status & 1) != 0 && type_matches(query, &shadow->job) &&
           (!query->has_user || uuid_eq(&query->user, &shadow->job.user)) &&
           (!query->has_name || name_matches(query, shadow));
}

/* What a job is sorted by. */
struct key {
    const char *text;
    size_t len;
    int64_t number;
    bool absent;
    int64_t position;
};

static struct key date_key(int64_t date)
{
    return (struct key){.text = "", .number = date, .absent = date == JOB_NO_TIME};
}

static struct key text_key(struct span text)
{
    return (struct key){.text = text.ptr, .len = text.len};
}

static struct key key_by(enum query_order order, const struct shadow_job *shadow)
{
    const struct job *job = &shadow->job;

    switch (order) {
    case ORDER_CREATED:
        break;
    case ORDER_NAME:
        return text_key(shadow->folded);
    case ORDER_TYPE:
        return text_key(job->type);
    case ORDER_START_DATE:
        return date_key(job->started_on);
    case ORDER_END_DATE:
        return date_key(job->ended_on);
    case ORDER_STATE:
        return text_key(span_of(state_name(status_state(job->status))));
    case ORDER_RESULT:
        return text_key(span_of(result_name(status_result(job->status))));
    }
    return (struct key){.text = ""};
}

static struct key key_of(const struct query *query, const struct shadow_job *shadow)
{
    struct key key = key_by(query->order, shadow);

    key.position = shadow->job.position;
    return key;
}

static int sign_of(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int key_compare(const struct query *query, const struct key *a, const struct key *b)
{
    size_t len = a->len < b->len ? a->len : b->len;
    int by_text = memcmp(a->text, b->text, len);
    int by_value = by_text != 0             ? by_text
                   : a->len != b->len       ? sign_of((int64_t)a->len, (int64_t)b->len)
                   : a->number != b->number ? sign_of(a->number, b->number)
                                            : 0;

    if (a->absent != b->absent)
        return a->absent ? 1 : -1;
    if (by_value != 0 && !a->absent)
        return query->ascending ? by_value : -by_value;
    return -sign_of(a->position, b->position);
}

bool shadow_same_place(const struct query *query, const struct shadow_job *a,
                       const struct shadow_job *b)
{
    struct key first = key_of(query, a), second = key_of(query, b);

    return key_compare(query, &first, &second) == 0;
}

static const struct shadow_job *shadow_at(const struct shadow *shadow, int64_t position)
{
    for (size_t i = 0; i < shadow->count; i++) {
        if (shadow->jobs[i].job.position == position)
            return &shadow->jobs[i];
    }
    fail_msg("there is no job at the cursor's position");
    abort(); /* fail_msg does not return, which its declaration does not say */
}

/* The cursor holds dates and enum values as they were; the rest is read at its position. */
static struct key cursor_key(const struct shadow *shadow, const struct query *query,
                             const struct cursor *after)
{
    struct shadow_job then = *shadow_at(shadow, after->position);
    struct key key;

    switch (query->order) {
    case ORDER_START_DATE:
    case ORDER_END_DATE:
        key = date_key(after->value);
        break;
    case ORDER_STATE:
        key = text_key(span_of(state_name((enum job_state)after->value)));
        break;
    case ORDER_RESULT:
        key = text_key(span_of(result_name((enum job_result)after->value)));
        break;
    case ORDER_CREATED:
    case ORDER_NAME:
    case ORDER_TYPE:
        key = key_by(query->order, &then);
        break;
    }
    key.position = after->position;
    return key;
}

static int shadow_compare(const void *a, const void *b, void *context)
{
    const struct shadow_job *const *left = a, *const *right = b;
    const struct query *query = context;
    struct key first = key_of(query, *left), second = key_of(query, *right);

    return key_compare(query, &first, &second);
}

const struct job **shadow_find(const struct shadow *shadow, const struct query *query,
                               const struct cursor *after, struct arena *arena, size_t *ret_count)
{
    const struct shadow_job **list =
        ARENA_ARRAY(arena, const struct shadow_job *, shadow->count + 1);
    const struct job **jobs = ARENA_ARRAY(arena, const struct job *, shadow->count + 1);
    struct query order = *query;
    struct key start = {0};
    size_t count = 0;

    if (after != NULL)
        start = cursor_key(shadow, query, after);
    for (size_t i = 0; i < shadow->count; i++) {
        struct key key = key_of(query, &shadow->jobs[i]);
        if (shadow_matches(query, &shadow->jobs[i]) &&
            (after == NULL || key_compare(query, &key, &start) > 0))
            list[count++] = &shadow->jobs[i];
    }
    qsort_r(list, count, sizeof(struct shadow_job *), shadow_compare, &order);
    for (size_t i = 0; i < count; i++)
        jobs[i] = &list[i]->job;
    *ret_count = count;
    return jobs;
}

const char *query_text(struct arena *arena, const struct query *query)
{
    static const char *const orders[] = {"created",  "name",  "type",  "start date",
                                         "end date", "state", "result"};
    static const char *const modes[] = {"START", "END", "ANYWHERE", "EXACT"};

    return arena_printf(arena,
                        "name %s '%.*s' statuses %#x types %zu user %d order %s %s, %zu a page",
                        query->has_name ? modes[query->match] : "-", (int)query->name.len,
                        query->has_name ? query->name.ptr : "", query->statuses, query->type_count,
                        query->has_user ? query->user.bytes[1] : -1, orders[query->order],
                        query->ascending ? "ASC" : "DESC", query->page_size);
}

const char *shadow_rows_difference(const struct store_find *find, const struct job *const *expected,
                                   size_t count, struct arena *arena)
{
    size_t page = count < find->query->page_size ? count : find->query->page_size;

    if (find->count != page || find->more != (count > page))
        return arena_printf(arena, "%zu jobs, more %d, instead of %zu, more %d", find->count,
                            find->more, page, count > page);
    for (size_t i = 0; i < page; i++) {
        const char *difference = job_shown_difference(find->jobs[i], expected[i]);
        if (difference[0] != '\0')
            return arena_printf(arena, "job %zu ('%.*s' instead of '%.*s') differs in %s", i,
                                (int)find->jobs[i]->name.len, find->jobs[i]->name.ptr,
                                (int)expected[i]->name.len, expected[i]->name.ptr, difference);
    }
    return "";
}

void shadow_check_rows(const struct store_find *find, const struct job *const *expected,
                       size_t count, struct arena *arena)
{
    const char *difference = shadow_rows_difference(find, expected, count, arena);

    if (difference[0] != '\0')
        fail_msg("%s: %s", difference, query_text(arena, find->query));
}

struct store_find shadow_check_page(const struct shadow *shadow, struct fixture *fixture,
                                    const struct query *query, const struct cursor *after,
                                    struct arena *arena)
{
    struct store_find find;
    size_t count;
    const struct job **expected = shadow_find(shadow, query, after, arena, &count);

    if (job_page(fixture->store, arena, query, after, &find) != PROBLEM_NONE)
        fail_msg("problem %d: %s: %s", find.call.problem, find.call.err.text,
                 query_text(arena, query));
    shadow_check_rows(&find, expected, count, arena);
    return find;
}
