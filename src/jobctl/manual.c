/* The help texts and the manual page, all made from the tables of the subcommands. */
#include "jobctl/manual.h"

#include "base/scope.h"
#include "version.h"

#define TEXT_COLUMNS 78

/* What holds for every subcommand. */
static const struct option_row common_rows[] = {
    {.name = "json", .type = OPTION_FLAG, .help = "Write JSON, and only JSON, to standard output."},
    {.name = "help", .type = OPTION_FLAG, .help = "Explain the subcommand."},
};

/* Paragraphs; a line that begins with a blank stands as it is. */
static const char *const environment[] = {
    "Where the server is and who you are is never given on the command line, where others could "
    "read it. It comes from the environment, and what is missing there from the file "
    "$XDG_CONFIG_HOME/jobd/client.conf (~/.config/jobd/client.conf), in lines `name = value`:",
    "  JOBD_URL            url             the server, such as https://jobs.example.org or\n"
    "                                      unix:/run/jobd.sock; else http://127.0.0.1:8080\n"
    "  JOBD_USER           user            your account\n"
    "  JOBD_PASSWORD       password        its password, or\n"
    "  JOBD_PASSWORD_FILE  password-file   the file whose first line it is\n"
    "  JOBD_TOKEN          token           a JSON Web Token instead, or\n"
    "  JOBD_TOKEN_FILE     token-file      the file whose first line it is",
    ("Credentials are taken from one place: with any of them in the environment, those of the file "
     "do not count. NO_COLOR switches colours off, TERM=dumb bars too."),
};

static const char exit_status[] =
    "Exit status 0: fine; 1: it failed; 2: wrong usage. wait also ends with 124 when the time ran "
    "out; run ends as its command does: with its exit status, 128 + N after signal N, 127 when "
    "there is no such command, 126 when it cannot be executed.";

/* Breaks `text` into lines, each after `indent` blanks. */
static void add_wrapped(struct buf *out, const char *text, int indent)
{
    struct span rest = span_of(text), word;
    size_t used = 0;
    while (span_cut(&rest, ' ', &word)) {
        if (used > 0 && used + 1 + word.len > TEXT_COLUMNS - (size_t)indent) {
            buf_add_char(out, '\n');
            used = 0;
        }
        if (used == 0)
            buf_printf(out, "%*s", indent, "");
        else
            buf_add_char(out, ' ');
        buf_add_span(out, word);
        used += word.len + (used > 0);
    }
    buf_add_char(out, '\n');
}

static void add_option(struct buf *out, const struct option_row *row)
{
    buf_add_str(out, "  ");
    if (row->letter != '\0')
        buf_printf(out, "-%c, ", row->letter);
    buf_printf(out, "--%s%s%s%s\n", row->name, row->value != NULL ? " " : "",
               row->value != NULL ? row->value : "", row->required ? " (required)" : "");
    add_wrapped(out, row->help, 8);
    if (row->choices == NULL)
        return;
    buf_printf(out, "        One of %s.\n", row->choices);
}

void manual_command(struct buf *out, const struct command *command)
{
    buf_printf(out, "jobctl %s [OPTIONS]%s%s: %s\n\n", command->name,
               *command->operands != '\0' ? " " : "", command->operands, command->summary);
    add_wrapped(out, command->description, 0);
    buf_add_str(out, "\nOptions:\n");
    for (size_t i = 0; i < command->row_count; i++)
        add_option(out, &command->rows[i]);
    for (size_t i = 0; i < ARRAY_SIZE(common_rows); i++)
        add_option(out, &common_rows[i]);
    buf_add_char(out, '\n');
    add_wrapped(out, exit_status, 0);
}

