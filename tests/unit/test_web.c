/* Tests of the page's files: which coding of one a client gets. */
#include "http/web.h"

#include "base/scope.h"
#include "model_test.h"

#include <stdio.h>

static const struct web_file packed = {
    "a.js", "text/javascript", {{SPAN("b"), ""}, {SPAN("g"), ""}, {SPAN("i"), ""}}};
static const struct web_file tiny = {
    "b.js", "text/javascript", {{{NULL, 0}, NULL}, {SPAN("g"), ""}, {SPAN("i"), ""}}};

static enum web_coding pick(const char *accept)
{
    return web_negotiate(&packed, span_of(accept));
}

static void the_smallest_accepted_coding_is_sent(void **test)
{
    (void)test;
    assert_int_equal(pick("gzip, deflate, br, zstd"), WEB_BR);
    assert_int_equal(pick("gzip, deflate"), WEB_GZIP);
    assert_int_equal(pick("GZIP"), WEB_GZIP);
    assert_int_equal(pick(" deflate ,\tbr ; x=y ; q=0.4"), WEB_BR);
    assert_int_equal(pick("*"), WEB_BR);
    assert_int_equal(web_negotiate(&tiny, span_of("gzip, br")), WEB_GZIP);
}

static void identity_is_what_nobody_asked_about(void **test)
{
    (void)test;
    assert_int_equal(web_negotiate(&packed, (struct span){0}), WEB_IDENTITY);
    assert_int_equal(pick(""), WEB_IDENTITY);
    assert_int_equal(pick("deflate, zstd"), WEB_IDENTITY);
    assert_int_equal(pick("brotli, x-gzip"), WEB_IDENTITY);
    assert_int_equal(web_negotiate(&tiny, span_of("br")), WEB_IDENTITY);
    assert_int_equal(pick("identity;q=0"), WEB_IDENTITY); /* better than nothing */
}

static void weights_count(void **test)
{
    (void)test;
    assert_int_equal(pick("br;q=0.5, gzip;q=0.8"), WEB_GZIP);
    assert_int_equal(pick("br;q=0.05, gzip;q=0.049"), WEB_BR);
    assert_int_equal(pick("br;q=1.000, gzip"), WEB_BR);
    assert_int_equal(pick("br;q=0, gzip;Q=0.001"), WEB_GZIP);
    assert_int_equal(pick("br;q=0.000, gzip;q=0"), WEB_IDENTITY);
    assert_int_equal(pick("identity, br;q=0.5"), WEB_IDENTITY);
    assert_int_equal(pick("*;q=0, gzip"), WEB_GZIP);
    assert_int_equal(pick("br;q=0, *"), WEB_GZIP);
}

static void malformed_weights_refuse(void **test)
{
    (void)test;
    const char *const weights[] = {"q=",    "q=2",  "q=-1",  "q=0.1234",
                                   "q=0.x", "q=.5", "q=1e0", "q=0,5"};
    for (size_t i = 0; i < ARRAY_SIZE(weights); i++) {
        char header[64];
        snprintf(header, sizeof(header), "br;%s", weights[i]);
        assert_int_equal(pick(header), WEB_IDENTITY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_accepted_coding_is_sent),
        cmocka_unit_test(identity_is_what_nobody_asked_about),
        cmocka_unit_test(weights_count),
        cmocka_unit_test(malformed_weights_refuse),
    };
    return cmocka_run_group_tests_name("web", tests, NULL, NULL);
}
