/*
 * The yardstick of 'vmm bench exits': the same guest over the raw ioctls of KVM, and nothing around them but what KVM
 * demands. vmm hands it the guest's memory and registers in a file; it answers with the samples on standard output:
 * "ok NANOSECONDS ACCESSES\n" and 8 bytes each, or "no REASON\n".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define RAM_SIZE (4u << 20)
#define GUEST_TIME 0x200000
#define HOST_TIME 0x200008
#define ARMED 0x200010
#define REPLY 0x200028
#define SAMPLES 0x210000
#define PAGES (16u << 20)
#define DEBUG_EXIT 0xf4
#define CONTROL_PORT 0x5e0
#define ARM_PORT 0x5e4
#define WAKE_LINE 10
#define WAKE_VECTOR 0x28
#define SETTLE_NS 400000
#define MOST_BEHIND (1ull << 28)

static int vm, cpu_vcpu, cpu_others;
static uint8_t *ram, *pages;
static uint64_t page_bytes, page_size;
static int wants_dirty, wants_wake, is_msi, is_echo, armed_fd, irq_fd, uffd;
static uint64_t begun, elapsed, accesses;
static int turns, is_done;

struct vcpu {
    int fd;
    struct kvm_run *run;
};

static __attribute__((noreturn)) void no(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    printf("no ");
    vprintf(format, list);
    printf("\n");
    fflush(stdout);
    _exit(0);
}

static int must(int result, const char *what)
{
    if (result < 0)
        no("%s: %s", what, strerror(errno));
    return result;
}

static void keep_on(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    must(sched_setaffinity(0, sizeof set, &set), "sched_setaffinity");
}

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static struct kvm_userspace_memory_region page_slot(void)
{
    return (struct kvm_userspace_memory_region){ .slot = 1, .guest_phys_addr = PAGES, .memory_size = page_bytes, .userspace_addr = (uintptr_t)pages };
}

static void begin(void)
{
    if (wants_dirty) {
        struct kvm_userspace_memory_region slot = page_slot();
        slot.flags = KVM_MEM_LOG_DIRTY_PAGES;
        must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot), "KVM_SET_USER_MEMORY_REGION");
    }
    if (wants_wake && !is_echo && __rdtsc() - *(volatile uint64_t *)(ram + GUEST_TIME) > MOST_BEHIND)
        no("the guest's TSC cannot be made the host's");
    begun = now_ns();
}

static __attribute__((noreturn)) void finish(uint8_t status)
{
    if (status)
        no("exception %u in the guest", status);
    if (!is_done)
        no("the guest ended before it had measured");
    printf("ok %llu %llu\n", (unsigned long long)elapsed, (unsigned long long)accesses);
    fwrite(ram + SAMPLES, sizeof(uint64_t), turns, stdout);
    fflush(stdout);
    _exit(0);
}

static void port(struct kvm_run *run)
{
    uint8_t *data = (uint8_t *)run + run->io.data_offset;
    if (run->io.direction == KVM_EXIT_IO_IN) {
        memset(data, 0, run->io.size * run->io.count);
        accesses++;
    } else if (run->io.port == CONTROL_PORT) {
        if (*data == 1) {
            begin();
        } else {
            elapsed = now_ns() - begun;
            is_done = 1;
        }
    } else if (run->io.port == DEBUG_EXIT) {
        finish(*data);
    } else {
        accesses++;
    }
}

static void *run_vcpu(void *argument)
{
    struct vcpu *vcpu = argument;
    struct kvm_run *run = vcpu->run;
    for (;;) {
        if (ioctl(vcpu->fd, KVM_RUN, 0) < 0) {
            if (errno != EINTR && errno != EAGAIN)
                no("KVM_RUN: %s", strerror(errno));
            continue;
        }
        switch (run->exit_reason) {
        case KVM_EXIT_IO:
            port(run);
            break;
        case KVM_EXIT_MMIO:
            accesses++;
            if (!run->mmio.is_write)
                memset(run->mmio.data, 0, run->mmio.len);
            break;
        case KVM_EXIT_X86_RDMSR:
            run->msr.data = 0;
            /* fall through */
        case KVM_EXIT_X86_WRMSR:
            accesses++;
            run->msr.error = 0;
            break;
        case KVM_EXIT_INTERNAL_ERROR:
            no("KVM cannot run the instruction (KVM_EXIT_INTERNAL_ERROR)");
        case KVM_EXIT_SHUTDOWN:
            no("the guest crashed: triple fault");
        default:
            no("exit %u", run->exit_reason);
        }
    }
}

static void *run_first(void *argument)
{
    keep_on(cpu_vcpu);
    return run_vcpu(argument);
}