void manual_overview(struct buf *out)
{
    buf_printf(out, "jobctl %s: create, watch and wrap jobs on a jobd server\n\n", JOBD_VERSION);
    for (size_t i = 0; i < command_count; i++)
        if (commands[i] != &command_manual)
            buf_printf(out, "  jobctl %-8s %-10s %s\n", commands[i]->name, commands[i]->operands,
                       commands[i]->summary);
    buf_add_str(out, "\n`jobctl help COMMAND` explains one; every command takes --json.\n"
                     "`jobctl manual` prints the manual page, `jobctl --version` the version.\n\n");
    for (size_t i = 0; i < ARRAY_SIZE(environment); i++) {
        if (*environment[i] == ' ')
            buf_printf(out, "%s\n", environment[i]);
        else
            add_wrapped(out, environment[i], 0);
        buf_add_char(out, '\n');
    }
    add_wrapped(out, exit_status, 0);
}

/* roff takes a leading dot or quote, and every backslash and hyphen, for its own. */
static void add_roff(struct buf *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        bool start = c == text || c[-1] == '\n';
        if (start && (*c == '.' || *c == '\''))
            buf_add_str(out, "\\&");
        if (*c == '\\')
            buf_add_str(out, "\\e");
        else if (*c == '-')
            buf_add_str(out, "\\-");
        else
            buf_add_char(out, *c);
    }
}

static void add_roff_option(struct buf *out, const struct option_row *row)
{
    buf_add_str(out, ".TP\n.B ");
    if (row->letter != '\0')
        buf_printf(out, "\\-%c, ", row->letter);
    add_roff(out, "--");
    add_roff(out, row->name);
    if (row->value != NULL) {
        buf_add_str(out, " \\fI");
        add_roff(out, row->value);
        buf_add_str(out, "\\fR");
    }
    buf_add_char(out, '\n');
    add_roff(out, row->help);
    if (row->required)
        buf_add_str(out, " Required.");
    if (row->choices != NULL) {
        buf_add_str(out, " One of ");
        add_roff(out, row->choices);
        buf_add_char(out, '.');
    }
    buf_add_char(out, '\n');
}

static void add_roff_command(struct buf *out, const struct command *command)
{
    buf_printf(out, ".SS jobctl %s [OPTIONS] ", command->name);
    add_roff(out, command->operands);
    buf_add_char(out, '\n');
    add_roff(out, command->description);
    buf_add_char(out, '\n');
    for (size_t i = 0; i < command->row_count; i++)
        add_roff_option(out, &command->rows[i]);
}

void manual_page(struct buf *out)
{
    buf_printf(out,
               ".TH JOBCTL 1 \"\" \"jobd %s\" \"User Commands\"\n.SH NAME\n"
               "jobctl \\- create, watch and wrap jobs on a jobd server\n.SH SYNOPSIS\n.nf\n",
               JOBD_VERSION);
    for (size_t i = 0; i < command_count; i++) {
        buf_printf(out, "jobctl %s [OPTIONS] ", commands[i]->name);
        add_roff(out, commands[i]->operands);
        buf_add_char(out, '\n');
    }
    buf_add_str(out, "jobctl \\-\\-version\n.fi\n.SH COMMANDS\n");
    for (size_t i = 0; i < command_count; i++)
        add_roff_command(out, commands[i]);
    buf_add_str(out, ".SH OPTIONS OF EVERY COMMAND\n");
    for (size_t i = 0; i < ARRAY_SIZE(common_rows); i++)
        add_roff_option(out, &common_rows[i]);
    buf_add_str(out, ".SH ENVIRONMENT\n");
    for (size_t i = 0; i < ARRAY_SIZE(environment); i++) {
        bool literal = *environment[i] == ' ';
        buf_add_str(out, literal ? ".nf\n" : ".PP\n");
        add_roff(out, environment[i]);
        buf_add_str(out, literal ? "\n.fi\n" : "\n");
    }
    buf_add_str(out, ".SH EXIT STATUS\n");
    add_roff(out, exit_status);
    buf_add_str(out, "\n.SH SEE ALSO\n.BR jobd (8)\n");
}
