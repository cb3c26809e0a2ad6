/* News as text: what one daemon writes, another reads. */
#include "store/postgres/news_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct received {
    struct news news;
    int texts;
    size_t longest;
};

static void receive(void *context, struct span text)
{
    struct received *received = context;
    struct span head;

    received->texts++;
    if (text.len > received->longest)
        received->longest = text.len;
    assert_true(span_cut(&text, '\n', &head));
    assert_true(span_is(head, "head"));
    assert_true(news_text_read(&received->news, text));
}

static void pass(struct news *news, struct received *received)
{
    struct news_text out = {.send = receive, .context = received};

    news_init(&received->news);
    received->texts = 0;
    received->longest = 0;
    assert_true(news_text_write(&out, news, "head"));
}

static void nothing_is_no_text(void **state)
{
    struct received received;
    struct news news;

    (void)state;
    news_init(&news);
    pass(&news, &received);
    assert_int_equal(received.texts, 0);
    news_release(&received.news);
    news_release(&news);
}

static void everything_comes_through(void **state)
{
    struct received received;
    struct news news;

    (void)state;
    news_init(&news);
    news_of_change(&news, 7, 70);
    news_of_change(&news, 8, 71);
    news_of_change(&news, 9, 99);
    news_of_ready(&news, (struct span)SPAN("A b"), 2);
    news_of_ready(&news, (struct span)SPAN("C"), 1);
    news_of_due(&news, 12345);
    pass(&news, &received);
    assert_int_equal(received.texts, 1);
    assert_true(received.news.due_at == 12345);
    assert_true(span_is(received.news.first->type, "A b"));
    assert_int_equal(received.news.first->count, 2);
    assert_true(span_is(received.news.last->type, "C"));
    int changes = 0;
    for (const struct news_change *at = received.news.changes; at != NULL; at = at->next) {
        assert_true((at->position == 7 && at->change == 70) ||
                    (at->position == 8 && at->change == 71) ||
                    (at->position == 9 && at->change == 99));
        changes++;
    }
    assert_int_equal(changes, 3);
    news_release(&received.news);
    news_release(&news);
}

static void much_is_cut_into_pieces(void **state)
{
    struct received received;
    struct news news;
    int changes = 0;

    (void)state;
    news_init(&news);
    for (int64_t i = 0; i < 1000; i++)
        news_of_change(&news, INT64_C(1) << 62 | (2 * i), 3 * i);
    pass(&news, &received);
    assert_true(received.texts > 1);
    assert_true(received.longest <= NEWS_TEXT_MAX);
    for (const struct news_change *at = received.news.changes; at != NULL; at = at->next)
        changes++;
    assert_int_equal(changes, 1000);
    news_release(&received.news);
    news_release(&news);
}

static void nonsense_is_refused(void **state)
{
    static const char *const texts[] = {"x 1\n", "c 1\n", "c a b c\n", "d x\n", "r\n"};
    struct news news;

    (void)state;
    news_init(&news);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_false(news_text_read(&news, span_of(texts[i])));
    news_release(&news);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_no_text),
        cmocka_unit_test(everything_comes_through),
        cmocka_unit_test(much_is_cut_into_pieces),
        cmocka_unit_test(nonsense_is_refused),
    };

    return cmocka_run_group_tests_name("news_text", tests, NULL, NULL);
}
