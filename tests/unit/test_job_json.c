/* Tests of jobs on the wire: the exact text, and reading it back. */
#include "model/job_json.h"

#include "model_test.h"

#define ID "00000000-03e8-7000-8000-000000000000"
#define USER "01000000-0000-0000-0000-000000000000"
#define CREATOR "02000000-0000-0000-0000-000000000000"
#define MODIFIER "03000000-0000-0000-0000-000000000000"

/* A job at the first position of 1970-01-01T00:00:01Z, with nothing optional. */
static struct job least_job(void)
{
    struct job job = {
        .position = position_at(1000),
        .progress = JOB_NO_PROGRESS,
        .name = SPAN("Im\"port\" é"),
        .type = SPAN("IMPORT"),
        .user = {{1}},
        .created_by = {{2}},
        .modified_by = {{3}},
        .modified_on = 2000,
        .started_on = JOB_NO_TIME,
        .ended_on = JOB_NO_TIME,
        .run_after = JOB_NO_TIME,
    };
    assert_true(uuid_parse(span_of(ID), &job.id));
    return job;
}

static struct job whole_job(void)
{
    struct job job = least_job();
    job.status = STATUS_COMPLETED_WITH_ERROR;
    job.self_managed = true;
    job.progress = 0;
    job.message = (struct span)SPAN("line\n");
    job.started_on = 0;
    job.ended_on = 3001;
    return job;
}

static const char least_text[] =
    "{\"id\":\"" ID "\",\"createdBy\":\"" CREATOR "\",\"createdOn\":\"1970-01-01T00:00:01.000Z\","
    "\"lastModifiedBy\":\"" MODIFIER "\",\"lastModifiedOn\":\"1970-01-01T00:00:02.000Z\","
    "\"user\":\"" USER "\",\"selfManaged\":false,\"name\":\"Im\\\"port\\\" é\","
    "\"result\":\"NOT_SET\",\"state\":\"WAITING\",\"type\":\"IMPORT\"}";

static const char whole_text[] =
    "{\"id\":\"" ID "\",\"createdBy\":\"" CREATOR "\",\"createdOn\":\"1970-01-01T00:00:01.000Z\","
    "\"lastModifiedBy\":\"" MODIFIER "\",\"lastModifiedOn\":\"1970-01-01T00:00:02.000Z\","
    "\"user\":\"" USER "\",\"selfManaged\":true,\"endDate\":\"1970-01-01T00:00:03.001Z\","
    "\"message\":\"line\\n\",\"name\":\"Im\\\"port\\\" é\",\"progressPercentage\":0,"
    "\"result\":\"COMPLETED_WITH_ERROR\",\"startDate\":\"1970-01-01T00:00:00.000Z\","
    "\"state\":\"COMPLETED\",\"type\":\"IMPORT\"}";

static void absent_values_are_left_out(void **test)
{
    AUTO(buf_release) struct buf out = BUF(4096);
    struct json_writer json = JSON_WRITER(&out);
    struct job job = least_job();
    (void)test;
    job_json(&json, &job);
    assert_string_equal(out.ptr, least_text);
}

static void present_values_are_in_the_contracts_order(void **test)
{
    AUTO(buf_release) struct buf out = BUF(4096);
    struct json_writer json = JSON_WRITER(&out);
    struct job job = whole_job();
    (void)test;
    job_json(&json, &job);
    assert_string_equal(out.ptr, whole_text);
}

static void pages(void **test)
{
    AUTO(buf_release) struct buf out = BUF(8192), expected = BUF(8192);
    struct json_writer json = JSON_WRITER(&out);
    struct job least = least_job(), whole = whole_job();
    const struct job *const jobs[] = {&least, &whole};
    (void)test;
    job_page_json(&json, NULL, 0, (struct span){0});
    assert_string_equal(out.ptr, "{\"results\":[]}");

    buf_clear(&out);
    json = (struct json_writer)JSON_WRITER(&out);
    job_page_json(&json, jobs, 2, (struct span)SPAN("cur-sor_"));
    buf_printf(&expected, "{\"results\":[%s,%s],\"nextCursor\":\"cur-sor_\"}", least_text,
               whole_text);
    assert_string_equal(out.ptr, expected.ptr);
}

/* The document must outlive the job's texts. */
static bool read(const char *text, struct json_value **ret_document, struct job *ret_job,
                 struct err *err)
{
    *ret_document = json_parse(span_of(text), err);
    assert_non_null(*ret_document);
    return job_from_json(*ret_document, ret_job, err);
}

