/* The log: one line an event, logfmt or JSON, on standard error. */
#ifndef JOBD_BASE_LOG_H
#define JOBD_BASE_LOG_H

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

/* Sets what is written from now on; call before threads start. Default: LOG_INFO, LOG_LOGFMT. */
void log_setup(enum log_level level, enum log_format format);

/* One key and its value; the array ends with a key NULL. */
struct log_field {
    const char *key;
    enum { LOG_STR, LOG_SPAN, LOG_INT } kind;
    union {
        const char *str; /* NULL is left out */
        struct span span;
        int64_t number;
    } value;
};

#define LOG_F_STR(name, text)                                                                      \
    {                                                                                              \
        .key = (name), .kind = LOG_STR, .value.str = (text)                                        \
    }
#define LOG_F_SPAN(name, text)                                                                     \
    {                                                                                              \
        .key = (name), .kind = LOG_SPAN, .value.span = (text)                                      \
    }
#define LOG_F_INT(name, n)                                                                         \
    {                                                                                              \
        .key = (name), .kind = LOG_INT, .value.number = (n)                                        \
    }

/*
 * Writes `time=… level=… msg=… key=value…` as one write(2), any thread. Values are escaped, so that
 * no input can forge a line or a key; a line over 4 KiB is cut. Never put a secret here.
 */
void log_fields(enum log_level level, const char *message, const struct log_field *fields);

/* log_event(LOG_INFO, "listening", LOG_F_STR("address", text)) */
#define log_event(level, message, ...)                                                             \
    log_fields((level), (message),                                                                 \
               (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.key = NULL}})

/* Whether lines of this level are written, to save the work of making them. */
bool log_enabled(enum log_level level);

#endif
