using Vmm.Guest.Memory;
using Vmm.Machine.Build;
using Xunit;

namespace Vmm.Tests.Kvm.Moves;

/// <summary>What the guest <c>vigil</c> keeps in its memory, looked at from outside.</summary>
internal static class VigilMemory
{
    /// <summary>Where its records begin, one for each vCPU.</summary>
    public const int Records = 0x20_0000;

    /// <summary>Bytes of a record.</summary>
    private const int RecordSize = 64;

    private const int Taken = 8;
    private const int Stamped = 16;
    private const int Ranges = Records + Page;
    private const int Page = 4096;
    private const int PassShift = 32;

    /// <summary>How many ticks each vCPU has counted.</summary>
    public static ulong[] Ticks(MicroVm vm, int vcpus)
    {
        byte[] records = new byte[vcpus * RecordSize];
        Assert.True(vm.Ram.Memory.TryRead(new GuestAddress(Records), records));
        return [.. Enumerable.Range(0, vcpus).Select(i => BitConverter.ToUInt64(records, i * RecordSize))];
    }

    /// <summary>Fails unless every tick is accounted for and every page has the stamp that it must have. The guest is held.</summary>
    public static void Check(byte[] memory, int vcpus, int pages)
    {
        for (int vcpu = 0; vcpu < vcpus; vcpu++)
        {
            ulong counted = Number(memory, Records + vcpu * RecordSize);
            ulong taken = Number(memory, Records + vcpu * RecordSize + Taken);
            Assert.True(taken <= counted, $"vcpu{vcpu}: {taken} ticks worked off of {counted}");
            ulong stamped = Number(memory, Records + vcpu * RecordSize + Stamped);
            ulong passes = stamped / (ulong)pages;
            for (int page = 0; page < pages; page++)
            {
                int at = Ranges + (vcpu * pages + page) * Page;
                bool done = (ulong)page < stamped % (ulong)pages;
                // The one that comes next may be in the making, and the one before it done and not counted yet.
                bool next = (ulong)page == stamped % (ulong)pages;
                AssertStamp(memory, at, at, passes + (done ? 1UL : 0), next);
                AssertStamp(memory, at + Page - sizeof(ulong), at, passes + (done ? 1UL : 0), next);
            }
        }
    }

    private static void AssertStamp(byte[] memory, int place, int page, ulong pass, bool orNext)
    {
        ulong found = Number(memory, place);
        Assert.True(found == Stamp(page, pass) || orNext && found == Stamp(page, pass + 1), $"0x{place:x}: 0x{found:x}, where 0x{Stamp(page, pass):x} should be");
    }

    private static ulong Stamp(int page, ulong pass) => pass == 0 ? 0 : (pass << PassShift) + (uint)page;

    private static ulong Number(byte[] memory, int at) => BitConverter.ToUInt64(memory, at);
}
