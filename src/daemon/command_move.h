/* jobd move: a whole store copied into another one, from the command line. */
#ifndef JOBD_DAEMON_COMMAND_MOVE_H
#define JOBD_DAEMON_COMMAND_MOVE_H

#include "daemon/config.h"

/* argv[0] is "move". Returns the exit status. */
int command_move(const struct config *config, int argc, char **argv);

#endif
