/* Where the server is and who we are: from the environment and the user's file. */
#ifndef JOBD_CLIENT_SETTINGS_H
#define JOBD_CLIENT_SETTINGS_H

#include "base/arena.h"
#include "base/err.h"
#include "jobd.h"

#include <stdbool.h>

/* Fills what `settings` leaves open; texts live in `arena`. False when a file that was named cannot
 * be read or is wrong. */
bool settings_load(struct arena *arena, struct jobd_settings *settings, struct err *err);

#endif
