/* The ranges of a pattern: what its grams have in common, by the first bytes of names. */
#include "store/sqlite/find/walk_ranges.h"

#include "store/name_grams.h"
#include "store/name_range.h"
#include "store/sqlite/index/watermark.h"

#include <assert.h>

#define HEADS 256

/* Between which keys the names with one first byte are. */
struct head {
    struct span first, last; /* first.ptr NULL: none */
    size_t grams; /* how many of the pattern's first grams it has */
};

/* What is read of them. */
struct heads {
    struct search *search;
    struct head common[HEADS]; /* of the grams */
    struct head lacking[HEADS]; /* of the names that the index lacks */
};

/* What is kept is copied: the row will move. */
static bool keep(struct heads *heads, struct span key, struct span *ret_kept)
{
    *ret_kept = arena_span(&heads->search->scratch, key);
    return ret_kept->ptr != NULL;
}

static bool add_lacking(struct heads *heads, struct span folded)
{
    struct head *head = &heads->lacking[name_range_head(folded)];
    struct span key = known_range_key(folded);

    if (head->first.ptr == NULL) {
        bool good = keep(heads, key, &head->first);
        head->last = head->first;
        return good;
    }
    if (span_compare(key, head->first) < 0)
        return keep(heads, key, &head->first);
    return span_compare(key, head->last) <= 0 || keep(heads, key, &head->last);
}

/* *ret_all is false when there are more than `most` such jobs. */
static enum problem read_lacking(struct heads *heads, size_t most, bool *ret_all)
{
    struct search *search = heads->search;
    sqlite3_stmt *jobs;
    int64_t watermark;
    size_t count = 0;
    int code = SQLITE_ERROR;
    enum problem problem = watermark_read(search->reader, WATERMARK_JOBS, &watermark, search->err);

    if (problem != PROBLEM_NONE)
        return problem;
    jobs = sqlite_prepare_cached(search->reader, "SELECT name_folded FROM job WHERE position > ?1");
    if (jobs != NULL)
        sqlite3_bind_int64(jobs, 1, watermark);
    while (problem == PROBLEM_NONE && jobs != NULL && count <= most &&
           (code = sqlite3_step(jobs)) == SQLITE_ROW) {
        struct span folded = sqlite_text(jobs, 0);
        if (query_matches_folded(search->query, folded) && !add_lacking(heads, folded))
            problem = problem_no_memory(search->err);
        count++;
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        problem = search_failed(search);
    sqlite_rewind(jobs);
    *ret_all = count <= most;
    return problem;
}

/* The range of one more gram; a head that one of those before lacks stays behind. */
static bool add_common(struct heads *heads, size_t gram, sqlite3_stmt *row)
{
    struct head *head = &heads->common[sqlite3_column_int(row, 0) & (HEADS - 1)];
    struct span first = sqlite_text(row, 1), last = sqlite_text(row, 2);

    if (head->grams != gram)
        return true;
    head->grams++;
    if (gram == 0 || span_compare(first, head->first) > 0)
        head->first = arena_span(&heads->search->scratch, first);
    if (gram == 0 || span_compare(last, head->last) < 0)
        head->last = arena_span(&heads->search->scratch, last);
    return head->first.ptr != NULL && head->last.ptr != NULL;
}

static enum problem read_gram(struct heads *heads, size_t number, int64_t gram)
{
    struct search *search = heads->search;
    sqlite3_stmt *ranges = sqlite_prepare_cached(
        search->reader, "SELECT head, first, last FROM name_range WHERE gram = ?1");
    enum problem problem = PROBLEM_NONE;
    int code = SQLITE_ERROR;

    if (ranges != NULL)
        sqlite3_bind_int64(ranges, 1, gram);
    while (problem == PROBLEM_NONE && ranges != NULL && (code = sqlite3_step(ranges)) == SQLITE_ROW)
        if (!add_common(heads, number, ranges))
            problem = problem_no_memory(search->err);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        problem = search_failed(search);
    sqlite_rewind(ranges);
    return problem;
}

static enum problem read_grams(struct heads *heads, size_t *ret_count)
{
    struct search *search = heads->search;
    enum problem problem = PROBLEM_NONE;
    int64_t grams[NAME_GRAMS_ASKED];

