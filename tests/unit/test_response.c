/* Tests of answers: what an answer that cannot be made leaves behind. */
#include "http/response.h"

#include "model_test.h"

static void a_failure_takes_the_headers_of_the_answer_along(void **test)
{
    (void)test;
    struct request request = {.response.body.ceiling = 1024};
    arena_init(&request.arena, 1024 << 10);
    struct json_writer json = respond_json(&request, 201);
    json_int(&json, 1);
    respond_header(&request, "Location", "/somewhere");
    respond_etag(&request, 7);
    respond_failure(&request);
    assert_int_equal(request.response.status, 500);
    assert_int_equal(request.response.header_count, 0);
    assert_non_null(strstr(request.response.body.ptr, "internalError"));
    buf_release(&request.response.body);
    arena_release(&request.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_takes_the_headers_of_the_answer_along),
    };
    return cmocka_run_group_tests_name("response", tests, NULL, NULL);
}
