/* Where configuration comes from: the command line before the environment before the file. */
#include "daemon/config_sources.h"

#include "base/mem.h"
#include "base/scope.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENVIRONMENT_NAME_MAX 64
/* Of a line of the file, and so of a value in it. */
#define LINE_SIZE 1200

static void close_file(FILE **file)
{
    if (*file != NULL)
        fclose(*file);
}

/* head-timeout -> JOBD_HEAD_TIMEOUT */
static void environment_name(const char *option, char ret_name[static ENVIRONMENT_NAME_MAX])
{
    snprintf(ret_name, ENVIRONMENT_NAME_MAX, "JOBD_%s", option);
    for (char *c = ret_name; *c != '\0'; c++)
        *c = *c == '-' ? '_' : (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
}

static bool read_line(struct config *config, struct span line, const char *where, struct err *err)
{
    struct span name, value = span_trim(line);
    if (value.len == 0 || value.ptr[0] == '#')
        return true;
    if (!span_cut(&value, '=', &name) || value.ptr == NULL)
        return err_set(err, "%s: expected `name = value`", where);
    name = span_trim(name);
    value = span_trim(value);
    const struct option_row *row = option_find(name);
    if (row == NULL)
        return err_set(err, "%s: there is no option %.*s", where, (int)name.len, name.ptr);
    char text[LINE_SIZE];
    snprintf(text, sizeof(text), "%.*s", (int)value.len, value.ptr);
    return config_set(config, row, text, where, err);
}

static bool read_file(struct config *config, const char *path, struct err *err)
{
    char line[LINE_SIZE], where[400];
    AUTO(close_file) FILE *file = fopen(path, "re");
    if (file == NULL)
        return err_set(err, "cannot read the configuration file %s: %s", path, strerror(errno));
    for (int number = 1; fgets(line, sizeof(line), file) != NULL; number++) {
        size_t len = strcspn(line, "\r\n");
        snprintf(where, sizeof(where), "%.300s:%d", path, number);
        if (len == sizeof(line) - 1)
            return err_set(err, "%s: the line is too long", where);
        if (!read_line(config, (struct span){line, len}, where, err))
            return false;
    }
    return true;
}

static bool read_environment(struct config *config, struct err *err)
{
    char name[ENVIRONMENT_NAME_MAX];
    for (size_t i = 0; i < option_count; i++) {
        environment_name(option_rows[i].name, name);
        const char *value = getenv(name);
        if (value != NULL && !config_set(config, &option_rows[i], value, name, err))
            return false;
    }
    return true;
}

/* One option of the command line, in either form, `--name value` or `--name=value`. */
struct argument {
    struct span name;
    const char *value; /* NULL: not given */
};

/* Takes argv[*at] apart; moves *at onto a value in a word of its own when `row` wants one. */
static bool take_argument(int argc, char **argv, int *at, struct argument *ret_argument)
{
    const char *word = argv[*at];
    if (strncmp(word, "--", 2) != 0 || word[2] == '\0')
        return false;
    const char *equals = strchr(word, '=');
    ret_argument->name =
        equals != NULL ? (struct span){word + 2, (size_t)(equals - word - 2)} : span_of(word + 2);
    const struct option_row *row = option_find(ret_argument->name);
    bool is_config = span_is(ret_argument->name, "config");
    if (row == NULL && !is_config)
        return false;
    ret_argument->value = equals != NULL ? equals + 1 : NULL;
    if (equals == NULL && row != NULL && row->type == OPTION_FLAG)
        ret_argument->value = "true";
    else if (equals == NULL && *at + 1 < argc)
        ret_argument->value = argv[++*at];
    return true;
}

/* Walks the command line: the file's name is needed before everything else, so this runs twice. */
static bool read_arguments(struct config *config, int argc, char **argv, const char **ret_file,
                           struct err *err)
{
    struct argument argument;
    for (int at = 1; at < argc && strcmp(argv[at], "--") != 0; at++) {
        if (!take_argument(argc, argv, &at, &argument))
            continue;
        if (argument.value == NULL)
            return err_set(err, "--%.*s needs a value", (int)argument.name.len, argument.name.ptr);
        const struct option_row *row = option_find(argument.name);
        if (row == NULL)
            *ret_file = argument.value;
        else if (config != NULL && !config_set(config, row, argument.value, "command line", err))
            return false;
    }
    return true;
}

/* Leaves in argv what is none of ours. */
static void drop_arguments(int *argc, char **argv)
{
    struct argument argument;
    int kept = 1, at = 1;
    for (; at < *argc && strcmp(argv[at], "--") != 0; at++) {
        int first = at;
        if (!take_argument(*argc, argv, &at, &argument))
            argv[kept++] = argv[first];
    }
    for (at++; at < *argc; at++)
        argv[kept++] = argv[at];
    *argc = kept;
    argv[kept] = NULL;
}

bool config_load(struct config *config, int *argc, char **argv, struct err *err)
{
    const char *file = getenv("JOBD_CONFIG");
    config_init(config);
    if (!read_arguments(NULL, *argc, argv, &file, err) ||
        (file != NULL && !read_file(config, file, err)) || !read_environment(config, err) ||
        !read_arguments(config, *argc, argv, &file, err))
        return false;
    drop_arguments(argc, argv);
    return true;
}
