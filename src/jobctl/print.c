/* What is written for people: nothing a terminal obeys, in columns that fit it. */
#include "jobctl/print.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#define BAR_WIDTH 10
#define STANDARD_COLUMNS 80

static size_t columns_of(FILE *stream)
{
    struct winsize size = {0};
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return STANDARD_COLUMNS;
}

struct screen screen_of(FILE *stream)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    struct screen screen = {.columns = SIZE_MAX};
    if (!isatty(fileno(stream)) || term == NULL || strcmp(term, "dumb") == 0)
        return screen;
    screen.terminal = true;
    screen.color = no_color == NULL || *no_color == '\0';
    screen.columns = columns_of(stream);
    return screen;
}

/* Marks that turn the direction of writing can make a name look like another. */
static bool is_unsafe(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0) ||
           (point >= 0x200E && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0xFEFF;
}

/* The next piece of `text` in a form that is safe to show, and the columns it takes. */
static size_t step(struct span *text, char ret_piece[static 16])
{
    uint32_t point = (unsigned char)text->ptr[0];
    size_t len = text_decode(*text, &point);
    bool safe = len > 0 && !is_unsafe(point);
    if (point == '\n' || point == '\t') {
        snprintf(ret_piece, 16, " ");
    } else if (safe) {
        snprintf(ret_piece, 16, "%.*s", (int)len, text->ptr);
    } else {
        snprintf(ret_piece, 16, len > 1 ? "\\u%04" PRIx32 : "\\x%02" PRIx32, point);
    }
    *text = span_skip(*text, len > 0 ? len : 1);
    if (!safe)
        return strlen(ret_piece);
    int width = wcwidth((wchar_t)point);
    return width >= 0 ? (size_t)width : 1;
}

void print_safe(struct buf *out, const char *text)
{
    struct span rest = span_of(text);
    char piece[16];
    while (rest.len > 0) {
        step(&rest, piece);
        buf_add_str(out, piece);
    }
}

size_t print_width(const char *text)
{
    struct span rest = span_of(text);
    char piece[16];
    size_t width = 0;
    while (rest.len > 0)
        width += step(&rest, piece);
    return width;
}

void print_cell(struct buf *out, const char *text, size_t width, size_t columns)
{
    struct span rest = span_of(text);
    bool cut = print_width(text) > columns;
    size_t room = cut && columns > 0 ? columns - 1 : columns, used = 0;
    char piece[16];
    while (rest.len > 0) {
        size_t wide = step(&rest, piece);
        if (used + wide > room)
            break;
        used += wide;
        buf_add_str(out, piece);
    }
    if (cut && columns > 0) {
        buf_add_str(out, "…");
        used++;
    }
    for (; used < width; used++)
        buf_add_char(out, ' ');
}

void print_bar(struct buf *out, int progress)
{
    buf_add_char(out, '[');
    for (int i = 0; i < BAR_WIDTH; i++)
        buf_add_char(out, progress >= 0 && i < progress * BAR_WIDTH / 100 ? '#' : '.');
    if (progress == JOBD_NO_PROGRESS)
        buf_add_str(out, "]     ");
    else
        buf_printf(out, "] %3d%%", progress);
}

void print_progress(struct buf *out, int progress, bool terminal)
{
    char text[8] = "-";
    if (terminal) {
        print_bar(out, progress);
        buf_add_char(out, ' ');
        return;
    }
    if (progress != JOBD_NO_PROGRESS)
        snprintf(text, sizeof(text), "%d%%", progress);
    print_cell(out, text, 5, SIZE_MAX);
}

static const char *color_of(const char *state)
{
    static const struct {
        const char *state, *code;
    } colors[] = {
        {"RUNNING", "\033[36m"},
        {"COMPLETED", "\033[32m"},
        {"FAILED", "\033[31m"},
        {"DELETED", "\033[2m"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(colors); i++)
        if (strcmp(colors[i].state, state) == 0)
            return colors[i].code;
    return "";
}

void print_state(struct buf *out, const char *state, size_t width, bool color)
{
    const char *code = color ? color_of(state) : "";
    buf_add_str(out, code);
    print_cell(out, state, width, SIZE_MAX);
    if (*code != '\0')
        buf_add_str(out, "\033[0m");
}

void print_time(int64_t ms, char ret_text[static PRINT_TIME_SIZE])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    snprintf(ret_text, PRINT_TIME_SIZE, "-");
    if (ms != JOBD_NO_TIME && localtime_r(&seconds, &tm) != NULL)
        strftime(ret_text, PRINT_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &tm);
}

bool print_out(FILE *stream, struct buf *text)
{
    bool good = !buf_failed(text) && fwrite(text->ptr, 1, text->len, stream) == text->len &&
                fflush(stream) == 0;
    buf_release(text);
    return good;
}
