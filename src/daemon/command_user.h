/* jobd user: accounts added, listed and changed from the command line. */
#ifndef JOBD_DAEMON_COMMAND_USER_H
#define JOBD_DAEMON_COMMAND_USER_H

#include "daemon/config.h"

/* argv[0] is "user"; options of the table are gone already. Returns the exit status. */
int command_user(const struct config *config, int argc, char **argv);

#endif
