/* News as text: lines, cut into pieces of a notification's size. */
#include "store/postgres/news_text.h"

#include "base/parse.h"

#include <inttypes.h>

#define LINE_MAX_BYTES 1200 /* a type of 255 code points and two numbers */

/* More than a transaction ever has: what comes from elsewhere shall not cost memory without end. */
#define COUNT_MAX 1000000

static void flush(struct news_text *out)
{
    out->send(out->context, buf_span(&out->text));
    buf_clear(&out->text);
}

static void begin(struct news_text *out, const char *head)
{
    if (out->text.len + LINE_MAX_BYTES > NEWS_TEXT_MAX)
        flush(out);
    if (out->text.len == 0)
        buf_printf(&out->text, "%s\n", head);
}

/* The list has the last one first, so runs go down. */
static void write_changes(struct news_text *out, const struct news *news, const char *head)
{
    const struct news_change *at = news->changes;

    while (at != NULL) {
        int64_t position = at->position, change = at->change, count = 1;
        for (at = at->next; at != NULL && at->position == position - 1 && at->change == change - 1;
             at = at->next) {
            position--;
            change--;
            count++;
        }
        begin(out, head);
        buf_printf(&out->text, "c %" PRId64 " %" PRId64 " %" PRId64 "\n", position, change, count);
    }
}

bool news_text_write(struct news_text *out, const struct news *news, const char *head)
{
    bool good;

    out->text = (struct buf)BUF(2 * NEWS_TEXT_MAX);
    write_changes(out, news, head);
    for (const struct news_ready *ready = news->first; ready != NULL; ready = ready->next) {
        begin(out, head);
        buf_printf(&out->text, "r %zu ", ready->count);
        buf_add_span(&out->text, ready->type);
        buf_add_char(&out->text, '\n');
    }
    if (news->due_at != INT64_MAX) {
        begin(out, head);
        buf_printf(&out->text, "d %" PRId64 "\n", news->due_at);
    }
    good = !buf_failed(&out->text);
    if (good && out->text.len > 0)
        flush(out);
    buf_release(&out->text);
    return good;
}

static bool number(struct span *line, int64_t *ret_number)
{
    struct span word;

    return span_cut(line, ' ', &word) && parse_int(word, 0, INT64_MAX, ret_number);
}

static bool read_changes(struct news *news, struct span line)
{
    int64_t position, change, count;

    if (!number(&line, &position) || !number(&line, &change) || !number(&line, &count) ||
        count > COUNT_MAX || position > INT64_MAX - count || change > INT64_MAX - count)
        return false;
    for (int64_t i = 0; i < count; i++)
        if (!news_of_change(news, position + i, change + i))
            return false;
    return true;
}

static bool read_line(struct news *news, struct span line)
{
    struct span kind;
    int64_t value;

    if (!span_cut(&line, ' ', &kind))
        return true; /* the end of the last line */
    if (span_is(kind, "c"))
        return read_changes(news, line);
    if (span_is(kind, "r"))
        return number(&line, &value) && value <= COUNT_MAX &&
               news_of_ready(news, line, (size_t)value);
    if (!span_is(kind, "d") || !number(&line, &value))
        return kind.len == 0;
    news_of_due(news, value);
    return true;
}

bool news_text_read(struct news *news, struct span text)
{
    struct span line;

    while (span_cut(&text, '\n', &line))
        if (!read_line(news, line))
            return false;
    return true;
}
