/* The help text and the manual page, both made from the option table. */
#ifndef JOBD_DAEMON_MANUAL_H
#define JOBD_DAEMON_MANUAL_H

/* Writes to standard output. */
void manual_help(void);
/* The page jobd(8) in roff. */
void manual_page(void);

#endif
