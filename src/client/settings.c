/* Where the server is and who we are: from the environment and the user's file. */
#include "client/settings.h"

#include "base/scope.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 8192

/*
 * One row a setting: its environment variable, its line in the file, and whether it names a file
 * that holds the value.
 */
struct setting {
    const char *variable, *line;
    size_t offset;
    bool in_file;
};

static const struct setting rows[] = {
    {"JOBD_URL", "url", offsetof(struct jobd_settings, url), false},
    {"JOBD_USER", "user", offsetof(struct jobd_settings, user), false},
    {"JOBD_PASSWORD", "password", offsetof(struct jobd_settings, password), false},
    {"JOBD_PASSWORD_FILE", "password-file", offsetof(struct jobd_settings, password), true},
    {"JOBD_TOKEN", "token", offsetof(struct jobd_settings, token), false},
    {"JOBD_TOKEN_FILE", "token-file", offsetof(struct jobd_settings, token), true},
};

static void close_file(FILE **file)
{
    if (*file != NULL)
        fclose(*file);
}

static bool read_first_line(FILE *file, struct arena *arena, const char **ret_text, struct err *err)
{
    char line[LINE_MAX_BYTES];
    if (fgets(line, sizeof(line), file) == NULL)
        return err_set(err, "it is empty");
    const char *text = arena_strndup(arena, line, strcspn(line, "\r\n"));
    explicit_bzero(line, sizeof(line));
    if (text == NULL)
        return err_set(err, "no memory");
    *ret_text = text;
    return true;
}

/* The first line of a file: secrets are kept in one so. */
static bool read_secret(struct arena *arena, const char *path, const char **ret_text,
                        struct err *err)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return err_set(err, "cannot read %s: %s", path, strerror(errno));
    bool good =
        read_first_line(file, arena, ret_text, err) || err_prefix(err, "cannot read %s", path);
    fclose(file);
    return good;
}

/* The address may come from one place and the credentials from another, but never half of them. */
static bool is_credential(const struct setting *row)
{
    return row->offset != offsetof(struct jobd_settings, url);
}

static bool has_credentials(const struct jobd_settings *settings)
{
    return settings->user != NULL || settings->password != NULL || settings->token != NULL;
}

static const char **member(struct jobd_settings *settings, const struct setting *row)
{
    return (const char **)(void *)((char *)settings + row->offset);
}

/* What is there already stays: the environment comes before the file, and a value before the file
 * that holds one. */
static bool take(struct arena *arena, struct jobd_settings *settings, const struct setting *row,
                 const char *value, struct err *err)
{
    const char **at = member(settings, row);
    if (*at != NULL || *value == '\0')
        return true;
    if (row->in_file)
        return read_secret(arena, value, at, err);
    *at = arena_strdup(arena, value);
    return *at != NULL || err_set(err, "no memory");
}

static bool read_environment(struct arena *arena, struct jobd_settings *settings, struct err *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *value = getenv(rows[i].variable);
        if (value != NULL && !take(arena, settings, &rows[i], value, err))
            return false;
    }
    return true;
}

/* What a file says, and whether its credentials count. */
struct source {
    struct jobd_settings *settings;
    bool credentials;
};

static bool assign(struct arena *arena, const struct source *source, const struct setting *row,
                   struct span value, struct err *err)
{
    if (is_credential(row) && !source->credentials)
        return true;
    const char *copy = arena_strndup(arena, value.ptr, value.len);
    return copy != NULL ? take(arena, source->settings, row, copy, err) : err_set(err, "no memory");
}

static bool read_line(struct arena *arena, const struct source *source, struct span line,
                      struct err *err)
{
    struct span name, value = span_trim(line);
    if (value.len == 0 || value.ptr[0] == '#')
        return true;
    if (!span_cut(&value, '=', &name) || value.ptr == NULL)
        return err_set(err, "expected `name = value`");
    name = span_trim(name);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (span_is(name, rows[i].line))
            return assign(arena, source, &rows[i], span_trim(value), err);
    return err_set(err, "there is no setting %.*s", (int)name.len, name.ptr);
}

static const char *file_path(struct arena *arena)
{
    const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (base != NULL && *base == '/')
        return arena_printf(arena, "%s/jobd/client.conf", base);
    return home != NULL ? arena_printf(arena, "%s/.config/jobd/client.conf", home) : NULL;
}

static bool read_file(struct arena *arena, struct jobd_settings *settings, struct err *err)
{
    struct source source = {settings, !has_credentials(settings)};
    char line[LINE_MAX_BYTES];
    const char *path = file_path(arena);
    AUTO(close_file) FILE *file = path != NULL ? fopen(path, "re") : NULL;
    if (file == NULL)
        return path == NULL || errno == ENOENT || errno == ENOTDIR ||
               err_set(err, "cannot read %s: %s", path, strerror(errno));
    bool good = true;
    for (int number = 1; good && fgets(line, sizeof(line), file) != NULL; number++)
        good = read_line(arena, &source, (struct span){line, strcspn(line, "\r\n")}, err) ||
               err_prefix(err, "%s:%d", path, number);
    explicit_bzero(line, sizeof(line));
    return good;
}

bool settings_load(struct arena *arena, struct jobd_settings *settings, struct err *err)
{
    if (!read_environment(arena, settings, err) || !read_file(arena, settings, err))
        return false;
    return true;
}
