/* Drafts, events and queries at random. */
#include "chance.h"

#include "data.h"

static const char *chance_name(struct random *random, struct arena *arena)
{
    const char *name = data_names[random_pick(random, data_name_count)];

    if (random_one_in(random, 3))
        name = arena_printf(arena, "%s%s", name, data_parts[random_pick(random, data_part_count)]);
    if (random_one_in(random, 6))
        name = arena_printf(arena, "%s %u", name, random_pick(random, 20));
    return name;
}

struct draft chance_draft(struct random *random, struct arena *arena)
{
    const char *type = data_types[random_pick(random, data_type_count)];
    struct draft draft = draft_of(arena, chance_name(random, arena), type);

    draft.user = user_at(random_pick(random, DATA_USERS));
    draft.created_by = user_at(random_pick(random, DATA_USERS));
    draft.self_managed = random_one_in(random, 2);
    draft.priority = (int32_t)random_pick(random, 65536) + DRAFT_PRIORITY_MIN;
    draft.max_attempts = 1 + (int32_t)random_pick(random, 3);
    if (random_one_in(random, 4))
        draft.message = span_of(chance_name(random, arena));
    if (random_one_in(random, 4))
        draft.payload = span_of("{\"n\":1}");
    return draft;
}

struct job_event chance_event(struct random *random, struct arena *arena)
{
    static const enum job_status endings[] = {STATUS_COMPLETED_SUCCESS, STATUS_COMPLETED_WITH_ERROR,
                                              STATUS_COMPLETED_ABORTED, STATUS_FAILED_FAILURE,
                                              STATUS_FAILED_ABORTED};
    struct job_event event = {
        .kind = (enum job_event_kind)random_pick(random, EVENT_COUNT),
        .by = user_at(random_pick(random, DATA_USERS)),
        .status = endings[random_pick(random, ARRAY_SIZE(endings))],
        .progress = random_one_in(random, 2) ? JOB_NO_PROGRESS : (int32_t)random_pick(random, 101),
    };

    event.has_message = event.kind == EVENT_DELETE || random_one_in(random, 2);
    if (event.has_message && (event.kind == EVENT_DELETE || !random_one_in(random, 4)))
        event.message = span_of(chance_name(random, arena));
    return event;
}

struct query chance_query(struct random *random, struct arena *arena)
{
    struct query query = query_all();

    if (random_one_in(random, 2)) {
        const char *name = random_one_in(random, 2)
                               ? data_names[random_pick(random, data_name_count)]
                               : data_parts[random_pick(random, data_part_count)];
        query_by_name(arena, &query, name, (enum name_match)random_pick(random, 4));
    }
    if (random_one_in(random, 3))
        query.statuses = (uint32_t)random_next(random) & STATUS_MASK_ALL;
    if (random_one_in(random, 3))
        query_by_types(arena, &query, 1 + random_pick(random, 31));
    query.has_user = random_one_in(random, 3);
    query.user = user_at(random_pick(random, DATA_USERS + 1));
    query.order = (enum query_order)random_pick(random, ORDER_RESULT + 1);
    query.ascending = query.order != ORDER_CREATED && random_one_in(random, 2);
    query.page_size = 1 + random_pick(random, random_one_in(random, 2) ? 5 : QUERY_PAGE_MAX);
    return query;
}
