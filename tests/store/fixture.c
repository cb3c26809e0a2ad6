/* What every store test stands on: opening, closing and asking a store. */
#include "fixture.h"

#include "base/mem.h"
#include "base/metrics.h"
#include "base/parse.h"
#include "base/text.h"

#include <dirent.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char TEMPDIR[] = "TEMPDIR";
static const char SCHEMA[] = "SCHEMA";
static const char *backend;

void fixture_backend(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s STORE-URL\n", argv[0]);
        exit(2);
    }
    backend = argv[1];
    if (strcmp(backend, "postgresql") == 0)
        backend = getenv("JOBD_TEST_POSTGRESQL");
    if (backend == NULL) {
        printf("1..0 # SKIP there is no JOBD_TEST_POSTGRESQL\n");
        exit(0);
    }
}

uint64_t fixture_number(const char *variable, uint64_t standard)
{
    const char *text = getenv(variable);
    int64_t number;

    if (text == NULL)
        return standard;
    if (!parse_int(span_of(text), 0, INT64_MAX, &number)) {
        fprintf(stderr, "%s is not a number\n", variable);
        exit(2);
    }
    return (uint64_t)number;
}

static int64_t hand_wall_ms(const struct clock *clock)
{
    const struct hand_clock *hand = (const struct hand_clock *)clock;

    return hand->ms;
}

static int64_t hand_mono_ns(const struct clock *clock)
{
    const struct hand_clock *hand = (const struct hand_clock *)clock;

    return hand->mono_ms * 1000000;
}

void fixture_pass(struct fixture *fixture, int64_t ms)
{
    fixture->clock.ms += ms;
    fixture->clock.mono_ms += ms;
}

static void make_schema(struct fixture *fixture, const char *place)
{
    static unsigned count;

    snprintf(fixture->schema, sizeof(fixture->schema), "test_%d_%u", (int)getpid(), ++count);
    snprintf(fixture->url, sizeof(fixture->url), "%.*s%s%s", (int)(place - backend), backend,
             fixture->schema, place + strlen(SCHEMA));
}

static void drop_schema(const struct fixture *fixture)
{
    PGconn *conn = PQconnectdb(fixture->url);
    char sql[128];

    snprintf(sql, sizeof(sql), "SET client_min_messages = error; DROP SCHEMA %s CASCADE",
             fixture->schema);
    PGresult *result = PQexec(conn, sql);
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    PQfinish(conn);
}

static void make_url(struct fixture *fixture)
{
    const char *place = strstr(backend, TEMPDIR);
    const char *schema = strstr(backend, SCHEMA);
    const char *parent = getenv("TMPDIR");

    if (schema != NULL) {
        make_schema(fixture, schema);
        return;
    }

    if (place == NULL) {
        snprintf(fixture->url, sizeof(fixture->url), "%s", backend);
        return;
    }
    snprintf(fixture->directory, sizeof(fixture->directory), "%.100s/jobd-store-XXXXXX",
             parent != NULL ? parent : "/tmp");
    assert_non_null(mkdtemp(fixture->directory));
    snprintf(fixture->url, sizeof(fixture->url), "%.*s%s%s", (int)(place - backend), backend,
             fixture->directory, place + strlen(TEMPDIR));
}

static void remove_directory(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;

    assert_non_null(directory);
    while ((entry = readdir(directory)) != NULL)
        unlinkat(dirfd(directory), entry->d_name, 0);
    closedir(directory);
    assert_int_equal(rmdir(path), 0);
}

int fixture_setup(void **state)
{
    struct fixture *fixture = mem_need(mem_alloc(1, sizeof(*fixture)));

    fixture->clock = (struct hand_clock){{hand_wall_ms, hand_mono_ns}, START_MS, HOUR_MS};
    arena_init(&fixture->arena, (size_t)1 << 30);
    make_url(fixture);
    fixture->store = fixture_open(fixture, true);
    *state = fixture;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;

    store_close(fixture->store);
    arena_release(&fixture->arena);
    if (fixture->directory[0] != '\0')
        remove_directory(fixture->directory);
    if (fixture->schema[0] != '\0')
        drop_schema(fixture);
    mem_free(fixture);
    return 0;
}

struct store *fixture_open(struct fixture *fixture, bool daemon)
{
    struct store_options options = {.clock = &fixture->clock.clock, .daemon = daemon};
    struct store *store = NULL;
    struct err err = {0};

