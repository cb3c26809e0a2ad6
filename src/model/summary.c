/* The summary on the wire. */
#include "model/summary.h"

#include "base/scope.h"

#define STRING_OF(number) #number
#define AS_TEXT(number) STRING_OF(number)

static void count_field(struct json_writer *json, const char *key, int64_t count)
{
    json_key(json, key);
    if (count > SUMMARY_COUNT_MAX)
        json_str(json, AS_TEXT(SUMMARY_COUNT_MAX) "+");
    else
        json_int(json, count);
}

void summary_json(struct json_writer *json, const struct summary *summary)
{
    static const enum job_state order[] = {STATE_WAITING, STATE_RUNNING, STATE_COMPLETED,
                                           STATE_FAILED, STATE_DELETED};
    json_begin_object(json);
    json_key(json, "states");
    json_begin_object(json);
    for (size_t i = 0; i < ARRAY_SIZE(order); i++)
        count_field(json, state_name(order[i]), summary->states[order[i]]);
    json_end_object(json);
    count_field(json, "stalled", summary->stalled);
    json_end_object(json);
}
