using Vmm.Host;
using Vmm.Machine;
using Xunit;

namespace Vmm.Tests.Vmm.Migration;

/// <summary>A guest goes to another process of this host with the very memory it has.</summary>
public sealed class LocalTests
{
    private const ulong Size = 64 * MigrationRig.MiB;

    [Fact]
    public void Memory_itself_is_handed_over_and_nothing_of_it_is_sent()
    {
        using MigrationRig rig = MigrationRig.Local(Size);
        new Random(1).NextBytes(rig.Source.Bytes);
        rig.Source.Works = guest => guest.Write(5, 77);
        rig.Run();
        Assert.Null(rig.SourceFault);
        Assert.Null(rig.TargetFault);
        Assert.True(rig.Target.Runs && rig.Target.HasDisks && !rig.Source.Runs && !rig.Source.HasDisks);
        Assert.Equal(77, rig.Target.Bytes[5]);
        Assert.True(rig.Source.Bytes.SequenceEqual(rig.Target.Bytes));
        // One memory, not two that are alike.
        rig.Target.Bytes[9] ^= 0xff;
        Assert.Equal(rig.Target.Bytes[9], rig.Source.Bytes[9]);
        Assert.Equal(0, rig.Result!.Pages);
        Assert.InRange(rig.Result.Sent, 1, 64 << 10);
        Assert.Equal(rig.Source.State, rig.Target.State);
        Assert.False(rig.Source.IsLogged);
    }

    [Fact]
    public void Descriptor_that_is_missing_is_told()
    {
        using MigrationRig rig = MigrationRig.Local(Size);
        using TamperingRelay relay = new(rig.Folder, rig.Place, towardsTarget: true, (_, message) => [message]);
        rig.Place = relay.Place;
        rig.Run();
        // The relay passes bytes on, and no descriptors.
        Assert.Contains("Memory without a descriptor", rig.TargetFault!.Message, StringComparison.Ordinal);
        PreCopyTests.AssertStayed(rig);
    }

    [Fact]
    [Trait("Row", "56")]
    public void Memory_that_another_process_could_cut_is_refused()
    {
        SafeFd file = SafeFd.Own(Linux.memfd_create("loose", Linux.MFD_CLOEXEC | Linux.MFD_ALLOW_SEALING), "memfd_create");
        Assert.Equal(0, Linux.ftruncate(file.Number, (long)Size));
        VmmException refused = Assert.Throws<VmmException>(() => GuestRam.Adopt(file, Size, hugepages: false));
        Assert.Contains("sealed", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "56")]
    public void Memory_of_another_size_is_refused()
    {
        VmmException refused = Assert.Throws<VmmException>(() => GuestRam.Adopt(MigrationRig.SealedMemory(Size / 2), Size, hugepages: false));
        Assert.Contains($"has {Size / 2} bytes, and the guest has {Size}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_behind_ram_cannot_be_cut_by_anybody()
    {
        using GuestRam ram = GuestRam.Create(Size, shared: true);
        Assert.Equal(-1, Linux.ftruncate(ram.File!.Number, 0));
        Assert.Equal(Errno.EPERM, Linux.LastError);
    }
}
