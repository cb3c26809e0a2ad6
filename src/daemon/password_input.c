/* Passwords from people and programs: asked on the terminal, or read from standard input. */
#include "daemon/password_input.h"

#include "base/span.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static bool read_line(FILE *file, char ret_line[static PASSWORD_INPUT_SIZE], struct err *err)
{
    if (fgets(ret_line, PASSWORD_INPUT_SIZE, file) == NULL)
        return err_set(err, "no password was given");
    size_t len = strcspn(ret_line, "\r\n");
    if (len == PASSWORD_INPUT_SIZE - 1)
        return err_set(err, "a password has at most %d bytes", ACCOUNT_PASSWORD_MAX);
    ret_line[len] = '\0';
    return true;
}

bool password_from_stdin(char ret_password[static PASSWORD_INPUT_SIZE], struct err *err)
{
    return read_line(stdin, ret_password, err);
}

static bool ask(FILE *terminal, const char *prompt, const char *name,
                char ret_password[static PASSWORD_INPUT_SIZE], struct err *err)
{
    struct termios before, hidden;
    if (tcgetattr(fileno(terminal), &before) != 0)
        return err_set(err, "cannot hide what is typed on this terminal; use --password-stdin");
    hidden = before;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(terminal, "%s %s: ", prompt, name);
    fflush(terminal);
    tcsetattr(fileno(terminal), TCSAFLUSH, &hidden);
    bool good = read_line(terminal, ret_password, err);
    tcsetattr(fileno(terminal), TCSAFLUSH, &before);
    fputc('\n', terminal);
    return good;
}

bool password_from_terminal(const char *name, char ret_password[static PASSWORD_INPUT_SIZE],
                            struct err *err)
{
    char again[PASSWORD_INPUT_SIZE];
    FILE *terminal = fopen("/dev/tty", "r+e");
    if (terminal == NULL)
        return err_set(err, "there is no terminal to ask on; use --password-stdin");
    bool good = ask(terminal, "Password for", name, ret_password, err) &&
                ask(terminal, "Once more for", name, again, err);
    fclose(terminal);
    if (good && strcmp(ret_password, again) != 0)
        good = err_set(err, "the two passwords differ");
    explicit_bzero(again, sizeof(again));
    return good;
}
