/* What a wrapped command says of its progress, line by line. */
#include "jobctl/progress.h"

#include "base/text.h"

#include <ctype.h>

#define DIGITS_MAX 9

size_t progress_clean(struct span text, char *ret_text, size_t size)
{
    size_t len = 0;
    text = span_trim(text);
    while (text.len > 0) {
        uint32_t point = 0;
        size_t step = text_decode(text, &point);
        bool good = step > 0 && point >= 0x20 && (point < 0x7F || point >= 0xA0);
        size_t taken = good ? step : 1;
        if (len + taken >= size)
            break;
        memcpy(ret_text + len, good ? text.ptr : (step > 0 ? " " : "?"), taken);
        len += taken;
        text = span_skip(text, step > 0 ? step : 1);
    }
    ret_text[len] = '\0';
    return len;
}

static void set_message(struct progress *progress, struct span text)
{
    progress->has_message = progress_clean(text, progress->message, sizeof(progress->message)) > 0;
}

/* Digits, perhaps with a fraction that is cut off; what follows them is given back. */
static bool take_number(struct span *text, int64_t *ret_number)
{
    int64_t number = 0;
    size_t at = 0;
    while (at < text->len && at < DIGITS_MAX && isdigit((unsigned char)text->ptr[at]))
        number = number * 10 + (text->ptr[at++] - '0');
    if (at == 0)
        return false;
    if (at + 1 < text->len && text->ptr[at] == '.' && isdigit((unsigned char)text->ptr[at + 1]))
        for (at++; at < text->len && isdigit((unsigned char)text->ptr[at]);)
            at++;
    *text = span_skip(*text, at);
    *ret_number = number;
    return true;
}

/* A percent sign belongs to the number; then a blank or nothing must follow. */
static bool take_percent(struct span *text, int *ret_percent)
{
    struct span rest = *text;
    int64_t number;
    if (!take_number(&rest, &number) || number > 100)
        return false;
    struct span trimmed = span_trim(rest);
    bool sign = span_starts(trimmed, "%");
    if (sign)
        rest = span_skip(trimmed, 1);
    if (rest.len > 0 && rest.ptr[0] != ' ' && rest.ptr[0] != '\t')
        return false;
    *text = rest;
    *ret_percent = (int)number;
    return true;
}

bool progress_from_line(const char *line, struct progress *ret_progress)
{
    struct span text = span_trim(span_of(line));
    ret_progress->percent = JOBD_NO_PROGRESS;
    take_percent(&text, &ret_progress->percent);
    set_message(ret_progress, text);
    return ret_progress->percent != JOBD_NO_PROGRESS || ret_progress->has_message;
}

bool progress_pattern(regex_t *pattern, const char *text, struct err *err)
{
    char reason[128];
    int code = regcomp(pattern, text, REG_EXTENDED);
    if (code != 0) {
        regerror(code, pattern, reason, sizeof(reason));
        return err_set(err, "--progress-regex: %s", reason);
    }
    if (pattern->re_nsub >= 1)
        return true;
    regfree(pattern);
    return err_set(err, "--progress-regex needs a group (…) around the number");
}

static struct span group(const char *line, const regmatch_t *match)
{
    if (match->rm_so < 0)
        return (struct span){"", 0};
    return (struct span){line + match->rm_so, (size_t)(match->rm_eo - match->rm_so)};
}

bool progress_from_match(const regex_t *pattern, const char *line, struct progress *ret_progress)
{
    regmatch_t matches[3] = {{-1, -1}, {-1, -1}, {-1, -1}};
    int64_t number;
    if (regexec(pattern, line, 3, matches, 0) != 0)
        return false;
    struct span digits = span_trim(group(line, &matches[1]));
    ret_progress->percent = JOBD_NO_PROGRESS;
    if (take_number(&digits, &number))
        ret_progress->percent = number > 100 ? 100 : (int)number;
    set_message(ret_progress, pattern->re_nsub >= 2 ? group(line, &matches[2]) : (struct span){0});
    return ret_progress->percent != JOBD_NO_PROGRESS || ret_progress->has_message;
}

void lines_end(struct lines *lines)
{
    lines->text[lines->len] = '\0';
    if (lines->len > 0)
        lines->take(lines->context, lines->text);
    lines->len = 0;
}

void lines_feed(struct lines *lines, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        char byte = bytes.ptr[i];
        if (byte == '\n' || byte == '\r')
            lines_end(lines);
        else if (lines->len + 1 < sizeof(lines->text))
            lines->text[lines->len++] = byte != '\0' ? byte : ' ';
    }
}
