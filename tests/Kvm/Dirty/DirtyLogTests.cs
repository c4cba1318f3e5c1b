using Vmm.Guest.Memory;
using Vmm.Machine.Dirty;
using Vmm.Tests.Devices;
using Vmm.Tests.Kvm.Vcpu;
using Xunit;

namespace Vmm.Tests.Kvm.Dirty;

/// <summary>A real guest writes pages that are known; the log has these and no others.</summary>
public sealed class DirtyLogTests
{
    private const ulong Page = DirtyBitmap.PageSize;

    /// <summary>
    /// again: in al, 0x10 (the page's number); movzx ax, al; shl ax, 8; mov ds, ax; inc byte [0]; out 0x11, al; jmp again. Page n of
    /// RAM is segment n × 256.
    /// </summary>
    internal static readonly byte[] WritePages =
        [0xe4, 0x10, 0x0f, 0xb6, 0xc0, 0xc1, 0xe0, 0x08, 0x8e, 0xd8, 0xfe, 0x06, 0x00, 0x00, 0xe6, 0x11, 0xeb, 0xee];

    [Fact]
    public void Guest_s_writes_are_in_the_log_exactly_and_once()
    {
        using RealModeMachine guest = new(WritePages);
        using PageNumbers numbers = new();
        guest.Ports.TryAdd(0x10, 1, numbers);
        guest.Machine.Start();
        DirtyLog log = new(guest.Vm, guest.Ram.Memory);
        DirtyBitmap dirty = new(guest.Ram.Length);
        numbers.Write(5, 9);
        log.Start();
        Assert.Empty(Harvest(log, dirty));

        numbers.Write(7, 64, 65, 7, 7, 200);
        Assert.Equal([7, 64, 65, 200], Harvest(log, dirty));
        Assert.Empty(Harvest(log, dirty));
        numbers.Write(7);
        Assert.Equal([7], Harvest(log, dirty));

        log.Stop();
        numbers.Write(8);
        log.Start();
        numbers.Write(9);
        Assert.Equal([9], Harvest(log, dirty));
    }

    [Fact]
    public void Log_is_switched_on_and_off_while_a_guest_writes_and_nothing_is_missed_in_between()
    {
        using RealModeMachine guest = new(WritePages, vcpus: 2);
        using PageNumbers numbers = new() { IsStorm = true };
        guest.Ports.TryAdd(0x10, 1, numbers);
        guest.Machine.Start();
        DirtyLog log = new(guest.Vm, guest.Ram.Memory);
        DirtyBitmap dirty = new(guest.Ram.Length);
        for (int round = 0; round < 5; round++)
        {
            numbers.WaitForStorm();
            log.Start();
            byte[] before = Content(guest);
            numbers.WaitForStorm();
            guest.Machine.Pause();
            dirty.Clear();
            log.Harvest(dirty);
            byte[] after = Content(guest);
            for (int at = 0; at < before.Length; at += (int)Page)
                Assert.True(dirty.IsMarked((ulong)at) || before.AsSpan(at, (int)Page).SequenceEqual(after.AsSpan(at, (int)Page)), $"the write to page {at >> 12} was missed");
            Assert.True(dirty.Count() > 0);
            guest.Machine.Resume();
            log.Stop();
        }
    }

    [Fact]
    public void Devices_writes_are_in_the_log_too_and_a_harvest_allocates_nothing()
    {
        using RealModeMachine guest = new(WritePages);
        DirtyLog log = new(guest.Vm, guest.Ram.Memory);
        DirtyBitmap dirty = new(guest.Ram.Length);
        log.Start();
        Assert.True(guest.Ram.Memory.TryWrite(new GuestAddress(33 * Page), 1));
        Assert.Equal([33], Harvest(log, dirty));
        Assert.Equal(0, Allocated.Least(() => log.Harvest(dirty)));
    }

    private static byte[] Content(RealModeMachine guest)
    {
        byte[] content = new byte[guest.Ram.Length];
        Assert.True(guest.Ram.Memory.TryRead(GuestAddress.Zero, content));
        return content;
    }

    private static int[] Harvest(DirtyLog log, DirtyBitmap into)
    {
        into.Clear();
        log.Harvest(into);
        return [.. Enumerable.Range(0, (int)into.PageCount).Where(page => into.IsMarked((ulong)page * Page))];
    }
}
