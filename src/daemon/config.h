/* The configuration: one table of options, and their values. */
#ifndef JOBD_DAEMON_CONFIG_H
#define JOBD_DAEMON_CONFIG_H

#include "base/err.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Values; texts live until config_release. A text without a default is NULL until given. */
struct config {
    const char *store;
    const char *listen;
    bool insecure_http;
    const char *tls_cert, *tls_key;
    int64_t threads;
    int64_t max_connections, max_connections_per_address, max_event_readers;
    int64_t head_timeout, body_timeout, idle_timeout, drain_timeout; /* milliseconds */
    int64_t stalled_after; /* milliseconds */
    const char *log_format, *log_level;
    int64_t auth_cache; /* milliseconds */
    int64_t password_hashes, auth_failures;
    int64_t session_lifetime; /* milliseconds */
    bool session_cookie_secure;
    const char *jwt_jwks, *jwt_issuer, *jwt_audience, *jwt_algorithms, *jwt_types, *jwt_principal;
    int64_t jwt_skew; /* milliseconds */
};

enum option_type {
    OPTION_TEXT, /* const char * */
    OPTION_CHOICE, /* const char *, one of `choices` */
    OPTION_FLAG, /* bool; on the command line `--name` alone means true */
    OPTION_COUNT, /* int64_t within min..max */
    OPTION_DURATION, /* int64_t milliseconds within min..max; written like 250ms, 10s, 5m */
};

/* One row an option: the command line, the file, the environment and the manual follow from it. */
struct option_row {
    const char *name; /* --name, `name = value`, JOBD_NAME */
    enum option_type type;
    size_t offset; /* in struct config */
    const char *standard; /* the default as it would be written; NULL: none */
    int64_t min, max;
    const char *choices; /* "logfmt|json" */
    const char *help; /* one sentence */
};

extern const struct option_row option_rows[];
extern const size_t option_count;

/* NULL when there is none. */
const struct option_row *option_find(struct span name);

/* Every option at its default. */
void config_init(struct config *config);

/* Frees the texts. */
void config_release(struct config *config);

/* Reads and checks one value. False names the option, `where` it was given, what it may be and what
 * it was. */
bool config_set(struct config *config, const struct option_row *row, const char *value,
                const char *where, struct err *err);

/* What no single row can say: TLS needs both files, plain HTTP stays on this machine, the files
 * named can be read and the token algorithms are known. Opens files; nothing remote. */
bool config_check(const struct config *config, struct err *err);

#endif
