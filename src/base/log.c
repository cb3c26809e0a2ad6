/* The log: a line is built on the stack, escaped as it goes, and leaves in one write. */
#include "base/log.h"

#include "base/clock.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static struct {
    enum log_level level;
    enum log_format format;
} setup = {.level = LOG_INFO, .format = LOG_LOGFMT};

/* Enough for what must follow when the line is full: a quote, a brace, the newline. */
enum { LINE_SIZE = 4096, LINE_RESERVE = 3 };

struct line {
    char text[LINE_SIZE];
    size_t len;
    bool full; /* something did not fit; from then on only the closing bytes are added */
};

void log_setup(enum log_level level, enum log_format format)
{
    setup.level = level;
    setup.format = format;
}

bool log_enabled(enum log_level level)
{
    return level >= setup.level;
}

static const char *level_name(enum log_level level)
{
    switch (level) {
    case LOG_DEBUG:
        return "debug";
    case LOG_INFO:
        return "info";
    case LOG_WARN:
        return "warn";
    case LOG_ERROR:
        return "error";
    }
    return "error";
}

/* All of it or, when it does not fit, nothing. */
static void add(struct line *line, struct span text)
{
    /* A sum, since a closing quote may have taken from the reserve already. */
    if (line->full || line->len + text.len > LINE_SIZE - LINE_RESERVE) {
        line->full = true;
        return;
    }
    if (text.len > 0)
        memcpy(line->text + line->len, text.ptr, text.len);
    line->len += text.len;
}

/* For the closing bytes, which LINE_RESERVE keeps room for. */
static void close_with(struct line *line, char byte)
{
    line->text[line->len++] = byte;
}

/* Whether a viewer might take this for a line end, hide it, or reorder the text around it. */
static bool is_unprintable(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0) ||
           (point >= 0x200B && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
           (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF;
}

/* One code point, escaped when it has to be; a byte that is no UTF-8 becomes U+FFFD. */
static size_t add_point(struct line *line, struct span rest)
{
    uint32_t point;
    size_t len = text_decode(rest, &point);
    char escape[8];

    if (len == 0) {
        add(line, span_of("\xEF\xBF\xBD"));
        return 1;
    }
    if (point == '"' || point == '\\') {
        add(line, (struct span){(const char[]){'\\', (char)point}, 2});
    } else if (is_unprintable(point)) {
        snprintf(escape, sizeof(escape), "\\u%04" PRIx32, point);
        add(line, span_of(escape));
    } else {
        add(line, (struct span){rest.ptr, len});
    }
    return len;
}

/* As much of the text as fits between two quotes; false when not even the first one does. */
static bool add_quoted(struct line *line, struct span text)
{
    add(line, span_of("\""));
    if (line->full)
        return false;
    while (text.len > 0 && !line->full)
        text = span_skip(text, add_point(line, text));
    close_with(line, '"');
    return true;
}

/* Whether logfmt can have the value without quotes. */
static bool is_plain(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        if (byte <= ' ' || byte > '~' || byte == '"' || byte == '\\' || byte == '=')
            return false;
    }
    return text.len > 0;
}

static void add_key(struct line *line, const char *key)
{
    if (setup.format == LOG_JSON) {
        add(line, span_of(line->len > 0 ? ",\"" : "{\""));
        add(line, span_of(key));
        add(line, span_of("\":"));
        return;
    }
    if (line->len > 0)
        add(line, span_of(" "));
    add(line, span_of(key));
    add(line, span_of("="));
}

/* Key and value, or neither when not even the start of the value fits. */
static void add_text(struct line *line, const char *key, struct span value)
{
    size_t before = line->len;

    add_key(line, key);
    if (setup.format == LOG_LOGFMT && is_plain(value)) {
        add(line, value);
        if (!line->full)
            return;
    } else if (add_quoted(line, value)) {
        return;
    }
    line->len = before;
}

static void add_number(struct line *line, const char *key, int64_t value)
{
    size_t before = line->len;
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, value);
    add_key(line, key);
    add(line, span_of(text));
    if (line->full)
        line->len = before;
}

static void add_field(struct line *line, const struct log_field *field)
{
    switch (field->kind) {
    case LOG_STR:
        if (field->value.str != NULL)
            add_text(line, field->key, span_of(field->value.str));
        return;
    case LOG_SPAN:
        add_text(line, field->key, field->value.span);
        return;
    case LOG_INT:
        add_number(line, field->key, field->value.number);
        return;
    }
}

static void add_time(struct line *line)
{
    char time[CLOCK_TEXT_SIZE];

    clock_format(clock_wall_ms(&clock_system), time);
    add_text(line, "time", span_of(time));
}

void log_fields(enum log_level level, const char *message, const struct log_field *fields)
{
    struct line line;

    if (!log_enabled(level))
        return;
    line.len = 0;
    line.full = false;
    add_time(&line);
    add_text(&line, "level", span_of(level_name(level)));
    add_text(&line, "msg", span_of(message));
    for (; fields->key != NULL && !line.full; fields++)
        add_field(&line, fields);
    if (setup.format == LOG_JSON)
        close_with(&line, '}');
    close_with(&line, '\n');
    /* A log that cannot be written has nowhere to be reported. */
    if (write(STDERR_FILENO, line.text, line.len) < 0)
        return;
}
