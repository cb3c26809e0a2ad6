/* Tests of the gate before every request. */
#include "http/gate.h"

#include "model_test.h"

/* One head: name, value, name, value, … NULL. */
static enum problem verdict(const char *method, const char *version, const char *const *headers)
{
    struct gate gate = {0};
    struct err err = {0};
    for (size_t i = 0; headers[i] != NULL; i += 2)
        gate_header(&gate, span_of(headers[i]), span_of(headers[i + 1]));
    return gate_verdict(&gate, method, version, &err);
}

#define HEADERS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define POST(...) verdict("POST", "HTTP/1.1", HEADERS("Host", "x", __VA_ARGS__))

static void plain_heads_pass(void **test)
{
    (void)test;
    assert_int_equal(verdict("GET", "HTTP/1.1", HEADERS("Host", "x")), PROBLEM_NONE);
    assert_int_equal(verdict("GET", "HTTP/1.0", HEADERS("Accept", "*/*")), PROBLEM_NONE);
    assert_int_equal(POST("Content-Length", "10"), PROBLEM_NONE);
    assert_int_equal(POST("content-length", "0"), PROBLEM_NONE);
    assert_int_equal(POST("Transfer-Encoding", "Chunked"), PROBLEM_NONE);
    assert_int_equal(POST("X-Text", "a\tb é"), PROBLEM_NONE);
}

static void credentials_come_once(void **test)
{
    (void)test;
    assert_int_equal(POST("Authorization", "a", "Cookie", "a=b; c=d"), PROBLEM_NONE);
    assert_int_equal(POST("Authorization", "a", "authorization", "a"), PROBLEM_INVALID_REQUEST);
    assert_int_equal(POST("Cookie", "a=b", "cookie", "c=d"), PROBLEM_INVALID_REQUEST);
}

static void one_host_is_needed(void **test)
{
    (void)test;
    assert_int_equal(verdict("GET", "HTTP/1.1", HEADERS("Accept", "*/*")), PROBLEM_INVALID_REQUEST);
    assert_int_equal(POST("host", "y"), PROBLEM_INVALID_REQUEST);
    assert_int_equal(verdict("GET", "HTTP/1.0", HEADERS("Host", "x", "Host", "x")),
                     PROBLEM_INVALID_REQUEST);
}

