/* Walks by cursor while others write: each page is of one moment, no job is lost or told twice. */
#include "chance.h"
#include "history.h"
#include "shadow_walks.h"
#include "threads.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * Writers create, report, delete and rewrite jobs, each on a thread, and keep what they are
 * answered; readers walk through random lists, and keep their pages. When all have ended, there is
 * the history of the store, and each page must be the shadow's as of a moment between what was
 * acknowledged before it was asked for and what was written when it came.
 */
#define WRITERS 3
#define READERS 3
#define PHASES 3
#define WALKS_STANDARD 20 /* of a reader in a phase */
#define WALK_PAGES_MAX 120
#define PAGES_MAX 4000 /* of a reader in a phase */
#define BULK 3
#define BULK_FIRST 50
#define JOBS_FIRST 200
#define JOBS_MAX 500
#define WRITES_MAX 1500 /* of a writer in a phase */
#define WRITES_A_PAGE 8 /* of a writer, at most */
#define ANSWERS_MAX (WRITERS * WRITES_MAX * BULK + JOBS_FIRST + BULK_FIRST)
#define QUIET_WALKS 12
#define WAIT_NS INT64_C(60000000000)

/* What all threads share. */
struct crowd {
    struct fixture *fixture;
    pthread_mutex_t lock;
    struct uuid ids[JOBS_MAX + WRITERS * BULK];
    _Atomic size_t count; /* of ids; grows under the lock */
    _Atomic int64_t acknowledged; /* the greatest change number that was answered */
    _Atomic int writing, reading;
    _Atomic size_t turns; /* pages read, and looks of readers that wait for a write */
    struct job *answers; /* of all writes of a phase */
    _Atomic size_t answered;
    size_t walks;
    struct writer *writers;
    struct reader *readers;
};

struct writer {
    struct crowd *crowd;
    struct random random;
    struct arena arena; /* of the whole test: the history borrows from it */
};

/* A page, and between which changes it was read. */
struct page {
    struct store_find find;
    struct query query;
    struct cursor after;
    bool first;
    int64_t from, to;
};

struct reader {
    struct crowd *crowd;
    struct random random;
    struct arena arena; /* of a phase */
    struct page *pages;
    size_t count;
    int64_t seen; /* the greatest change number on any page yet */
};

static struct random start;

static void acknowledge(struct crowd *crowd, int64_t change)
{
    int64_t known = crowd->acknowledged;

    while (known < change && !atomic_compare_exchange_weak(&crowd->acknowledged, &known, change))
        continue;
}

static void keep(struct crowd *crowd, const struct job *job)
{
    crowd->answers[crowd->answered++] = *job;
    acknowledge(crowd, job->change);
}

/* Says what went wrong on a thread, where no assertion may. */
static bool is_good(const char *what, enum problem problem)
{
    if (problem != PROBLEM_NONE)
        fprintf(stderr, "%s: problem %d\n", what, problem);
    return problem == PROBLEM_NONE;
}

static struct uuid any_id(struct writer *writer)
{
    struct crowd *crowd = writer->crowd;

    pthread_mutex_lock(&crowd->lock);
    struct uuid id = crowd->ids[random_pick(&writer->random, crowd->count)];
    pthread_mutex_unlock(&crowd->lock);
    return id;
}

static bool create(struct writer *writer, size_t count)
{
    struct crowd *crowd = writer->crowd;
    struct draft drafts[BULK_FIRST];
    struct job *jobs;

    for (size_t i = 0; i < count; i++)
        drafts[i] = chance_draft(&writer->random, &writer->arena);
    if (!is_good("create", job_create(crowd->fixture->store, &writer->arena, drafts, count, &jobs)))
        return false;
    pthread_mutex_lock(&crowd->lock);
    for (size_t i = 0; i < count; i++) {
        crowd->ids[crowd->count++] = jobs[i].id;
        keep(crowd, &jobs[i]);
    }
    pthread_mutex_unlock(&crowd->lock);
    return true;
}

/* May be refused, whatever the job was when it was last seen. */
static bool report_one(struct writer *writer)
{
    struct job_event event = chance_event(&writer->random, &writer->arena);
    struct uuid id = any_id(writer);
    struct job job;
    enum problem problem =
        job_report(writer->crowd->fixture->store, &writer->arena, &id, event, &job);

    if (problem == PROBLEM_JOB_DELETED || problem == PROBLEM_CONFLICT)
        return true;
    if (!is_good("report", problem))
        return false;
    keep(writer->crowd, &job);
    return true;
}

