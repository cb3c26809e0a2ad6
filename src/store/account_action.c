/* Actions on accounts: what is refused, and why. */
#include "store/account_action.h"

enum problem account_action_check(const struct store_account *action, bool found, struct err *err)
{
    const char *name = action->account.name;

    if (found && action->action == ACCOUNT_ADD) {
        err_set(err, "There is an account named '%s' already.", name);
        return PROBLEM_CONFLICT;
    }
    if (!found && action->action != ACCOUNT_ADD) {
        err_set(err, "There is no account named '%s'.", name);
        return PROBLEM_INVALID_REQUEST;
    }
    return PROBLEM_NONE;
}
