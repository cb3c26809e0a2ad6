/* A find request: filters and order, read by the contract's parameter table. */
#ifndef JOBD_MODEL_QUERY_H
#define JOBD_MODEL_QUERY_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/uuid.h"
#include "model/problem.h"
#include "model/states.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct job;

enum name_match { MATCH_START, MATCH_END, MATCH_ANYWHERE, MATCH_EXACT };

/* ORDER_CREATED is the order without a sortField. */
enum query_order {
    ORDER_CREATED,
    ORDER_NAME,
    ORDER_TYPE,
    ORDER_START_DATE,
    ORDER_END_DATE,
    ORDER_STATE,
    ORDER_RESULT
};

#define QUERY_PAGE_DEFAULT 10
#define QUERY_PAGE_MAX 50
/* More different types in one request are refused; the same type twice counts once. */
#define QUERY_TYPES_MAX 100

struct query {
    bool has_name;
    struct span name; /* as given, for MATCH_EXACT */
    struct span name_folded; /* text_fold of it; may be empty though the name is not */
    enum name_match match;
    uint32_t statuses; /* STATUS_MASK_ALL: not filtered; 0: nothing can match */
    const struct span *types; /* sorted, without repetitions; type_count 0: not filtered */
    size_t type_count;
    bool has_user;
    struct uuid user;
    enum query_order order;
    bool ascending; /* false with ORDER_CREATED */
    size_t page_size;
    struct span cursor; /* as given; empty: from the start */
};

/*
 * Reads a raw query string (without the `?`). Everything lives in `arena`. INVALID_REQUEST names
 * the parameter. Unknown parameters are ignored, empty values too.
 */
enum problem query_parse(struct arena *arena, struct span query_string, struct query *ret_query,
                         struct err *err);

/* Whether a folded name passes the filter by START, END or ANYWHERE; with EXACT false. */
bool query_matches_folded(const struct query *query, struct span folded);

/* Whether a job passes the filters; `folded` is text_fold of its name (may be empty without a name
 * filter). */
bool query_matches(const struct query *query, const struct job *job, struct span folded);

/*
 * Whether it passes those filters that look at what never changes of a job: type, user and name. A
 * job that does not will never match; one that does may come to match, and cease to.
 */
bool query_concerns(const struct query *query, const struct job *job, struct span folded);

/*
 * A digest of filters and order, to which cursors are bound: equal for requests that mean the same,
 * whatever the order of their parameters. page_size and cursor do not count.
 */
uint64_t query_digest(const struct query *query);

/* The parameter table, for tests that hold it against the OpenAPI document. */
struct query_parameter {
    const char *name;
    bool array;
    const char *const *values; /* NULL-terminated list of an enum, or NULL */
    const char *standard; /* the default, or NULL */
};
extern const struct query_parameter query_parameters[];
extern const size_t query_parameter_count;

#endif
