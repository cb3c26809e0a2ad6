/* Whether an action on an account fits what is there: the same sentences from every store. */
#ifndef JOBD_STORE_ACCOUNT_ACTION_H
#define JOBD_STORE_ACCOUNT_ACTION_H

#include "store/store.h"

/* `found` is whether there is an account of that name. CONFLICT, INVALID_REQUEST; see
 * account_action. */
enum problem account_action_check(const struct store_account *action, bool found, struct err *err);

#endif
