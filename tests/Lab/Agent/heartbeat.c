/*
 * An interrupt ten times a second, from a timer that rearms itself.
 *
 * QEMU's emulated SVM can lose the request for a hardware interrupt: entering and leaving the
 * nested guest clears a flag of the CPU's interrupt requests without a lock, while the main
 * thread may just be setting another. The local APIC's timer is one-shot under Linux, and is
 * set again by the very interrupt that was lost: a guest that spins then has the only CPU for
 * itself, for minutes. The next interrupt of any kind delivers what is pending, so L1 is given
 * one that comes without being asked for: the HPET's third comparator, in periodic mode.
 */
#include <fcntl.h>
#include <linux/hpet.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BEATS_PER_SECOND = 10 };

int main(void)
{
    int timer = open("/dev/hpet", O_RDONLY | O_CLOEXEC);
    if (timer < 0 || ioctl(timer, HPET_IRQFREQ, (unsigned long)BEATS_PER_SECOND) < 0
        || ioctl(timer, HPET_EPI, 0) < 0 || ioctl(timer, HPET_IE_ON, 0) < 0) {
        perror("lab: no heartbeat: /dev/hpet");
        return 1;
    }
    for (;;)
        pause();                 /* the timer stops with its descriptor; nobody needs to read it */
}