static void assert_same_job(const struct job *job, const struct job *wanted)
{
    assert_int_equal(job->position, wanted->position);
    assert_true(uuid_eq(&job->id, &wanted->id));
    assert_int_equal(job->status, wanted->status);
    assert_int_equal(job->self_managed, wanted->self_managed);
    assert_int_equal(job->progress, wanted->progress);
    assert_true(span_eq(job->name, wanted->name));
    assert_true(span_eq(job->type, wanted->type));
    assert_true(span_eq(job->message, wanted->message));
    assert_true(uuid_eq(&job->user, &wanted->user));
    assert_true(uuid_eq(&job->created_by, &wanted->created_by));
    assert_true(uuid_eq(&job->modified_by, &wanted->modified_by));
    assert_int_equal(job->modified_on, wanted->modified_on);
    assert_int_equal(job->started_on, wanted->started_on);
    assert_int_equal(job->ended_on, wanted->ended_on);
    assert_int_equal(job->change, 0);
    assert_int_equal(job->run_after, JOB_NO_TIME);
}

static void jobs_come_back_as_they_were(void **test)
{
    (void)test;
    for (unsigned status = 0; status < STATUS_COUNT * 2; status++) {
        AUTO(buf_release) struct buf out = BUF(4096);
        AUTO(json_free_at) struct json_value *document = NULL;
        struct json_writer json = JSON_WRITER(&out);
        struct job job = status < STATUS_COUNT ? least_job() : whole_job(), back;
        struct err err = {0};
        job.status = status % STATUS_COUNT;
        job_json(&json, &job);
        assert_true(read(out.ptr, &document, &back, &err));
        assert_same_job(&back, &job);
    }
}

/* Another server's id has no position in it, but its date gives one; unknown fields are ignored. */
static void other_servers_jobs_are_read(void **test)
{
    AUTO(json_free_at) struct json_value *document = NULL, *bare = NULL, *huge = NULL;
    struct job job;
    struct err err = {0};
    (void)test;
    assert_true(read("{\"id\":\"6f1c1b9e-6b0c-4b60-8a0e-0e8a5e3d2c1b\",\"resourceType\":\"Job\","
                     "\"createdOn\":\"1970-01-01T00:00:01Z\",\"state\":\"COMPLETED\"}",
                     &document, &job, &err));
    assert_int_equal(job_created_on(&job), 1000);
    assert_int_equal(status_state(job.status), STATE_COMPLETED);
    assert_true(read("{\"id\":\"6f1c1b9e-6b0c-4b60-8a0e-0e8a5e3d2c1b\"}", &bare, &job, &err));
    assert_int_equal(job.position, 0);
    assert_int_equal(job.status, STATUS_WAITING);
    assert_int_equal(job.progress, JOB_NO_PROGRESS);
    assert_int_equal(job.started_on, JOB_NO_TIME);
    assert_int_equal(job.ended_on, JOB_NO_TIME);
    assert_int_equal(job.modified_on, JOB_NO_TIME);
    assert_int_equal(job.name.len, 0);
    assert_true(read("{\"id\":\"6f1c1b9e-6b0c-4b60-8a0e-0e8a5e3d2c1b\","
                     "\"createdOn\":\"9999-12-31T23:59:59Z\"}",
                     &huge, &job, &err));
    assert_int_equal(job.position, 0);
}

static void wrong_jobs_are_refused(void **test)
{
    static const struct {
        const char *text, *sentence;
    } rows[] = {
        {"[]", "object"},
        {"{}", "no id"},
        {"{\"id\":7}", "id"},
        {"{\"id\":\"7\"}", "id"},
        {"{\"id\":\"" ID "\",\"state\":\"PAUSED\"}", "state"},
        {"{\"id\":\"" ID "\",\"result\":\"GOOD\"}", "result"},
        {"{\"id\":\"" ID "\",\"state\":\"RUNNING\",\"result\":\"SUCCESS\"}", "SUCCESS"},
        {"{\"id\":\"" ID "\",\"progressPercentage\":101}", "progressPercentage"},
        {"{\"id\":\"" ID "\",\"progressPercentage\":\"5\"}", "progressPercentage"},
        {"{\"id\":\"" ID "\",\"startDate\":\"now\"}", "startDate"},
        {"{\"id\":\"" ID "\",\"name\":{}}", "name"},
    };
    (void)test;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO(json_free_at) struct json_value *document = NULL;
        struct job job;
        struct err err = {0};
        assert_false(read(rows[i].text, &document, &job, &err));
        assert_sentence(&err, rows[i].sentence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_values_are_left_out),
        cmocka_unit_test(present_values_are_in_the_contracts_order),
        cmocka_unit_test(pages),
        cmocka_unit_test(jobs_come_back_as_they_were),
        cmocka_unit_test(other_servers_jobs_are_read),
        cmocka_unit_test(wrong_jobs_are_refused),
    };
    return cmocka_run_group_tests_name("job_json", tests, NULL, NULL);
}
