/* Back-off: how long to leave a server alone that did not answer, or asks for patience. */
#include "client/backoff.h"

#include "base/uuid.h"

#define SECOND INT64_C(1000000000)
#define FIRST (SECOND / 4)
#define DOUBLINGS_MAX 20

/* Up to a quarter less. */
static int64_t shorten(int64_t pause)
{
    struct uuid random = uuid_random();
    return pause - pause / 4 * random.bytes[0] / 255;
}

int64_t backoff_pause(struct backoff *backoff, const struct jobd_error *error, int64_t longest)
{
    int64_t pause = FIRST << backoff->failures;
    int64_t asked = error->retry_after * SECOND;
    if (backoff->failures < DOUBLINGS_MAX)
        backoff->failures++;
    pause = shorten(pause < longest ? pause : longest);
    return pause > asked ? pause : asked;
}
