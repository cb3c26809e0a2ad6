/* The options of a subcommand, read from the command line by its table. */
#include "jobctl/options.h"

#include "base/clock.h"
#include "base/parse.h"
#include "base/scope.h"

#include <getopt.h>
#include <inttypes.h>
#include <string.h>

/* Values of getopt's own, behind the letters; rows follow from FIRST_ROW on. */
enum { VALUE_JSON = 1000, VALUE_HELP, FIRST_ROW };
#define LETTERS_MAX 32

static void *member(const struct call *call, const struct option_row *row)
{
    return (char *)(uintptr_t)call->options + row->offset;
}

static void set_standards(const struct call *call)
{
    for (size_t i = 0; i < call->command->row_count; i++) {
        const struct option_row *row = &call->command->rows[i];
        if (row->standard != 0)
            memcpy(member(call, row), &row->standard, sizeof(row->standard));
    }
}

/* The choice as it is written in the table, whatever the case it was given in; NULL if none. */
static const char *choose(const struct call *call, const struct option_row *row, const char *value)
{
    struct span rest = span_of(row->choices), choice;
    while (row->choices != NULL && span_cut(&rest, '|', &choice))
        if (span_is_nocase(choice, value))
            return arena_strndup(call->arena, choice.ptr, choice.len);
    return row->choices == NULL ? value : NULL;
}

static bool set_text(const struct call *call, const struct option_row *row, const char *value,
                     struct err *err)
{
    const char *text = choose(call, row, value);
    if (text == NULL)
        return err_set(err, "--%s must be one of %s, not \"%.60s\"", row->name, row->choices,
                       value);
    memcpy(member(call, row), &text, sizeof(text));
    return true;
}

static bool add_text(const struct call *call, const struct option_row *row, const char *value,
                     struct err *err)
{
    struct option_list *list = member(call, row);
    const char **longer = ARENA_ARRAY(call->arena, const char *, list->count + 2);
    const char *text = choose(call, row, value);
    if (text == NULL)
        return err_set(err, "--%s must be one of %s, not \"%.60s\"", row->name, row->choices,
                       value);
    if (longer == NULL)
        return err_set(err, "too many --%s", row->name);
    for (size_t i = 0; i < list->count; i++)
        longer[i] = list->items[i];
    longer[list->count++] = text;
    list->items = longer;
    return true;
}

static bool set_number(const struct call *call, const struct option_row *row, const char *value,
                       struct err *err)
{
    int64_t number;
    if (!parse_int(span_of(value), row->min, row->max, &number))
        return err_set(err,
                       "--%s must be a whole number from %" PRId64 " to %" PRId64 ", not \"%.60s\"",
                       row->name, row->min, row->max, value);
    memcpy(member(call, row), &number, sizeof(number));
    return true;
}

static bool set_duration(const struct call *call, const struct option_row *row, const char *value,
                         struct err *err)
{
    int64_t ms;
    if (!parse_duration(span_of(value), &ms))
        return err_set(err, "--%s must be a time like 250ms, 10s or 5m, not \"%.60s\"", row->name,
                       value);
    if (row->max != 0 && (ms < row->min || ms > row->max))
        return err_set(err, "--%s must be from %" PRId64 "s to %" PRId64 "s, not \"%.60s\"",
                       row->name, row->min / 1000, row->max / 1000, value);
    memcpy(member(call, row), &ms, sizeof(ms));
    return true;
}

static bool set_moment(const struct call *call, const struct option_row *row, const char *value,
                       struct err *err)
{
    int64_t ms, now = clock_wall_ms(&clock_system);
    if (parse_duration(span_of(value), &ms) && ms <= CLOCK_MAX_MS - now)
        ms += now;
    else if (!clock_parse(span_of(value), &ms))
        return err_set(err,
                       "--%s must be a time like 2026-11-23T17:00:00Z, or 10m from now, not "
                       "\"%.60s\"",
                       row->name, value);
    memcpy(member(call, row), &ms, sizeof(ms));
    return true;
}

