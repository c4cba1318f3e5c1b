/*
 * /init of the time-to-init image: tells the VMM that user space was reached, and nothing else.
 * No C library: what is measured is the kernel, not a program's start.
 *
 *   port 0xe9  gets "INIT\n" (the debug console)
 *   port 0xf4  gets 0x10 (debug exit: the VMM's exit status is 0x10 << 1 | 1 = 33)
 *
 * A VMM without debug exit gets a power-off.
 */
enum { SYS_IOPL = 172, SYS_REBOOT = 169, DEBUG_CONSOLE = 0xe9, DEBUG_EXIT = 0xf4, EXIT_VALUE = 0x10 };

static long call(long number, long a, long b, long c, long d)
{
    long result;
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return result;
}

static void out(unsigned short port, unsigned char value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

void _start(void)
{
    call(SYS_IOPL, 3, 0, 0, 0);
    for (const char *p = "INIT\n"; *p; p++)
        out(DEBUG_CONSOLE, (unsigned char)*p);
    out(DEBUG_EXIT, EXIT_VALUE);
    for (;;)                     /* LINUX_REBOOT_MAGIC1, MAGIC2, CMD_POWER_OFF: linux/reboot.h */
        call(SYS_REBOOT, 0xfee1deadL, 672274793, 0x4321fedc, 0);
}
