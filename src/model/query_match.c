/* Whether a job passes a query's filters. */
#include "model/job.h"
#include "model/query.h"
#include "model/type_list.h"

bool query_matches_folded(const struct query *query, struct span folded)
{
    struct span wanted = query->name_folded;
    if (wanted.len > folded.len)
        return false;
    if (wanted.len == 0)
        return true;
    switch (query->match) {
    case MATCH_START:
        return memcmp(folded.ptr, wanted.ptr, wanted.len) == 0;
    case MATCH_END:
        return memcmp(folded.ptr + folded.len - wanted.len, wanted.ptr, wanted.len) == 0;
    case MATCH_ANYWHERE:
        return memmem(folded.ptr, folded.len, wanted.ptr, wanted.len) != NULL;
    case MATCH_EXACT:
        break;
    }
    return false;
}

static bool name_matches(const struct query *query, struct span name, struct span folded)
{
    if (query->match == MATCH_EXACT)
        return span_eq(name, query->name);
    return query_matches_folded(query, folded);
}

static bool type_matches(const struct query *query, struct span type)
{
    size_t place;
    return type_list_find(query->types, query->type_count, type, &place);
}

bool query_concerns(const struct query *query, const struct job *job, struct span folded)
{
    if (query->has_user && !uuid_eq(&query->user, &job->user))
        return false;
    if (query->type_count > 0 && !type_matches(query, job->type))
        return false;
    return !query->has_name || name_matches(query, job->name, folded);
}

bool query_matches(const struct query *query, const struct job *job, struct span folded)
{
    return (query->statuses & (1u << job->status)) != 0 && query_concerns(query, job, folded);
}