static bool set(const struct call *call, const struct option_row *row, const char *value,
                struct err *err)
{
    static const bool yes = true;
    switch (row->type) {
    case OPTION_FLAG:
        memcpy(member(call, row), &yes, sizeof(yes));
        return true;
    case OPTION_TEXT:
        return set_text(call, row, value, err);
    case OPTION_LIST:
        return add_text(call, row, value, err);
    case OPTION_NUMBER:
        return set_number(call, row, value, err);
    case OPTION_DURATION:
        return set_duration(call, row, value, err);
    case OPTION_MOMENT:
        return set_moment(call, row, value, err);
    }
    return false;
}

static struct option *long_options(const struct call *call)
{
    const struct command *command = call->command;
    struct option *longs = ARENA_ARRAY(call->arena, struct option, command->row_count + 3);
    if (longs == NULL)
        return NULL;
    for (size_t i = 0; i < command->row_count; i++)
        longs[i] = (struct option){
            .name = command->rows[i].name,
            .has_arg = command->rows[i].type != OPTION_FLAG,
            .val = FIRST_ROW + (int)i,
        };
    longs[command->row_count] = (struct option){.name = "json", .val = VALUE_JSON};
    longs[command->row_count + 1] = (struct option){.name = "help", .val = VALUE_HELP};
    return longs;
}

/* For getopt: a leading `+` ends the options at the first operand, a `:` follows what has a value.
 */
static void short_options(const struct command *command, char ret_letters[static LETTERS_MAX])
{
    char *at = ret_letters, *end = ret_letters + LETTERS_MAX - 3;
    if (command->wraps)
        *at++ = '+';
    *at++ = ':';
    *at++ = 'h';
    for (size_t i = 0; i < command->row_count && at < end; i++) {
        const struct option_row *row = &command->rows[i];
        if (row->letter == '\0')
            continue;
        *at++ = row->letter;
        if (row->type != OPTION_FLAG)
            *at++ = ':';
    }
    *at = '\0';
}

/* The row a letter stands for, as getopt's value of its long form; the value itself otherwise. */
static int long_value(const struct command *command, int value)
{
    for (size_t i = 0; i < command->row_count; i++)
        if (command->rows[i].letter != '\0' && command->rows[i].letter == value)
            return FIRST_ROW + (int)i;
    return value;
}

static bool check(const struct call *call, const bool *given, struct err *err)
{
    const struct command *command = call->command;
    for (size_t i = 0; i < command->row_count; i++)
        if (command->rows[i].required && !given[i])
            return err_set(err, "--%s is missing", command->rows[i].name);
    if (call->operand_count < command->min_operands)
        return err_set(err, "%s is missing", command->operands);
    if (command->max_operands >= 0 && call->operand_count > command->max_operands)
        return err_set(err, "\"%.100s\" is one word too many",
                       call->operands[command->max_operands]);
    return true;
}

static enum options_outcome misread(int value, char **argv, struct err *err)
{
    if (value == ':')
        err_set(err, "%.100s needs a value", argv[optind - 1]);
    else
        err_set(err, "\"%.100s\" is not understood here", argv[optind - 1]);
    return OPTIONS_BAD;
}

static enum options_outcome read_words(struct call *call, int argc, char **argv, struct err *err)
{
    const struct option *longs = long_options(call);
    bool *given = ARENA_ARRAY(call->arena, bool, call->command->row_count + 1);
    char letters[LETTERS_MAX];
    int value;
    if (longs == NULL || given == NULL)
        return err_set(err, "no memory"), OPTIONS_BAD;
    opterr = 0;
    short_options(call->command, letters);
    while ((value = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        value = long_value(call->command, value);
        if (value == VALUE_HELP || value == 'h')
            return OPTIONS_HELP;
        if (value == VALUE_JSON) {
            call->json = true;
            continue;
        }
        if (value < FIRST_ROW)
            return misread(value, argv, err);
        if (!set(call, &call->command->rows[value - FIRST_ROW], optarg, err))
            return OPTIONS_BAD;
        given[value - FIRST_ROW] = true;
    }
    call->operands = argv + optind;
    call->operand_count = argc - optind;
    return check(call, given, err) ? OPTIONS_GOOD : OPTIONS_BAD;
}

enum options_outcome options_read(struct call *call, int argc, char **argv, struct err *err)
{
    call->options = arena_alloc(call->arena, 1, call->command->options_size + 1);
    if (call->options == NULL)
        return err_set(err, "no memory"), OPTIONS_BAD;
    set_standards(call);
    return read_words(call, argc, argv, err);
}