static int64_t any_date(struct writer *writer)
{
    if (random_one_in(&writer->random, 3))
        return JOB_NO_TIME;
    return START_MS + (int64_t)random_pick(&writer->random, 8) * 1000;
}

/* Any status and dates, to move jobs about in the orders that change. */
static bool rewrite_one(struct writer *writer)
{
    struct store *store = writer->crowd->fixture->store;
    struct uuid id = any_id(writer);
    struct job job;

    if (!is_good("get", job_get(store, &writer->arena, &id, &job)))
        return false;
    job.status = (enum job_status)random_pick(&writer->random, STATUS_COUNT);
    job.started_on = any_date(writer);
    job.ended_on = any_date(writer);
    if (!is_good("put", job_put(store, &writer->arena, &id, &job, &job)))
        return false;
    keep(writer->crowd, &job);
    return true;
}

static bool write_once(struct writer *writer)
{
    unsigned dice = random_pick(&writer->random, 10);

    writer->crowd->fixture->clock.ms += random_pick(&writer->random, 3);
    if (dice < 3 && writer->crowd->count < JOBS_MAX)
        return create(writer, 1 + random_pick(&writer->random, BULK));
    return dice < 7 ? report_one(writer) : rewrite_one(writer);
}

/* So that all is not written before much is read, however slowly that is done. */
static void wait_for_readers(struct crowd *crowd, size_t writes)
{
    while (writes > crowd->turns * WRITES_A_PAGE && crowd->reading > 0)
        usleep(50);
}

static bool write_all(struct writer *writer)
{
    bool good = true;

    for (size_t i = 0; good && i < WRITES_MAX && writer->crowd->reading > 0; i++) {
        wait_for_readers(writer->crowd, i);
        good = write_once(writer);
    }
    writer->crowd->writing--;
    return good;
}

/* So that something is written between the pages of a walk, however slowly the store writes. */
static bool wait_for_write(struct crowd *crowd)
{
    int64_t known = crowd->acknowledged, deadline = clock_mono_ns(&clock_system) + WAIT_NS;

    while (crowd->acknowledged == known && crowd->writing > 0) {
        if (clock_mono_ns(&clock_system) > deadline)
            return is_good("waiting for a write", PROBLEM_INTERNAL);
        crowd->turns++;
        usleep(50);
    }
    return true;
}

static int64_t greatest_change(const struct store_find *find)
{
    int64_t change = 0;

    for (size_t i = 0; i < find->count; i++)
        change = find->jobs[i]->change > change ? find->jobs[i]->change : change;
    return change;
}

/* Who was answered before is seen; besides, at most one write of each writer is on its way. */
static bool read_page(struct reader *reader, struct page *page)
{
    struct crowd *crowd = reader->crowd;

    page->from = crowd->acknowledged > reader->seen ? crowd->acknowledged : reader->seen;
    if (!is_good("find", job_page(crowd->fixture->store, &reader->arena, &page->query,
                                  page->first ? NULL : &page->after, &page->find)))
        return false;
    page->to = crowd->acknowledged + WRITERS * BULK;
    crowd->turns++;
    if (greatest_change(&page->find) > reader->seen)
        reader->seen = greatest_change(&page->find);
    return true;
}

static bool walk(struct reader *reader)
{
    struct query query = chance_query(&reader->random, &reader->arena);
    struct page *page = &reader->pages[reader->count];

    *page = (struct page){.query = query, .first = true};
    for (size_t i = 0; i < WALK_PAGES_MAX && reader->count < PAGES_MAX; i++) {
        if (!read_page(reader, page))
            return false;
        reader->count++;
        if (!page->find.more)
            return true;
        page[1] = (struct page){.query = query};
        page[1].after = cursor_at(&query, page->find.jobs[page->find.count - 1]);
        page++;
        if (random_one_in(&reader->random, 3) && !wait_for_write(reader->crowd))
            return false;
    }
    return true;
}

static bool read_all(struct reader *reader)
{
    bool good = true;

    for (size_t i = 0; good && i < reader->crowd->walks; i++)
        good = walk(reader);
    reader->crowd->reading--;
    return good;
}