    if (!store_open(fixture->url, &options, &store, &err))
        fail_msg("%s: %s", fixture->url, err.text);
    return store;
}

void fixture_reopen(struct fixture *fixture)
{
    store_close(TAKE(fixture->store));
    fixture->store = fixture_open(fixture, true);
}

void fixture_settle(void)
{
    int64_t deadline = clock_mono_ns(&clock_system) + INT64_C(30000000000);

    while (metric_get(METRIC_STORE_INDEX_LAG) > 0) {
        if (clock_mono_ns(&clock_system) > deadline)
            fail_msg("the index is behind for too long");
        usleep(1000);
    }
}

struct uuid user_at(unsigned number)
{
    struct uuid user = {{0xAA, (uint8_t)number, [6] = 0x40, [8] = 0x80, [15] = (uint8_t)~number}};

    return user;
}

struct draft draft_of(struct arena *arena, const char *name, const char *type)
{
    return (struct draft){
        .name = span_of(name),
        .type = span_of(type),
        .name_folded = text_fold(arena, span_of(name)),
        .user = user_at(1),
        .created_by = user_at(1),
        .run_after = JOB_NO_TIME,
        .max_attempts = 1,
    };
}

enum problem job_create(struct store *store, struct arena *arena, const struct draft *drafts,
                        size_t count, struct job **ret_jobs)
{
    struct store_create create = {.drafts = drafts, .count = count, .arena = arena};

    STORE_WAIT(store_create, store, &create);
    if (create.call.problem == PROBLEM_NONE)
        *ret_jobs = create.jobs;
    return create.call.problem;
}

enum problem job_get(struct store *store, struct arena *arena, const struct uuid *id,
                     struct job *ret_job)
{
    struct store_get get = {.id = *id, .arena = arena};

    STORE_WAIT(store_get, store, &get);
    if (get.call.problem == PROBLEM_NONE)
        *ret_job = get.job;
    return get.call.problem;
}

static enum problem update_by(struct store *store, struct store_update *update, struct job *ret_job)
{
    STORE_WAIT(store_update, store, update);
    if (update->call.problem == PROBLEM_NONE)
        *ret_job = update->job;
    return update->call.problem;
}

static enum problem apply_event(void *context, const struct hold *hold, bool *ret_changed,
                                struct err *err)
{
    const struct job_event *given = context;
    struct job_event event = *given;

    event.now = hold->now.wall;
    enum problem problem = job_apply(hold->job, &event, ret_changed, err);
    if (hold->lease->held && hold->job->status != STATUS_RUNNING)
        lease_end(hold->lease);
    return problem;
}

enum problem job_report(struct store *store, struct arena *arena, const struct uuid *id,
                        struct job_event event, struct job *ret_job)
{
    struct store_update update = {
        .id = *id, .mutate = apply_event, .context = &event, .arena = arena};

    return update_by(store, &update, ret_job);
}

static enum problem put_content(void *context, const struct hold *hold, bool *ret_changed,
                                struct err *err)
{
    const struct job *content = context;
    struct job *job = hold->job;
    struct job old = *job;

    (void)err;
    *job = *content;
    job->position = old.position;
    job->id = old.id;
    job->change = old.change;
    job->name = old.name;
    job->type = old.type;
    *ret_changed = true;
    return PROBLEM_NONE;
}

void job_put_begin(struct job_put *put, struct store *store, struct arena *arena,
                   const struct uuid *id, const struct job *content)
{
    put->content = *content;
    put->update = (struct store_update){
        .id = *id, .mutate = put_content, .context = &put->content, .arena = arena};
    store_waiter_init(&put->waiter, &put->update.call);
    store_update(store, &put->update);
}

enum problem job_put_end(struct job_put *put, struct job *ret_job)
{
    store_waiter_wait(&put->waiter);
    if (put->update.call.problem == PROBLEM_NONE)
        *ret_job = put->update.job;
    return put->update.call.problem;
}

enum problem job_put(struct store *store, struct arena *arena, const struct uuid *id,
                     const struct job *content, struct job *ret_job)
{
    struct job_put put;

    job_put_begin(&put, store, arena, id, content);
    return job_put_end(&put, ret_job);
}

