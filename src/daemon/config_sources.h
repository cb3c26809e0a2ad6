/* Where configuration comes from: the command line before the environment before the file. */
#ifndef JOBD_DAEMON_CONFIG_SOURCES_H
#define JOBD_DAEMON_CONFIG_SOURCES_H

#include "daemon/config.h"

/*
 * Fills `config` from the defaults, the file named by --config or JOBD_CONFIG (none: no file), the
 * environment, and the options in argv[1..]. What is no option of the table is left in argv, from
 * argv[1] on, in order, and *argc says how many there are; `--` ends the options. False names the
 * first wrong value and where it stands.
 */
bool config_load(struct config *config, int *argc, char **argv, struct err *err);

#endif
