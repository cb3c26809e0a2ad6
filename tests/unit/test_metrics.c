/* Tests of metrics and their exposition format. */
#include "base/metrics.h"

#include "base/parse.h"
#include "model_test.h"

#include <pthread.h>
#include <regex.h>

#define NAME "[a-zA-Z_:][a-zA-Z0-9_:]*"
#define LABEL "[a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\n]|\\\\[\\\\\"n])*\""

static void counting(void **test)
{
    (void)test;
    int64_t before = metric_get(METRIC_STORE_COMMITS);
    metric_add(METRIC_STORE_COMMITS, 1);
    metric_add(METRIC_STORE_COMMITS, 41);
    assert_int_equal(metric_get(METRIC_STORE_COMMITS), before + 42);
    metric_set(METRIC_STORE_QUEUE, 7);
    metric_add(METRIC_STORE_QUEUE, -10);
    assert_int_equal(metric_get(METRIC_STORE_QUEUE), -3);
    metric_set(METRIC_STORE_QUEUE, 0);
}

static void *count_many(void *unused)
{
    for (int i = 0; i < 100000; i++)
        metric_add(METRIC_STORE_READS, 1);
    return unused;
}

static void threads_lose_no_count(void **test)
{
    pthread_t threads[4];
    (void)test;
    int64_t before = metric_get(METRIC_STORE_READS);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_many, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(metric_get(METRIC_STORE_READS), before + 400000);
}

/* Whether the line has this form as a whole. */
static bool matches(const char *line, const char *form)
{
    regex_t regex;
    assert_int_equal(regcomp(&regex, form, REG_EXTENDED | REG_NOSUB), 0);
    bool found = regexec(&regex, line, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

static char *next_line(struct arena *arena, struct span *rest)
{
    struct span line;
    if (!span_cut(rest, '\n', &line) || rest->ptr == NULL)
        return NULL;
    return arena_strndup(arena, line.ptr, line.len);
}

static struct span printed(struct arena *arena)
{
    AUTO(buf_release) struct buf out = BUF(1024 * 1024);
    metrics_print(&out);
    assert_false(buf_failed(&out));
    assert_int_equal(out.ptr[out.len - 1], '\n');
    return arena_span(arena, buf_span(&out));
}

static void every_line_has_a_valid_form(void **test)
{
    AUTO(arena_release) struct arena arena;
    size_t samples = 0;
    char *line;
    (void)test;
    arena_init(&arena, SIZE_MAX);
    struct span text = printed(&arena);
    while ((line = next_line(&arena, &text)) != NULL) {
        bool sample = matches(line, "^" NAME "(\\{" LABEL "(," LABEL ")*\\})? -?[0-9]+$");
        bool help = matches(line, "^# HELP " NAME " [^\\]+$");
        bool type = matches(line, "^# TYPE " NAME " (counter|gauge)$");
        if (!sample && !help && !type)
            fail_msg("%s", line);
        samples += sample;
    }
    assert_int_equal(samples, METRIC_COUNT);
}

/* The word at `index` of a line, up to a blank or a brace. */
static char *word(struct arena *arena, const char *line, size_t index)
{
    for (; index > 0; index--)
        line = strchr(line, ' ') + 1;
    return arena_strndup(arena, line, strcspn(line, " {"));
}

/* How many lines of the output start so. */
static size_t lines_that_start(struct arena *arena, struct span text, const char *start)
{
    size_t count = 0;
    char *line;
    while ((line = next_line(arena, &text)) != NULL)
        count += strncmp(line, start, strlen(start)) == 0;
    return count;
}

static void each_family_is_introduced_once(void **test)
{
    AUTO(arena_release) struct arena arena;
    const char *family = "", *previous = "";
    char *line;
    (void)test;
    arena_init(&arena, SIZE_MAX);
    struct span text = printed(&arena), rest = text;
    while ((line = next_line(&arena, &rest)) != NULL) {
        bool help = strncmp(line, "# HELP ", 7) == 0, type = strncmp(line, "# TYPE ", 7) == 0;
        const char *name = word(&arena, line, help || type ? 2 : 0);
        if (help) {
            assert_string_not_equal(name, family);
            assert_int_equal(
                lines_that_start(&arena, text, arena_printf(&arena, "# HELP %s ", name)), 1);
            assert_int_equal(
                lines_that_start(&arena, text, arena_printf(&arena, "# TYPE %s ", name)), 1);
            family = name;
        }
        /* TYPE follows HELP, and samples their own family's TYPE. */
        assert_true(!type || strncmp(previous, "# HELP ", 7) == 0);
        assert_string_equal(name, family);
        previous = line;
    }
}

static void samples_are_distinct_and_named_by_their_type(void **test)
{
    AUTO(arena_release) struct arena arena;
    bool counter = false;
    char *line;
    (void)test;
    arena_init(&arena, SIZE_MAX);
    struct span text = printed(&arena), rest = text;
    while ((line = next_line(&arena, &rest)) != NULL) {
        if (strncmp(line, "# TYPE ", 7) == 0)
            counter = strstr(line, " counter") != NULL;
        if (line[0] == '#')
            continue;
        const char *name = word(&arena, line, 0);
        bool total = strlen(name) > 6 && strcmp(name + strlen(name) - 6, "_total") == 0;
        assert_int_equal(total, counter);
        assert_memory_equal(name, "jobd_", 5);
        const char *series = arena_strndup(&arena, line, (size_t)(strrchr(line, ' ') - line) + 1);
        assert_int_equal(lines_that_start(&arena, text, series), 1);
    }
}

static void each_row_prints_its_own_value(void **test)
{
    AUTO(arena_release) struct arena arena;
    int64_t expected = 1000;
    char *line;
    (void)test;
    arena_init(&arena, SIZE_MAX);
    for (int i = 0; i < METRIC_COUNT; i++)
        metric_set((enum metric)i, 1000 + i);
    struct span text = printed(&arena);
    while ((line = next_line(&arena, &text)) != NULL) {
        int64_t value;
        if (line[0] == '#')
            continue;
        assert_true(parse_int(span_of(strrchr(line, ' ') + 1), 0, INT64_MAX, &value));
        assert_int_equal(value, expected++);
    }
}

static void extreme_values_are_printed(void **test)
{
    AUTO(buf_release) struct buf out = BUF(1024 * 1024);
    (void)test;
    metric_set(METRIC_HTTP_CONNECTIONS, INT64_MIN);
    metric_set(METRIC_STORE_QUEUE, INT64_MAX);
    metrics_print(&out);
    assert_non_null(strstr(out.ptr, "\njobd_http_connections -9223372036854775808\n"));
    assert_non_null(strstr(out.ptr, "\njobd_store_queue 9223372036854775807\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counting),
        cmocka_unit_test(threads_lose_no_count),
        cmocka_unit_test(every_line_has_a_valid_form),
        cmocka_unit_test(each_family_is_introduced_once),
        cmocka_unit_test(samples_are_distinct_and_named_by_their_type),
        cmocka_unit_test(each_row_prints_its_own_value),
        cmocka_unit_test(extreme_values_are_printed),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
