/* The help text and the manual page, both made from the option table. */
#include "daemon/manual.h"

#include "daemon/config.h"
#include "version.h"

#include <stdbool.h>
#include <stdio.h>

static const char synopsis[] =
    "jobd serve [OPTIONS]              serve until SIGTERM\n"
    "jobd user add NAME --role ROLE    add an account (reader, user, worker, admin)\n"
    "jobd user list                    show all accounts\n"
    "jobd user passwd NAME             give an account another password\n"
    "jobd user role NAME --role ROLE   give an account another role\n"
    "jobd user disable|enable NAME     shut an account out, or let it in again\n"
    "jobd user delete NAME             remove an account; its jobs stay\n"
    "jobd move --from URL --to URL     copy a whole store into a new one\n"
    "jobd manual                       print the manual page\n"
    "jobd --check-config [OPTIONS]     say what is wrong with the configuration\n"
    "jobd --version | --help\n";

static const char notes[] =
    "Passwords are asked on the terminal, or read from standard input with --password-stdin.\n\n"
    "user commands work while jobd serves from the same store; it notices within seconds.\n\n"
    "move wants both stores for itself. One that was stopped goes on when it is run again, and\n"
    "until it is done nobody serves the new store. The old one is only read.\n\n"
    "Every option can also be given as JOBD_NAME in the environment (--head-timeout as\n"
    "JOBD_HEAD_TIMEOUT) or as a line `name = value` in the file named by --config FILE or\n"
    "JOBD_CONFIG. The command line wins over the environment, and that over the file.\n";

static const char *type_name(enum option_type type)
{
    switch (type) {
    case OPTION_TEXT:
        return "TEXT";
    case OPTION_CHOICE:
        return "CHOICE";
    case OPTION_FLAG:
        return "";
    case OPTION_COUNT:
        return "N";
    case OPTION_DURATION:
        return "TIME";
    }
    return "";
}

static const char *value_name(const struct option_row *row)
{
    return row->choices != NULL ? row->choices : type_name(row->type);
}

void manual_help(void)
{
    printf("jobd %s: a self-hosted job-progress service\n\n%s\nOptions:\n", JOBD_VERSION, synopsis);
    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];
        const char *value = value_name(row);
        printf("  --%s%s%s\n        %s", row->name, *value != '\0' ? " " : "", value, row->help);
        printf(row->standard != NULL ? " Default: %s.\n" : "\n", row->standard);
    }
    printf("\n%s", notes);
}

/* roff takes a leading dot or quote, and every backslash and hyphen, for its own. */
static void print_roff(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        bool start = c == text || c[-1] == '\n';
        if (start && (*c == '.' || *c == '\''))
            fputs("\\&", stdout);
        if (*c == '\\')
            fputs("\\e", stdout);
        else if (*c == '-')
            fputs("\\-", stdout);
        else
            putchar(*c);
    }
}

void manual_page(void)
{
    printf(".TH JOBD 8 \"\" \"jobd %s\" \"System Administration\"\n.SH NAME\n"
           "jobd \\- self\\-hosted job\\-progress service\n.SH SYNOPSIS\n.nf\n",
           JOBD_VERSION);
    print_roff(synopsis);
    printf(".fi\n.SH DESCRIPTION\n");
    print_roff(notes);
    printf(".SH OPTIONS\n");
    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];
        printf(".TP\n.B ");
        print_roff("--");
        print_roff(row->name);
        printf(" ");
        print_roff(value_name(row));
        printf("\n");
        print_roff(row->help);
        if (row->standard != NULL) {
            printf(" Default: ");
            print_roff(row->standard);
            printf(".");
        }
        printf("\n");
    }
    printf(".SH EXIT STATUS\n0 after an orderly end, 1 after a failure, 2 for wrong usage or "
           "configuration.\n.SH SEE ALSO\n.BR jobctl (1)\n");
}