enum problem job_page(struct store *store, struct arena *arena, const struct query *query,
                      const struct cursor *after, struct store_find *ret_find)
{
    *ret_find = (struct store_find){.query = query, .after = after, .arena = arena};
    STORE_WAIT(store_find, store, ret_find);
    return ret_find->call.problem;
}

bool probe(struct store *store, struct err *err)
{
    struct store_probe probe = {0};

    STORE_WAIT(store_probe, store, &probe);
    *err = probe.call.err;
    return probe.call.problem == PROBLEM_NONE;
}

struct query query_all(void)
{
    return (struct query){
        .match = MATCH_ANYWHERE, .statuses = STATUS_MASK_ALL, .page_size = QUERY_PAGE_MAX};
}

size_t job_count(struct store *store)
{
    AUTO(arena_release) struct arena arena;
    struct query query = query_all();
    struct store_find find;
    struct cursor cursor;
    size_t count = 0;

    arena_init(&arena, (size_t)1 << 30);
    for (bool first = true; first || find.more; first = false) {
        if (job_page(store, &arena, &query, first ? NULL : &cursor, &find) != PROBLEM_NONE)
            return SIZE_MAX;
        count += find.count;
        if (find.more)
            cursor = cursor_at(&query, find.jobs[find.count - 1]);
        arena_clear(&arena);
    }
    return count;
}

static const char *who_or_when_differs(const struct job *a, const struct job *b)
{
    if (!uuid_eq(&a->user, &b->user))
        return "user";
    if (!uuid_eq(&a->created_by, &b->created_by))
        return "created_by";
    if (!uuid_eq(&a->modified_by, &b->modified_by))
        return "modified_by";
    if (a->modified_on != b->modified_on)
        return "modified_on";
    if (a->started_on != b->started_on)
        return "started_on";
    return a->ended_on != b->ended_on ? "ended_on" : "";
}

static const char *work_differs(const struct job *a, const struct job *b)
{
    if (a->run_after != b->run_after)
        return "run_after";
    if (a->priority != b->priority)
        return "priority";
    if (a->attempt != b->attempt)
        return "attempt";
    if (a->max_attempts != b->max_attempts)
        return "max_attempts";
    return "";
}

static const char *text_differs(const struct job *a, const struct job *b)
{
    if (!span_eq(a->name, b->name))
        return "name";
    if (!span_eq(a->type, b->type))
        return "type";
    if (!span_eq(a->message, b->message))
        return "message";
    return who_or_when_differs(a, b);
}

const char *job_shown_difference(const struct job *a, const struct job *b)
{
    if (a->position != b->position)
        return "position";
    if (!uuid_eq(&a->id, &b->id))
        return "id";
    if (a->change != b->change)
        return "change";
    if (a->status != b->status)
        return "status";
    if (a->self_managed != b->self_managed)
        return "self_managed";
    if (a->progress != b->progress)
        return "progress";
    return text_differs(a, b);
}

const char *job_difference(const struct job *a, const struct job *b)
{
    const char *shown = job_shown_difference(a, b);

    return shown[0] != '\0' ? shown : work_differs(a, b);
}

struct job must_create(struct fixture *fixture, const struct draft *draft)
{
    struct job *jobs = NULL;

    assert_int_equal(job_create(fixture->store, &fixture->arena, draft, 1, &jobs), PROBLEM_NONE);
    if (jobs == NULL)
        abort(); /* the assertion above has failed, which its declaration does not say */
    return jobs[0];
}

struct job must_create_named(struct fixture *fixture, const char *name)
{
    struct draft draft = draft_of(&fixture->arena, name, "TEST");

    return must_create(fixture, &draft);
}

struct store_create must_create_keyed(struct fixture *fixture, const struct draft *draft)
{
    struct store_create create = {.drafts = draft,
                                  .count = 1,
                                  .key = SPAN("key"),
                                  .key_account = user_at(1),
                                  .key_digest = {7},
                                  .arena = &fixture->arena};

    STORE_WAIT(store_create, fixture->store, &create);
    assert_int_equal(create.call.problem, PROBLEM_NONE);
    return create;
}

struct job must_get(struct fixture *fixture, const struct uuid *id)
{
    struct job job;

    assert_int_equal(job_get(fixture->store, &fixture->arena, id, &job), PROBLEM_NONE);
    return job;
}
