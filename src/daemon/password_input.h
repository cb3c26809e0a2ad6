/* Passwords from people and programs: asked on the terminal, or read from standard input. */
#ifndef JOBD_DAEMON_PASSWORD_INPUT_H
#define JOBD_DAEMON_PASSWORD_INPUT_H

#include "base/err.h"
#include "model/account.h"

#include <stdbool.h>

#define PASSWORD_INPUT_SIZE (ACCOUNT_PASSWORD_MAX + 2)

/* The first line of standard input, without its end. */
bool password_from_stdin(char ret_password[static PASSWORD_INPUT_SIZE], struct err *err);

/* Asked twice on the terminal, unseen. */
bool password_from_terminal(const char *name, char ret_password[static PASSWORD_INPUT_SIZE],
                            struct err *err);

#endif
