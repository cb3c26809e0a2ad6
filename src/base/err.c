/* What went wrong: sentences put into fixed memory, cut between characters. */
#include "base/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Drops a character that the end of the array cut in two; `written` is what vsnprintf returned. */
static void mend_end(char text[static sizeof(struct err)], int written)
{
    size_t end = sizeof(struct err) - 1;
    size_t start = end;

    if (written < 0)
        text[0] = '\0';
    if (written < (int)sizeof(struct err))
        return;
    while (start > 0 && end - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start > 0 && (unsigned char)text[start - 1] >= 0xC0) {
        unsigned char lead = (unsigned char)text[start - 1];
        size_t len = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        if (end - (start - 1) < len)
            text[start - 1] = '\0';
    }
}

bool err_set(struct err *err, const char *format, ...)
{
    char text[sizeof(struct err)];
    va_list args;

    if (err == NULL)
        return false;
    va_start(args, format);
    /* By way of a second array, since an argument may be err->text itself. */
    mend_end(text, vsnprintf(text, sizeof(text), format, args));
    va_end(args);
    memcpy(err->text, text, strlen(text) + 1);
    return false;
}

bool err_prefix(struct err *err, const char *format, ...)
{
    char prefix[sizeof(struct err)];
    va_list args;

    if (err == NULL)
        return false;
    va_start(args, format);
    mend_end(prefix, vsnprintf(prefix, sizeof(prefix), format, args));
    va_end(args);
    return err_set(err, "%s: %s", prefix, err->text);
}
