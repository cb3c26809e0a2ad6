/* The configuration: one table of options, and their values. */
#include "daemon/config.h"

#include "auth/jwks_fetch.h"
#include "auth/jwt.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/scope.h"
#include "http/listen.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#define MEMBER(member) offsetof(struct config, member)
#define SECOND INT64_C(1000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

const struct option_row option_rows[] = {
    {"store", OPTION_TEXT, MEMBER(store), "sqlite:jobd.db", 0, 0, NULL,
     "Where jobs are kept: sqlite:PATH; postgresql://USER@HOST/DATABASE, a URL of libpq's, which "
     "several jobd may share (the password belongs into ~/.pgpass); or memory: (nothing is kept)."},
    {"listen", OPTION_TEXT, MEMBER(listen), "127.0.0.1:8080", 0, 0, NULL,
     "Where to serve: HOST:PORT, [ADDRESS]:PORT or unix:PATH; port 0 takes any free one."},
    {"insecure-http", OPTION_FLAG, MEMBER(insecure_http), "false", 0, 0, NULL,
     "Serve plain HTTP beyond this machine; credentials then cross the network in the clear."},
    {"tls-cert", OPTION_TEXT, MEMBER(tls_cert), NULL, 0, 0, NULL,
     "File with the certificate chain in PEM form; serves HTTPS together with tls-key."},
    {"tls-key", OPTION_TEXT, MEMBER(tls_key), NULL, 0, 0, NULL,
     "File with the certificate's private key in PEM form."},
    {"threads", OPTION_COUNT, MEMBER(threads), "0", 0, 64, NULL,
     "Threads that serve requests; 0: one a processor."},
    {"max-connections", OPTION_COUNT, MEMBER(max_connections), "10000", 1, 1000000, NULL,
     "Connections open at once."},
    {"max-connections-per-address", OPTION_COUNT, MEMBER(max_connections_per_address), "1000", 1,
     1000000, NULL, "Connections open at once from one address."},
    {"max-event-readers", OPTION_COUNT, MEMBER(max_event_readers), "5000", 1, 1000000, NULL,
     "Readers that follow the events at once."},
    {"head-timeout", OPTION_DURATION, MEMBER(head_timeout), "10s", 100, HOUR, NULL,
     "Time from a request's first line to the end of its headers."},
    {"body-timeout", OPTION_DURATION, MEMBER(body_timeout), "30s", 100, HOUR, NULL,
     "Time for a request's body to arrive, and for its answer to be taken."},
    {"idle-timeout", OPTION_DURATION, MEMBER(idle_timeout), "60s", 100, HOUR, NULL,
     "Time from connecting, or from the last answer, to the next request's first line."},
    {"drain-timeout", OPTION_DURATION, MEMBER(drain_timeout), "10s", 0, HOUR, NULL,
     "Time for requests under way to end after SIGTERM."},
    {"stalled-after", OPTION_DURATION, MEMBER(stalled_after), "5m", SECOND, 24 * HOUR, NULL,
     "How long a job may be held without progress before it counts as stalled."},
    {"log-format", OPTION_CHOICE, MEMBER(log_format), "logfmt", 0, 0, "logfmt|json",
     "How log lines on standard error are written."},
    {"log-level", OPTION_CHOICE, MEMBER(log_level), "info", 0, 0, "debug|info|warn|error",
     "The least important lines to write; the access log is info."},
    {"auth-cache", OPTION_DURATION, MEMBER(auth_cache), "60s", 0, HOUR, NULL,
     "How long verified credentials are believed without verifying them again."},
    {"password-hashes", OPTION_COUNT, MEMBER(password_hashes), "2", 1, 64, NULL,
     "Password hashes computed at once; each takes some 20 ms and 19 MiB."},
    {"auth-failures", OPTION_COUNT, MEMBER(auth_failures), "10", 0, 1000000, NULL,
     "Failed sign-ins an address may make before it is slowed to one every six seconds; 0: any "
     "number."},
    {"session-lifetime", OPTION_DURATION, MEMBER(session_lifetime), "12h", SECOND, 400 * DAY, NULL,
     "How long a browser that signed in on the page stays signed in."},
    {"session-cookie-secure", OPTION_FLAG, MEMBER(session_cookie_secure), "false", 0, 0, NULL,
     "Mark the session's cookie Secure although plain HTTP is spoken here: for a reverse proxy on "
     "a TCP port that speaks HTTPS. With tls-cert, and behind a proxy on unix:PATH that sends "
     "X-Forwarded-Proto: https, it is Secure anyway."},
    {"jwt-jwks", OPTION_TEXT, MEMBER(jwt_jwks), NULL, 0, 0, NULL,
     "JSON Web Key Set that signs accepted tokens: a file or an https URL. Without it no tokens "
     "are accepted."},
    {"jwt-issuer", OPTION_TEXT, MEMBER(jwt_issuer), NULL, 0, 0, NULL,
     "What a token's iss claim must be; without it any."},
    {"jwt-audience", OPTION_TEXT, MEMBER(jwt_audience), NULL, 0, 0, NULL,
     "What a token's aud claim must be or contain; without it any."},
    {"jwt-algorithms", OPTION_TEXT, MEMBER(jwt_algorithms), "RS256,ES256", 0, 0, NULL,
     "Accepted signature algorithms, of RS256..512, PS256..512 and ES256..512."},
    {"jwt-types", OPTION_TEXT, MEMBER(jwt_types), "at+jwt,jwt", 0, 0, NULL,
     "Accepted values of a token's typ header; `-` stands for a token without one."},
    {"jwt-principal", OPTION_TEXT, MEMBER(jwt_principal), "sub", 0, 0, NULL,
     "The claim that names the account."},
    {"jwt-skew", OPTION_DURATION, MEMBER(jwt_skew), "60s", 0, HOUR, NULL,
     "How far clocks may differ when a token's times are compared."},
};

