/* The limits of the process: how many files, and so connections, it may have open. */
#ifndef JOBD_DAEMON_LIMITS_H
#define JOBD_DAEMON_LIMITS_H

/*
 * Raises the limit of open files as far as the process may, and says how many connections it leaves
 * room for: `wanted`, or fewer (at least one) and a warning in the log. Once, before threads start.
 */
unsigned limits_connections(unsigned wanted);

#endif
