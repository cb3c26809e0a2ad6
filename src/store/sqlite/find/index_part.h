/* Parts of the index filter: what one segment lets through. */
#ifndef JOBD_STORE_SQLITE_FIND_INDEX_PART_H
#define JOBD_STORE_SQLITE_FIND_INDEX_PART_H

#include "store/sqlite/find/index_terms.h"

#include <roaring/roaring.h>

/* Start with a segment and else 0. */
struct index_part {
    struct segment segment;
    bool worked_out; /* something of it, that no search had asked for lately */
    struct answer *passed; /* by what never changes; NULL: not known yet */
    bool is_chosen; /* of these, as far as it pays: */
    struct answer *chosen; /* NULL: all */
    roaring_bitmap_t
        *doubtful; /* NULL, or those chosen and those whose statuses may have changed */
};

void index_part_release(struct index_part *part);

/* What was chosen is to be chosen anew. */
void index_part_forget_choice(struct index_part *part);

/* Works a part out, as far as that was not done before. */
enum problem index_part_know(struct search *search, struct index_terms *terms,
                             struct index_part *part);

/* The ordinals that a part lets through, once it is known; NULL for none. */
static inline const roaring_bitmap_t *index_part_jobs(const struct index_part *part)
{
    if (part->doubtful != NULL)
        return part->doubtful;
    return part->chosen != NULL ? part->chosen->jobs : part->passed->jobs;
}

static inline int64_t index_part_end(const struct index_part *part)
{
    return part->segment.first + part->segment.count;
}

/* The first of some jobs from an ordinal on; `end`: none is below that. */
int64_t index_part_next(const roaring_bitmap_t *jobs, int64_t from, int64_t end);

#endif
