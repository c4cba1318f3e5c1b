using Vmm.Control;
using Vmm.Host;
using Vmm.Logging;
using Vmm.Machine.Config;
using Vmm.Snapshot;
using Vmm.Tests.Kvm.Firmware;
using Xunit;

namespace Vmm.Tests.Kvm.Control;

/// <summary>A snapshot that nobody wants any more while it is taken.</summary>
public sealed class SnapshotGivenUpTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmm-given-up-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nothing_is_left_of_it_and_the_guest_goes_on(bool live)
    {
        KvmDevice.Require();
        using VmmLog log = new("test", [], TimeProvider.System);
        using VmControl control = new(new EventHub(TimeProvider.System), log);
        control.Create(MachineConfigResolver.Resolve(new() { Firmware = "monitor", Console = ConsoleTarget.Off, Memory = new() { Size = ByteSize.Parse("8M") } }));
        control.Boot();
        SnapshotRequest request = new(Path.Combine(_folder.FullName, "s")) { Live = live };
        List<VmState> seen = [];
        VmmException refused = Assert.Throws<VmmException>(() => control.TakeSnapshot(request, () =>
        {
            // Whoever looks is not kept waiting.
            seen.Add(Task.Run(() => control.State).Result);
            return true;
        }));
        Assert.Contains("was given up", refused.Message, StringComparison.Ordinal);
        Assert.Equal([live ? VmState.Running : VmState.Paused], seen);
        Assert.Empty(_folder.EnumerateFileSystemInfos());
        Assert.Equal(VmState.Running, control.State);
        control.TakeSnapshot(request);
        Assert.True(new SnapshotFolder(request.Path).Exists);
    }
}
