/* Tests of a job's detail on the wire. */
#include "model/detail_json.h"

#include "base/buf.h"
#include "model_test.h"

#define NOW INT64_C(1767225600000)
#define ACCOUNT "01020304-0506-0708-090a-0b0c0d0e0f10"

static const struct uuid account = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

static struct job some_job(void)
{
    return (struct job){.position = position_at(NOW),
                        .status = STATUS_RUNNING,
                        .name = SPAN("A job"),
                        .type = SPAN("TEST"),
                        .progress = JOB_NO_PROGRESS,
                        .modified_on = NOW,
                        .started_on = NOW,
                        .ended_on = JOB_NO_TIME,
                        .run_after = JOB_NO_TIME,
                        .priority = -7,
                        .attempt = 2,
                        .max_attempts = 3};
}

/* What stands behind the job itself. */
static void assert_behind_job(const struct job *job, const struct lease *lease,
                              const char *expected)
{
    AUTO(buf_release) struct buf out = BUF(4096);
    struct json_writer json = JSON_WRITER(&out);
    struct job_detail detail = {.job = job,
                                .lease = lease,
                                .output_size = 7,
                                .now = {.wall = NOW + 60000, .lease = 1000},
                                .stalled_after_ms = 60000};
    detail_json(&json, &detail);
    const char *behind = strstr(out.ptr, "\"type\":\"TEST\"}");
    assert_non_null(behind);
    assert_string_equal(behind + strlen("\"type\":\"TEST\"}"), expected);
}

static void a_job_never_granted_has_no_lease(void **test)
{
    struct job job = some_job();
    struct lease lease = {0};
    (void)test;
    assert_behind_job(&job, &lease,
                      ",\"priority\":-7,\"attempt\":2,\"maxAttempts\":3,\"logSize\":7}");
    job.run_after = NOW + 5;
    assert_behind_job(&job, &lease,
                      ",\"priority\":-7,\"attempt\":2,\"maxAttempts\":3,"
                      "\"runAfter\":\"2026-01-01T00:00:00.005Z\",\"logSize\":7}");
}

static void a_held_lease_says_until_when(void **test)
{
    struct job job = some_job();
    struct lease lease = {.fence = 12345,
                          .held = true,
                          .worker = SPAN("w-1"),
                          .account = account,
                          .lease_ms = 60000,
                          .expires_at = 31000,
                          .beat_on = NOW + 30000,
                          .progress_on = NOW};
    (void)test;
    assert_behind_job(
        &job, &lease,
        ",\"priority\":-7,\"attempt\":2,\"maxAttempts\":3,\"lease\":{\"held\":true,"
        "\"workerId\":\"w-1\",\"account\":\"" ACCOUNT
        "\",\"expiresOn\":\"2026-01-01T00:01:30.000Z\","
        "\"beatOn\":\"2026-01-01T00:00:30.000Z\","
        "\"progressOn\":\"2026-01-01T00:00:00.000Z\",\"stalled\":true},\"logSize\":7}");
    lease.progress_on = NOW + 1;
    lease.held = false;
    assert_behind_job(
        &job, &lease,
        ",\"priority\":-7,\"attempt\":2,\"maxAttempts\":3,\"lease\":{\"held\":false,"
        "\"workerId\":\"w-1\",\"account\":\"" ACCOUNT "\",\"beatOn\":\"2026-01-01T00:00:30.000Z\","
        "\"progressOn\":\"2026-01-01T00:00:00.001Z\",\"stalled\":false},\"logSize\":7}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_never_granted_has_no_lease),
        cmocka_unit_test(a_held_lease_says_until_when),
    };
    return cmocka_run_group_tests_name("detail_json", tests, NULL, NULL);
}