    *ret_count = name_grams_ask(search->query, NAME_RANGE_GRAM, grams);
    if (*ret_count == 0)
        return problem_no_memory(search->err);
    for (size_t i = 0; i < *ret_count && problem == PROBLEM_NONE; i++)
        problem = read_gram(heads, i, grams[i]);
    return problem;
}

/* Those of the grams that all have, as far as there is anything between them, and the lacking. */
static struct head merged(const struct heads *heads, size_t grams, size_t head)
{
    const struct head *common = &heads->common[head], *lacking = &heads->lacking[head];

    if (common->grams < grams || span_compare(common->first, common->last) > 0)
        return *lacking;
    if (lacking->first.ptr == NULL)
        return *common;
    return (struct head){
        span_compare(lacking->first, common->first) < 0 ? lacking->first : common->first,
        span_compare(lacking->last, common->last) > 0 ? lacking->last : common->last,
        grams,
    };
}

/* Behind all names that begin so: no character has this byte. */
static bool put_behind(struct search *search, struct span *text)
{
    char *bytes = arena_alloc(&search->scratch, 1, text->len + 1);

    if (bytes == NULL)
        return false;
    memcpy(bytes, text->ptr, text->len);
    bytes[text->len] = '\xff';
    *text = (struct span){bytes, text->len + 1};
    return true;
}

static void add_range(const struct search *search, struct walk_ranges *ranges, struct span first,
                      struct span last)
{
    ranges->list[ranges->count++] = search->query->ascending ? (struct walk_range){first, last}
                                                             : (struct walk_range){last, first};
}

static bool list_ranges(const struct heads *heads, size_t grams, struct walk_ranges *ranges)
{
    struct search *search = heads->search;

    *ranges = (struct walk_ranges){.known = true,
                                   .list = ARENA_ARRAY(&search->scratch, struct walk_range, HEADS)};
    for (size_t i = 0; i < HEADS && ranges->list != NULL; i++) {
        struct head head = merged(heads, grams, search->query->ascending ? i : HEADS - 1 - i);
        if (head.first.ptr == NULL)
            continue;
        /* A key that was cut off stands for all names that begin so. */
        if (head.last.len >= NAME_RANGE_KEY_MAX && !put_behind(search, &head.last))
            return false;
        add_range(search, ranges, head.first, head.last);
    }
    return ranges->list != NULL;
}

static enum problem find_ranges(struct heads *heads, struct walk_ranges *ret_ranges)
{
    size_t grams = 0;
    enum problem problem = read_grams(heads, &grams);

    assert(heads->search->query->match != MATCH_EXACT);
    if (problem == PROBLEM_NONE && !list_ranges(heads, grams, ret_ranges))
        problem = problem_no_memory(heads->search->err);
    return problem;
}

enum problem walk_ranges_of_grams(struct search *search, size_t lacking,
                                  struct walk_ranges *ret_ranges)
{
    struct heads *heads = ARENA_NEW(&search->scratch, struct heads);
    bool all = false;
    enum problem problem;

    if (heads == NULL)
        return problem_no_memory(search->err);
    heads->search = search;
    problem = read_lacking(heads, lacking, &all);
    return problem == PROBLEM_NONE && all ? find_ranges(heads, ret_ranges) : problem;
}

enum problem walk_ranges_of_index(struct search *search, struct walk_ranges *ret_ranges)
{
    struct heads *heads = ARENA_NEW(&search->scratch, struct heads);

    if (heads == NULL)
        return problem_no_memory(search->err);
    heads->search = search;
    return find_ranges(heads, ret_ranges);
}

enum problem walk_ranges_of_start(struct search *search, struct walk_ranges *ret_ranges)
{
    struct span first = search->query->name_folded, last = first;

    *ret_ranges =
        (struct walk_ranges){.known = true, .list = ARENA_NEW(&search->scratch, struct walk_range)};
    if (ret_ranges->list == NULL || !put_behind(search, &last))
        return problem_no_memory(search->err);
    add_range(search, ret_ranges, first, last);
    return PROBLEM_NONE;
}
