/* jobd user: accounts added, listed and changed from the command line. */
#include "daemon/command_user.h"

#include "auth/password.h"
#include "base/scope.h"
#include "daemon/password_input.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

#define ARENA_CEILING (128u << 20)

/* What a subcommand was given. */
struct user_call {
    struct store *store;
    struct account account; /* what is given of it */
    bool has_role;
    enum role role;
    bool password_stdin;
};

static void close_store(struct store **store)
{
    store_close(*store);
}

/* Nothing but `members` is written: somebody may be changing the rest just now. */
static bool finish(struct user_call *call, enum account_action action, unsigned members,
                   struct err *err)
{
    struct store_account write = {.action = action, .members = members, .account = call->account};
    STORE_WAIT(store_account, call->store, &write);
    return write.call.problem == PROBLEM_NONE || err_set(err, "%s", write.call.err.text);
}

static bool set_password(struct user_call *call, struct err *err)
{
    char password[PASSWORD_INPUT_SIZE];
    bool good =
        (call->password_stdin ? password_from_stdin(password, err)
                              : password_from_terminal(call->account.name, password, err)) &&
        account_password_check(span_of(password), err);
    if (good && !password_hash(span_of(password), call->account.hash))
        good = err_set(err, "no memory for hashing the password");
    explicit_bzero(password, sizeof(password));
    return good;
}

static bool user_add(struct user_call *call, struct err *err)
{
    call->account.role = call->role;
    return set_password(call, err) && finish(call, ACCOUNT_ADD, 0, err);
}

static bool user_passwd(struct user_call *call, struct err *err)
{
    return set_password(call, err) && finish(call, ACCOUNT_CHANGE, ACCOUNT_HASH, err);
}

static bool user_role(struct user_call *call, struct err *err)
{
    call->account.role = call->role;
    return finish(call, ACCOUNT_CHANGE, ACCOUNT_ROLE, err);
}

static bool user_disable(struct user_call *call, struct err *err)
{
    call->account.disabled = true;
    return finish(call, ACCOUNT_CHANGE, ACCOUNT_DISABLED, err);
}

static bool user_enable(struct user_call *call, struct err *err)
{
    call->account.disabled = false;
    return finish(call, ACCOUNT_CHANGE, ACCOUNT_DISABLED, err);
}

static bool user_delete(struct user_call *call, struct err *err)
{
    return finish(call, ACCOUNT_DELETE, 0, err);
}

static bool user_list(struct user_call *call, struct err *err)
{
    AUTO(arena_release) struct arena arena;
    struct store_accounts read = {.arena = &arena};
    arena_init(&arena, ARENA_CEILING);
    STORE_WAIT(store_accounts, call->store, &read);
    if (read.call.problem != PROBLEM_NONE)
        return err_set(err, "%s", read.call.err.text);
    for (size_t i = 0; i < read.count; i++) {
        char id[UUID_TEXT_SIZE];
        uuid_format(&read.accounts[i].id, id);
        printf("%s\t%s\t%s\t%s\n", read.accounts[i].name, role_name(read.accounts[i].role),
               read.accounts[i].disabled ? "disabled" : "enabled", id);
    }
    return true;
}

static const struct action {
    const char *name;
    bool (*run)(struct user_call *call, struct err *err);
    bool named, role; /* wants a NAME; wants --role */
} actions[] = {
    {"add", user_add, true, true},          {"list", user_list, false, false},
    {"passwd", user_passwd, true, false},   {"role", user_role, true, true},
    {"disable", user_disable, true, false}, {"enable", user_enable, true, false},
    {"delete", user_delete, true, false},
};

/* What stands behind the action: one NAME if it wants one, and the options of this command alone.
 */
static bool read_words(struct user_call *call, const struct action *action, int argc, char **argv,
                       struct err *err)
{
    const char *name = NULL;
    for (int i = 2; i < argc; i++) {
        struct span word = span_of(argv[i]);
        if (span_is(word, "--password-stdin")) {
            call->password_stdin = true;
        } else if (span_is(word, "--role") && i + 1 < argc) {
            call->has_role = true;
            if (!role_parse(span_of(argv[++i]), &call->role))
                return err_set(err, "--role must be reader, user, worker or admin, not \"%s\"",
                               argv[i]);
        } else if (action->named && name == NULL && !span_starts(word, "-")) {
            name = argv[i];
        } else {
            return err_set(err, "\"%s\" is not understood here", argv[i]);
        }
    }
    if (action->named && name == NULL)
        return err_set(err, "the NAME of the account is missing");
    if (action->role && !call->has_role)
        return err_set(err, "--role is missing: reader, user, worker or admin");
    if (!action->named)
        return true;
    snprintf(call->account.name, sizeof(call->account.name), "%s", name);
    return account_name_check(span_of(name), err);
}

static bool open_store(struct user_call *call, const char *url, struct err *err)
{
    struct store_options options = {.clock = &clock_system, .daemon = false};
    if (span_starts(span_of(url), "memory:"))
        return err_set(err, "accounts in %s would be gone at once", url);
    return store_open(url, &options, &call->store, err);
}

static int complain(const struct err *err, int status)
{
    fprintf(stderr, "jobd user: %s\n", err->text);
    return status;
}

int command_user(const struct config *config, int argc, char **argv)
{
    struct user_call call = {0};
    struct err err = {0};
    size_t at = 0;
    while (at < ARRAY_SIZE(actions) && (argc < 2 || strcmp(actions[at].name, argv[1]) != 0))
        at++;
    if (at == ARRAY_SIZE(actions)) {
        err_set(&err, "say add, list, passwd, role, disable, enable or delete");
        return complain(&err, 2);
    }
    if (!read_words(&call, &actions[at], argc, argv, &err))
        return complain(&err, 2);
    AUTO(close_store) struct store *store = NULL;
    bool good = open_store(&call, config->store, &err);
    store = call.store;
    good = good && actions[at].run(&call, &err);
    return good ? 0 : complain(&err, 1);
}
