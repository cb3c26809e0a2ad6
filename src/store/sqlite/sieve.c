/* The sieve: positions merged with the list of the pattern's rarest gram. */
#include "store/sqlite/sieve.h"

#include "store/sqlite/gram.h"

#include <stdlib.h>

/* A seek in the index costs as much as reading so many jobs: fewer are not worth it. */
#define POSITIONS_MIN 48
/* So many entries cost as much as reading a job that they may save. */
#define ENTRIES_A_POSITION 6

bool sieve_clear(struct search *search, struct sieve *sieve, size_t count)
{
    sieve->count = 0;
    if (sieve->room >= count)
        return true;
    sieve->positions = ARENA_ARRAY(&search->scratch, int64_t, count);
    sieve->room = sieve->positions != NULL ? count : 0;
    return sieve->positions != NULL;
}

static int newest_first(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;

    return (*left < *right) - (*left > *right);
}

static enum problem make_ready(struct search *search, struct sieve *sieve)
{
    static const struct scope everything = {.statuses = STATUS_MASK_ALL};
    struct gram_question question = {.query = search->query, .scope = &everything, .single = true};
    struct gram_answer answer;
    enum problem problem = gram_watermark(search->reader, &sieve->watermark, search->err);

    if (problem == PROBLEM_NONE)
        problem = gram_ask(search->reader, &search->scratch, &question, &answer, search->err);
    if (problem != PROBLEM_NONE)
        return problem;
    sieve->ready = true;
    sieve->useless = answer.expression.len == 0;
    sieve->expression = answer.expression;
    return PROBLEM_NONE;
}

/* Keeps the positions that `entries` yields; all from where its budget ends. */
static int merge(struct sieve *sieve, sqlite3_stmt *entries, size_t first)
{
    size_t kept = first, next = first, budget = ENTRIES_A_POSITION * sieve->count;
    int code = SQLITE_ROW;

    while (next < sieve->count && budget-- > 0) {
        int64_t entry;
        code = sqlite3_step(entries);
        if (code != SQLITE_ROW)
            break;
        entry = sqlite3_column_int64(entries, 0);
        while (next < sieve->count && sieve->positions[next] > entry)
            next++;
        if (next < sieve->count && sieve->positions[next] == entry)
            sieve->positions[kept++] = sieve->positions[next++];
    }
    if (code == SQLITE_ROW) {
        while (next < sieve->count)
            sieve->positions[kept++] = sieve->positions[next++];
    }
    sieve->count = kept;
    return code;
}

enum problem sieve_shake(struct search *search, struct sieve *sieve)
{
    enum problem problem = PROBLEM_NONE;
    sqlite3_stmt *entries;
    size_t first = 0;
    int code = SQLITE_ERROR;

    if (sieve->count > 0)
        qsort(sieve->positions, sieve->count, sizeof(sieve->positions[0]), newest_first);
    if (sieve->count < POSITIONS_MIN || sieve->useless)
        return PROBLEM_NONE;
    if (!sieve->ready)
        problem = make_ready(search, sieve);
    if (problem != PROBLEM_NONE || sieve->useless)
        return problem;
    while (first < sieve->count && sieve->positions[first] > sieve->watermark)
        first++;
    if (first == sieve->count)
        return PROBLEM_NONE;
    entries = gram_statement(search->reader, sieve->expression, sieve->positions[first] + 1);
    if (entries != NULL) {
        sqlite3_bind_int64(entries, 3, INT64_MAX);
        code = merge(sieve, entries, first);
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        problem = search_failed(search);
    sqlite_rewind(entries);
    return problem;
}

bool sieve_has(const struct sieve *sieve, int64_t position)
{
    return sieve->count > 0 && bsearch(&position, sieve->positions, sieve->count, sizeof(position),
                                       newest_first) != NULL;
}
