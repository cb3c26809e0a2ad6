/* What the reporting thread does: each call to the server when it is due, until all is told. */
#ifndef JOBD_JOBCTL_DELIVERY_H
#define JOBD_JOBCTL_DELIVERY_H

/* The thread's whole life; `reporter` is a struct reporter. */
void *delivery_main(void *reporter);

#endif