static void lengths_are_single_plain_numbers(void **test)
{
    (void)test;
    static const char *const bad[] = {
        "", "-1", "+1", "0x10", "1,1", "1 1", "1e3", "ten", "99999999999999999999"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (POST("Content-Length", bad[i]) != PROBLEM_INVALID_REQUEST)
            fail_msg("accepted: %s", bad[i]);
    assert_int_equal(POST("Content-Length", "1", "Content-Length", "1"), PROBLEM_INVALID_REQUEST);
}

static void codings_are_chunked_alone(void **test)
{
    (void)test;
    assert_int_equal(POST("Transfer-Encoding", "chunked", "Content-Length", "1"),
                     PROBLEM_INVALID_REQUEST);
    assert_int_equal(POST("Transfer-Encoding", "gzip"), PROBLEM_NOT_IMPLEMENTED);
    assert_int_equal(POST("Transfer-Encoding", "gzip, chunked"), PROBLEM_NOT_IMPLEMENTED);
    assert_int_equal(POST("Transfer-Encoding", "gzip", "Transfer-Encoding", "chunked"),
                     PROBLEM_NOT_IMPLEMENTED);
    assert_int_equal(verdict("POST", "HTTP/1.0", HEADERS("Transfer-Encoding", "chunked")),
                     PROBLEM_INVALID_REQUEST);
}

/* As libmicrohttpd hands over `Content-Length:` with its value on a line below. */
static void folded_lengths_and_codings_do_not_hide(void **test)
{
    (void)test;
    assert_int_equal(POST("Content-Length44", ""), PROBLEM_INVALID_REQUEST);
    assert_int_equal(POST("content-length4", "4"), PROBLEM_INVALID_REQUEST);
    assert_int_equal(POST("Transfer-Encodingchunked", ""), PROBLEM_INVALID_REQUEST);
    assert_int_equal(POST("Transfer-Encoding", "chunked "), PROBLEM_NOT_IMPLEMENTED);
}

static enum problem target_verdict(const char *target, size_t header_size)
{
    static char value[GATE_HEAD_MAX + 1];
    struct gate gate = {0};
    struct err err = {0};
    memset(value, 'v', sizeof(value));
    gate_target(&gate, span_of(target));
    gate_header(&gate, span_of("Host"), span_of("x"));
    gate_header(&gate, span_of("X-Text"), (struct span){value, header_size});
    return gate_verdict(&gate, "GET", "HTTP/1.1", &err);
}

static void targets_are_plain_and_heads_are_small(void **test)
{
    (void)test;
    assert_int_equal(target_verdict("/jobs", 0), PROBLEM_NONE);
    assert_int_equal(target_verdict("/jobs%20x", 8000), PROBLEM_NONE);
    assert_int_equal(target_verdict("/jobs x", 0), PROBLEM_INVALID_REQUEST);
    assert_int_equal(target_verdict("/jobs\x01", 0), PROBLEM_INVALID_REQUEST);
    assert_int_equal(target_verdict("/jobs\x7f", 0), PROBLEM_INVALID_REQUEST);
    assert_int_equal(target_verdict("/jobs", GATE_HEAD_MAX), PROBLEM_HEADERS_TOO_LARGE);

    static char longest[GATE_HEAD_MAX + 2] = "/";
    memset(longest + 1, 'a', GATE_HEAD_MAX);
    assert_int_equal(target_verdict(longest, 0), PROBLEM_URI_TOO_LONG);
    longest[GATE_HEAD_MAX - 100] = '\0';
    assert_int_equal(target_verdict(longest, 0), PROBLEM_NONE);
    assert_int_equal(target_verdict(longest, 100), PROBLEM_HEADERS_TOO_LARGE);
}

static void names_values_methods_and_versions_are_what_they_should_be(void **test)
{
    (void)test;
    assert_int_equal(POST("Bad Name", "x"), PROBLEM_INVALID_REQUEST);
    assert_int_equal(POST("", "x"), PROBLEM_INVALID_REQUEST);
    assert_int_equal(POST("Na\x80me", "x"), PROBLEM_INVALID_REQUEST);
    assert_int_equal(POST("X", "a\x01"), PROBLEM_INVALID_REQUEST);
    assert_int_equal(POST("X", "a\x7f"), PROBLEM_INVALID_REQUEST);
    assert_int_equal(verdict("get", "HTTP/1.1", HEADERS("Host", "x")), PROBLEM_INVALID_REQUEST);
    assert_int_equal(verdict("GET", "HTTP/2.0", HEADERS("Host", "x")), PROBLEM_INVALID_REQUEST);
    assert_int_equal(verdict("GET", "HTTP/1.2", HEADERS("Host", "x")), PROBLEM_INVALID_REQUEST);
}

static void pages_of_other_sites_may_read_but_not_write(void **test)
{
    (void)test;
    assert_int_equal(POST("Sec-Fetch-Site", "cross-site"), PROBLEM_FORBIDDEN);
    assert_int_equal(POST("Sec-Fetch-Site", "same-site"), PROBLEM_FORBIDDEN);
    assert_int_equal(POST("Sec-Fetch-Site", "same-origin"), PROBLEM_NONE);
    assert_int_equal(POST("Sec-Fetch-Site", "none"), PROBLEM_NONE);
    assert_int_equal(
        verdict("GET", "HTTP/1.1", HEADERS("Host", "x", "Sec-Fetch-Site", "cross-site")),
        PROBLEM_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_heads_pass),
        cmocka_unit_test(credentials_come_once),
        cmocka_unit_test(one_host_is_needed),
        cmocka_unit_test(lengths_are_single_plain_numbers),
        cmocka_unit_test(codings_are_chunked_alone),
        cmocka_unit_test(folded_lengths_and_codings_do_not_hide),
        cmocka_unit_test(targets_are_plain_and_heads_are_small),
        cmocka_unit_test(names_values_methods_and_versions_are_what_they_should_be),
        cmocka_unit_test(pages_of_other_sites_may_read_but_not_write),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
