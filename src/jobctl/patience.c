/* Patience: a server that answered once may restart, and is waited for, for a minute. */
#include "jobctl/patience.h"

#include "base/clock.h"

/* How long a server that was there may be away. */
#define PATIENCE_MS 60000

static int64_t now_ms(void)
{
    return clock_mono_ns(&clock_system) / 1000000;
}

void patience_renew(struct patience *patience)
{
    *patience = (struct patience){.answered = true};
}

bool patience_bears(struct patience *patience, const struct call *call,
                    const struct jobd_error *error)
{
    if (!patience->answered || !jobd_may_pass(error))
        return false;
    if (patience->away_since == 0) {
        patience->away_since = now_ms();
        complain(call, 0, "%s; waiting on", error->text);
    }
    return now_ms() - patience->away_since < PATIENCE_MS;
}