static bool act(void *context, size_t number)
{
    struct crowd *crowd = context;

    return number < WRITERS ? write_all(&crowd->writers[number])
                            : read_all(&crowd->readers[number - WRITERS]);
}

/* The moments at which all rows of the page were as they are on it, within those of the page. */
static void narrow(const struct history *history, const struct page *page, struct arena *arena,
                   int64_t *ret_from, int64_t *ret_to)
{
    *ret_from = page->from;
    *ret_to = page->to < history->count ? page->to : history->count;
    for (size_t i = 0; i < page->find.count; i++) {
        const struct job *row = page->find.jobs[i];
        const struct version *version = history_find(history, row);
        if (version == NULL)
            fail_msg("job '%.*s' never was as on the page: %s", (int)row->name.len, row->name.ptr,
                     query_text(arena, &page->query));
        *ret_from = row->change > *ret_from ? row->change : *ret_from;
        *ret_to = version->until <= *ret_to ? version->until - 1 : *ret_to;
    }
}

static void check_page(struct history *history, const struct page *page, struct arena *arena)
{
    const char *difference = "its rows are of different moments";
    struct store_find find = page->find;
    int64_t from, to;
    size_t count;

    narrow(history, page, arena, &from, &to);
    find.query = &page->query;
    for (int64_t moment = from; moment <= to; moment++) {
        const struct job **expected = shadow_find(history_at(history, moment), &page->query,
                                                  page->first ? NULL : &page->after, arena, &count);
        difference = shadow_rows_difference(&find, expected, count, arena);
        if (difference[0] == '\0')
            return;
    }
    fail_msg("a page between the changes %" PRId64 " and %" PRId64
             " was never the truth: %s; it may be of %" PRId64 " to %" PRId64 ": %s",
             page->from, page->to, query_text(arena, &page->query), from, to, difference);
}

/* What became of a job in the course of a walk, by its filters and order. */
struct course {
    bool stays; /* it matched from before the walk to after it, at the same place */
    unsigned moves; /* how often it came to another place */
};

static struct course course_of(const struct history *history, const struct shadow_job *then,
                               const struct page *first, const struct page *last)
{
    struct course course = {.stays = then->job.change <= first->from};
    struct shadow_job at = *then;

    while (true) {
        struct shadow_job next = at;
        int64_t until = history->versions[at.job.change].until;
        course.stays = course.stays && shadow_matches(&first->query, &at);
        if (until > last->to)
            return course;
        next.job = history->versions[until].job;
        if (!shadow_same_place(&first->query, &at, &next)) {
            course.stays = false;
            course.moves++;
        }
        at = next;
    }
}

static unsigned *count_rows(const struct history *history, const struct page *pages, size_t count,
                            struct arena *arena)
{
    unsigned *rows = ARENA_ARRAY(arena, unsigned, history->jobs + 1);

    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < pages[i].find.count; j++)
            rows[history_find(history, pages[i].find.jobs[j])->index]++;
    }
    return rows;
}

/*
 * Who matches throughout and stays in place is told exactly once. Nobody is told more often than it
 * came to another place; by creation, name and type, where nobody moves, that is once at most.
 */
static void check_walk(struct history *history, const struct page *pages, size_t count,
                       struct arena *arena)
{
    const struct page *last = &pages[count - 1];
    const unsigned *rows = count_rows(history, pages, count, arena);
    int64_t until = last->to < history->count ? last->to : history->count;
    const struct shadow *shadow = history_at(history, until);
    struct course course;

    for (size_t i = 0; i < shadow->count; i++) {
        /* As it was before the walk, or when it was created in its course. */
        struct shadow_job then = shadow->jobs[i];
        while (then.job.change > pages->from && history->versions[then.job.change].before > 0)
            then.job = history->versions[history->versions[then.job.change].before].job;
        course = course_of(history, &then, pages, last);
        if (rows[i] > 1 + course.moves || (course.stays && rows[i] != 1))
            fail_msg("'%.*s' was told %u times in %zu pages between the changes %" PRId64
                     " and %" PRId64 ": stayed %d, moved %u: %s",
                     (int)then.job.name.len, then.job.name.ptr, rows[i], count, pages->from,
                     last->to, course.stays, course.moves, query_text(arena, &pages->query));
    }
}