const size_t option_count = ARRAY_SIZE(option_rows);

const struct option_row *option_find(struct span name)
{
    for (size_t i = 0; i < option_count; i++)
        if (span_is(name, option_rows[i].name))
            return &option_rows[i];
    return NULL;
}

static bool is_choice(const char *choices, const char *value)
{
    struct span rest = span_of(choices), choice;
    while (span_cut(&rest, '|', &choice))
        if (span_is(choice, value))
            return true;
    return false;
}

/* `10s` rather than 10000, so that messages speak as users write. */
static void describe_range(const struct option_row *row, char text[static 128])
{
    switch (row->type) {
    case OPTION_TEXT:
        snprintf(text, 128, "text that is not empty");
        break;
    case OPTION_CHOICE:
        snprintf(text, 128, "one of %s", row->choices);
        break;
    case OPTION_FLAG:
        snprintf(text, 128, "true or false");
        break;
    case OPTION_COUNT:
        snprintf(text, 128, "a whole number from %" PRId64 " to %" PRId64, row->min, row->max);
        break;
    case OPTION_DURATION:
        snprintf(text, 128, "a time like 250ms, 10s or 5m, from %" PRId64 "ms to %" PRId64 "s",
                 row->min, row->max / SECOND);
        break;
    }
}

/* The text at `at` gives way to a copy of `value`, or to none. */
static void replace_text(char *at, const char *value)
{
    char *text;
    memcpy(&text, at, sizeof(text));
    mem_free(text);
    text = value != NULL ? mem_need(mem_strdup(value)) : NULL;
    memcpy(at, &text, sizeof(text));
}

/* Copies the value as its type says; false leaves everything as it was. */
static bool assign(struct config *config, const struct option_row *row, const char *value)
{
    char *at = (char *)config + row->offset;
    int64_t number = 0;
    bool flag = false;
    switch (row->type) {
    case OPTION_TEXT:
    case OPTION_CHOICE:
        if (*value == '\0' || (row->type == OPTION_CHOICE && !is_choice(row->choices, value)))
            return false;
        replace_text(at, value);
        return true;
    case OPTION_FLAG:
        if (!parse_bool(span_of(value), &flag))
            return false;
        memcpy(at, &flag, sizeof(flag));
        return true;
    case OPTION_COUNT:
    case OPTION_DURATION:
        if (!(row->type == OPTION_COUNT ? parse_int(span_of(value), row->min, row->max, &number)
                                        : parse_duration(span_of(value), &number)) ||
            number < row->min || number > row->max)
            return false;
        memcpy(at, &number, sizeof(number));
        return true;
    }
    return false;
}

bool config_set(struct config *config, const struct option_row *row, const char *value,
                const char *where, struct err *err)
{
    char range[128];
    if (assign(config, row, value))
        return true;
    describe_range(row, range);
    return err_set(err, "%s: %s must be %s, not \"%.60s\"", where, row->name, range, value);
}

void config_init(struct config *config)
{
    *config = (struct config){0};
    for (size_t i = 0; i < option_count; i++)
        if (option_rows[i].standard != NULL)
            assign(config, &option_rows[i], option_rows[i].standard);
}

void config_release(struct config *config)
{
    for (size_t i = 0; i < option_count; i++)
        if (option_rows[i].type == OPTION_TEXT || option_rows[i].type == OPTION_CHOICE)
            replace_text((char *)config + option_rows[i].offset, NULL);
}

static bool store_check(const char *store, struct err *err)
{
    struct span text = span_of(store);
    char name[STORE_NAME_SIZE];
    store_name(store, name);
    return span_is(text, "memory:") ||
           (span_starts(text, "sqlite:") && !span_is(text, "sqlite:")) ||
           span_starts(text, "postgresql://") || span_starts(text, "postgres://") ||
           err_set(err, "store must be sqlite:PATH, postgresql://… or memory:, not \"%.60s\"",
                   name);
}

/* Files are opened rather than looked at: that says what serving would find. */
static bool file_check(const char *option, const char *path, struct err *err)
{
    FILE *file = path != NULL ? fopen(path, "re") : NULL;
    if (path != NULL && (file == NULL || (fgetc(file) == EOF && ferror(file)))) {
        err_set(err, "%s: cannot read %s: %s", option, path, strerror(errno));
        if (file != NULL)
            fclose(file);
        return false;
    }
    return file == NULL || fclose(file) == 0;
}

static bool tokens_check(const struct config *config, struct err *err)
{
    const char *source = config->jwt_jwks;
    if (!jwt_algorithms_check(config->jwt_algorithms, err))
        return false;
    return source == NULL || (jwks_source_check(source, err) &&
                              (jwks_is_remote(source) || file_check("jwt-jwks", source, err)));
}

bool config_check(const struct config *config, struct err *err)
{
    if (!store_check(config->store, err))
        return false;
    if (!listen_check(config->listen, err)) {
        err_prefix(err, "listen");
        return false;
    }
    if ((config->tls_cert == NULL) != (config->tls_key == NULL))
        return err_set(err, "tls-cert and tls-key go together: one of them is missing");
    if (config->tls_cert == NULL && !config->insecure_http && !listen_is_local(config->listen))
        return err_set(err,
                       "listen: %s is reachable from other machines and plain HTTP would show them "
                       "every password; give tls-cert and tls-key, listen on unix:PATH behind a "
                       "reverse proxy, or say insecure-http",
                       config->listen);
    return file_check("tls-cert", config->tls_cert, err) &&
           file_check("tls-key", config->tls_key, err) && tokens_check(config, err);
}
