/* The options of a subcommand, read from the command line by its table. */
#ifndef JOBD_JOBCTL_OPTIONS_H
#define JOBD_JOBCTL_OPTIONS_H

#include "jobctl/command.h"

enum options_outcome {
    OPTIONS_GOOD,
    OPTIONS_HELP, /* --help was among them */
    OPTIONS_BAD, /* err says which and why */
};

/*
 * Reads argv, whose first word is the command's name, into `call`: options, json, operands. The
 * options' structure is allocated in the call's arena. Once a process: getopt keeps its place.
 */
enum options_outcome options_read(struct call *call, int argc, char **argv, struct err *err);

#endif