/* Returns how many walks came to their end, and had something written in their course. */
static size_t check_reader(struct history *history, const struct reader *reader,
                           struct arena *arena)
{
    const struct page *first = reader->pages, *end = reader->pages + reader->count;
    size_t walks = 0;

    for (const struct page *page = first; page < end; page++) {
        first = page->first ? page : first;
        check_page(history, page, arena);
        if (!page->find.more) {
            check_walk(history, first, (size_t)(page - first) + 1, arena);
            walks += page->from > first->from;
        }
        arena_clear(arena);
    }
    return walks;
}

/* Nobody writes: whole walks, while the names' index is still behind, and when it is not. */
static void check_quiet(struct crowd *crowd, struct history *history, struct arena *arena)
{
    const struct shadow *shadow = history_at(history, history->count);

    for (size_t i = 0; i < QUIET_WALKS; i++) {
        struct query query = chance_query(&start, arena);
        if (i == QUIET_WALKS / 2)
            fixture_settle();
        shadow_check_walk(shadow, crowd->fixture, query, query.page_size);
        arena_clear(arena);
    }
    assert_int_equal(job_count(crowd->fixture->store), shadow->count);
}

static void begin_phase(struct crowd *crowd)
{
    crowd->writing = WRITERS;
    crowd->reading = READERS;
    crowd->answered = 0;
    crowd->turns = 0;
    for (size_t i = 0; i < READERS; i++) {
        crowd->readers[i].count = 0;
        arena_clear(&crowd->readers[i].arena);
    }
}

static void run_phase(struct crowd *crowd, struct history *history, struct arena *arena)
{
    size_t walks = 0;

    begin_phase(crowd);
    while (history->count == 0 && crowd->count < JOBS_FIRST)
        assert_true(create(&crowd->writers[0], BULK_FIRST));
    assert_int_equal(threads_run(WRITERS + READERS, act, crowd), 0);
    history_add(history, crowd->answers, crowd->answered);
    for (size_t i = 0; i < READERS; i++)
        walks += check_reader(history, &crowd->readers[i], arena);
    assert_true(walks > 0);
    check_quiet(crowd, history, arena);
}

static void begin(struct crowd *crowd, struct fixture *fixture)
{
    struct arena *arena = &fixture->arena;

    *crowd = (struct crowd){.fixture = fixture};
    assert_int_equal(pthread_mutex_init(&crowd->lock, NULL), 0);
    crowd->walks = (size_t)fixture_number("JOBD_TEST_WALKS", WALKS_STANDARD);
    crowd->answers = ARENA_ARRAY(arena, struct job, ANSWERS_MAX);
    crowd->writers = ARENA_ARRAY(arena, struct writer, WRITERS);
    crowd->readers = ARENA_ARRAY(arena, struct reader, READERS);
    for (size_t i = 0; i < WRITERS; i++) {
        crowd->writers[i] = (struct writer){.crowd = crowd, .random.state = random_next(&start)};
        arena_init(&crowd->writers[i].arena, (size_t)1 << 30);
    }
    for (size_t i = 0; i < READERS; i++) {
        crowd->readers[i] = (struct reader){.crowd = crowd, .random.state = random_next(&start)};
        crowd->readers[i].pages = ARENA_ARRAY(arena, struct page, PAGES_MAX + 1);
        arena_init(&crowd->readers[i].arena, (size_t)1 << 30);
    }
}

static void end(struct crowd *crowd)
{
    for (size_t i = 0; i < WRITERS; i++)
        arena_release(&crowd->writers[i].arena);
    for (size_t i = 0; i < READERS; i++)
        arena_release(&crowd->readers[i].arena);
    pthread_mutex_destroy(&crowd->lock);
}

static void walks_lose_nothing_while_others_write(void **state)
{
    struct crowd crowd;
    struct history history;
    struct arena arena;

    begin(&crowd, *state);
    history_init(&history);
    arena_init(&arena, (size_t)1 << 30);
    for (size_t i = 0; i < PHASES; i++)
        run_phase(&crowd, &history, &arena);
    history_release(&history);
    arena_release(&arena);
    end(&crowd);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(walks_lose_nothing_while_others_write),
    };

    fixture_backend(argc, argv);
    start = random_start();
    return cmocka_run_group_tests_name("store walks", tests, NULL, NULL);
}