static void floor_of(struct vcpu *vcpu, int warm)
{
    static uint64_t samples[1 << 18];
    keep_on(cpu_vcpu);
    for (int i = -warm; i < turns; i++) {
        if (i == 0)
            begun = now_ns();
        uint64_t before = __rdtsc();
        vcpu->run->immediate_exit = 1;
        ioctl(vcpu->fd, KVM_RUN, 0);
        vcpu->run->immediate_exit = 0;
        if (i >= 0)
            samples[i] = __rdtsc() - before;
    }
    elapsed = now_ns() - begun;
    memcpy(ram + SAMPLES, samples, turns * sizeof *samples);
    is_done = 1;
    finish(0);
}

static void answer(void)
{
    uint64_t count;
    if (read(armed_fd, &count, sizeof count) < 0)
        return;
    if (is_echo) {
        __atomic_store_n((uint64_t *)(ram + REPLY), *(volatile uint64_t *)(ram + ARMED), __ATOMIC_RELEASE);
        return;
    }
    struct timespec settle = { .tv_nsec = SETTLE_NS };
    ppoll(NULL, 0, &settle, NULL);
    __atomic_store_n((uint64_t *)(ram + HOST_TIME), __rdtsc(), __ATOMIC_RELEASE);
    if (is_msi) {
        struct kvm_msi msi = { .address_lo = 0xfee00000, .data = WAKE_VECTOR };
        ioctl(vm, KVM_SIGNAL_MSI, &msi);
    } else {
        uint64_t one = 1;
        if (write(irq_fd, &one, sizeof one) < 0)
            no("write to irqfd: %s", strerror(errno));
    }
}

static void serve(void)
{
    struct uffd_msg message;
    if (read(uffd, &message, sizeof message) != sizeof message)
        return;
    struct uffdio_zeropage zero = { .range = { .start = message.arg.pagefault.address & ~(page_size - 1), .len = page_size } };
    while (ioctl(uffd, UFFDIO_ZEROPAGE, &zero) < 0 && errno == EAGAIN)
        ;
}

static void *watch(void *argument)
{
    int epoll = must(epoll_create1(0), "epoll_create1");
    struct epoll_event event = { .events = EPOLLIN };
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, wants_wake ? armed_fd : uffd, &event), "epoll_ctl");
    for (;;) {
        if (epoll_wait(epoll, &event, 1, -1) == 1)
            wants_wake ? answer() : serve();
    }
    return argument;
}

static void ring_at(uint64_t address, int fd, int flags)
{
    struct kvm_ioeventfd bell = { .addr = address, .len = 4, .fd = fd, .flags = flags };
    must(ioctl(vm, KVM_IOEVENTFD, &bell), "KVM_IOEVENTFD");
}

