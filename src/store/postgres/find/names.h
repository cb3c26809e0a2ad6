/* Names: which jobs the index lets through. */
#ifndef JOBD_STORE_POSTGRES_FIND_NAMES_H
#define JOBD_STORE_POSTGRES_FIND_NAMES_H

#include "store/postgres/find/words.h"

/* So many jobs that changed since the index followed are read by a search; under load they are some
 * hundreds. If there are more, because following fails, nobody relies on what changes. */
#define FIND_DOUBTFUL_MAX 4096

/*
 * What the index knows of one query; start from {0}. It is found out by intersecting postings, as
 * far as reading another one takes less time than reading the jobs it would rule out. So whatever
 * it lets through is a candidate; what it holds back does not match.
 */
struct find_names {
    bool thorough; /* costs do not count (find.h) */
    bool asked; /* else nothing of the following */
    int64_t watermark; /* the index has no jobs above this position */
    int64_t blocks;
    bool fresh; /* statuses and dates are as indexed, but for these jobs, by ordinals */
    int64_t *doubtful;
    size_t doubtful_count;
    int64_t behind; /* below this ordinal is all that was created before the search's place */
    struct find_words words;
    struct job_bits passed; /* without words: empty, and not yet found out */
    double jobs; /* so many */
    struct job_bits sample; /* what of the words' sample passes */
    struct job_bits read; /* what was read last: memory that is used again */
};

void find_names_release(struct find_names *names);

/*
 * Asks how far the index is and weighs the words. `position`: of the place, or INT64_MAX. From here
 * on the connection is in a transaction that sees all as of one moment, for what is asked of the
 * index is not told at once: a job that came into a set which was read already, out of one that is
 * read next, would be in neither.
 */
enum problem find_names_ask(struct find_names *names, struct pg_connection *connection,
                            const struct query *query, int64_t position, struct err *err);

/* Ends the transaction; a connection that cannot is closed. What its round had is forgotten. */
void find_names_leave(struct pg_connection *connection);

/*
 * Finds out which jobs pass, for a page of so many jobs; microseconds that takes about, the page's
 * included.
 */
enum problem find_names_know(struct find_names *names, struct pg_connection *connection,
                             const struct query *query, double wanted, struct err *err);
double find_names_promise(const struct find_names *names, const struct query *query, double wanted);

/* About how many of so many candidates are read for a page. */
double find_names_reads(const struct find_names *names, double jobs, double wanted);

/* In the order by name: from each segment about so many runs (names/name_order.h) are read for so
 * many of so many candidates. */
double find_names_runs(const struct find_names *names, double jobs, double wanted);

/*
 * Reads the jobs of words, or of the sets of a mask (marks.h), where any pass at all, into
 * `names->read`.
 */
enum problem find_names_read_words(struct find_names *names, struct pg_connection *connection,
                                   const struct find_word *words, size_t count, struct err *err);
enum problem find_names_read_sets(struct find_names *names, struct pg_connection *connection,
                                  uint32_t mask, struct err *err);

#endif
