/* The help texts and the manual page, all made from the tables of the subcommands. */
#ifndef JOBD_JOBCTL_MANUAL_H
#define JOBD_JOBCTL_MANUAL_H

#include "base/buf.h"
#include "jobctl/command.h"

/* What there is, one line a subcommand. */
void manual_overview(struct buf *out);
/* One subcommand and its options. */
void manual_command(struct buf *out, const struct command *command);
/* The page jobctl(1) in roff. */
void manual_page(struct buf *out);

#endif