static void map_pages(int is_huge, int is_served)
{
    page_size = is_huge ? 2u << 20 : 4096;
    uint8_t *room = mmap(NULL, page_bytes + page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        no("mmap: %s", strerror(errno));
    pages = (uint8_t *)(((uintptr_t)room + page_size - 1) & ~(page_size - 1));
    madvise(pages, page_bytes, is_huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    if (!is_served)
        return;
    uffd = must(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK), "userfaultfd");
    struct uffdio_api api = { .api = UFFD_API };
    must(ioctl(uffd, UFFDIO_API, &api), "UFFDIO_API");
    struct uffdio_register range = { .range = { .start = (uintptr_t)pages, .len = page_bytes }, .mode = UFFDIO_REGISTER_MODE_MISSING };
    must(ioctl(uffd, UFFDIO_REGISTER, &range), "UFFDIO_REGISTER");
}

/* A length of 8 bytes, then as many. */
static void *part(int file, uint64_t *length)
{
    if (read(file, length, sizeof *length) != sizeof *length)
        no("the guest's file is cut");
    void *bytes = malloc(*length);
    if (!bytes || read(file, bytes, *length) != (ssize_t)*length)
        no("the guest's file is cut");
    return bytes;
}

int main(int argc, char **argv)
{
    if (argc < 9)
        no("usage: exits FILE TURNS WARM VCPUS CPU OTHERS PAGE_BYTES DOORBELL [WORD...]");
    turns = atoi(argv[2]);
    int warm = atoi(argv[3]), vcpus = atoi(argv[4]);
    cpu_vcpu = atoi(argv[5]);
    cpu_others = atoi(argv[6]);
    page_bytes = strtoull(argv[7], NULL, 0);
    uint64_t doorbell = strtoull(argv[8], NULL, 0);
    int is_floor = 0, is_huge = 0, is_served = 0, has_msrs = 0, at_port = 0, is_irqfd = 0;
    for (int i = 9; i < argc; i++) {
        is_floor |= !strcmp(argv[i], "floor");
        is_huge |= !strcmp(argv[i], "huge");
        is_served |= !strcmp(argv[i], "served");
        wants_dirty |= !strcmp(argv[i], "logged");
        has_msrs |= !strcmp(argv[i], "msrs");
        at_port |= !strcmp(argv[i], "port");
        is_irqfd |= !strcmp(argv[i], "irqfd");
        is_msi |= !strcmp(argv[i], "msi");
        is_echo |= !strcmp(argv[i], "echo");
    }
    wants_wake = is_irqfd || is_msi || is_echo;
    keep_on(cpu_others);

    uint64_t size, regs_size;
    int file = must(open(argv[1], O_RDONLY | O_CLOEXEC), argv[1]);
    struct kvm_regs *regs = part(file, &regs_size);
    struct kvm_sregs *special = part(file, &size);
    struct kvm_cpuid2 *cpuid = part(file, &size);
    uint64_t image_size;
    void *image = part(file, &image_size);

    int kvm = must(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
    vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
    ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (ram == MAP_FAILED)
        no("mmap: %s", strerror(errno));
    memcpy(ram, image, image_size);
    struct kvm_userspace_memory_region slot = { .memory_size = RAM_SIZE, .userspace_addr = (uintptr_t)ram };
    must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot), "KVM_SET_USER_MEMORY_REGION");
    if (page_bytes) {
        map_pages(is_huge, is_served);
        slot = page_slot();
        must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot), "KVM_SET_USER_MEMORY_REGION");
    }
    uint64_t identity = 0xfeffc000;
    must(ioctl(vm, KVM_SET_IDENTITY_MAP_ADDR, &identity), "KVM_SET_IDENTITY_MAP_ADDR");
    must(ioctl(vm, KVM_SET_TSS_ADDR, 0xfeffd000ul), "KVM_SET_TSS_ADDR");
    must(ioctl(vm, KVM_CREATE_IRQCHIP, 0), "KVM_CREATE_IRQCHIP");
    struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
    must(ioctl(vm, KVM_CREATE_PIT2, &pit), "KVM_CREATE_PIT2");
    if (has_msrs) {
        struct kvm_enable_cap cap = { .cap = KVM_CAP_X86_USER_SPACE_MSR, .args = { KVM_MSR_EXIT_REASON_UNKNOWN } };
        must(ioctl(vm, KVM_ENABLE_CAP, &cap), "KVM_CAP_X86_USER_SPACE_MSR");
    }
    if (doorbell)
        ring_at(doorbell, must(eventfd(0, EFD_NONBLOCK), "eventfd"), at_port ? KVM_IOEVENTFD_FLAG_PIO : 0);
    if (wants_wake)
        ring_at(ARM_PORT, armed_fd = must(eventfd(0, EFD_NONBLOCK), "eventfd"), KVM_IOEVENTFD_FLAG_PIO);
    if (is_irqfd) {
        struct kvm_irqfd line = { .fd = irq_fd = must(eventfd(0, EFD_NONBLOCK), "eventfd"), .gsi = WAKE_LINE };
        must(ioctl(vm, KVM_IRQFD, &line), "KVM_IRQFD");
    }

    static struct vcpu all[2];
    int map_size = must(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
    for (int i = 0; i < vcpus && i < 2; i++) {
        all[i].fd = must(ioctl(vm, KVM_CREATE_VCPU, i), "KVM_CREATE_VCPU");
        all[i].run = mmap(NULL, map_size, PROT_READ | PROT_WRITE, MAP_SHARED, all[i].fd, 0);
        if (all[i].run == MAP_FAILED)
            no("mmap of kvm_run: %s", strerror(errno));
        must(ioctl(all[i].fd, KVM_SET_CPUID2, cpuid), "KVM_SET_CPUID2");
    }
    must(ioctl(all[0].fd, KVM_SET_SREGS, special), "KVM_SET_SREGS");
    must(ioctl(all[0].fd, KVM_SET_REGS, regs), "KVM_SET_REGS");
    if (wants_wake && !is_echo) {
        uint64_t offset = 0;
        struct kvm_device_attr shared = { .group = KVM_VCPU_TSC_CTRL, .attr = KVM_VCPU_TSC_OFFSET, .addr = (uintptr_t)&offset };
        ioctl(all[0].fd, KVM_SET_DEVICE_ATTR, &shared);
    }
    if (is_floor)
        floor_of(&all[0], warm);

    pthread_t thread;
    if (wants_wake || is_served)
        pthread_create(&thread, NULL, watch, NULL);
    if (vcpus > 1)
        pthread_create(&thread, NULL, run_vcpu, &all[1]);
    if (pthread_create(&thread, NULL, run_first, &all[0]) != 0)
        no("pthread_create failed");
    pthread_join(thread, NULL);
    return 1;
}
