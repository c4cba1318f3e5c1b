using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Snapshot;
using Vmm.Tests.Vmm.Cli;
using Vmm.Tests.Vmm.Snapshot;
using Xunit;

namespace Vmm.Tests.Vmm.Inspect;

/// <summary><c>vmm inspect</c> and <c>vmm coredump</c> on snapshots, as a user types them. No KVM.</summary>
public sealed class SnapshotInspectTests : IDisposable
{
    private readonly SnapshotMaker _maker = new();
    private readonly InspectRig _rig = new();
    private readonly SnapshotFolder _folder;

    public SnapshotInspectTests()
    {
        _rig.Put(0x8000, 0xf4);
        Assert.True(_maker.Ram.Memory.TryWrite(GuestAddress.Zero, _rig.Ram));
        _maker.Parts = _rig.Parts();
        SnapshotFolder first = _maker.Take("first");
        // The newest page is the child's.
        _maker.Fill(9, 0x90);
        _folder = _maker.Take("second", first, [9]);
    }

    public void Dispose() => _maker.Dispose();

    [Fact]
    public void Registers_code_memory_and_a_page_walk_are_those_of_the_chain()
    {
        Assert.Matches("mode +long mode, 64-bit", Run("registers"));
        Assert.StartsWith("=>  0xffffffff81000000  f4  hlt", Run("code", "--count", "1"), StringComparison.Ordinal);
        Assert.Equal("0x0000000000009ff8  90 90 90 90 90 90 90 90  ........\n", Run("memory", "0x9ff8", "--physical", "--count", "8"));
        Assert.Matches("physical +0x9234\npage +4 KiB\nrights +supervisor writable executable\nslot +0\nfile offset +0x9234\n", Run("walk", "0xffffffff81001234"));
        Assert.Matches("0 +0x0 +0x2fffff +3145728 +0x0\n", Run("slots"));
    }

    [Fact]
    public void Wrong_values_get_one_line_and_the_code_for_usage()
    {
        VmmException wrong = CommandLineRun.Refused("inspect", _folder.Path, "regisers");
        Assert.Equal(ExitCodes.Usage, wrong.ExitCode);
        Assert.EndsWith("; did you mean 'registers'?", wrong.Message, StringComparison.Ordinal);
        Assert.Equal(("--vcpu: there is no vCPU 7: 'web' has 2, from 0", ExitCodes.Usage), Refused("registers", "--vcpu", "7"));
        Assert.Equal(("--vcpu: '-1' is no whole number from 0 to 2147483647", ExitCodes.Usage), Refused("registers", "--vcpu=-1"));
        Assert.Equal(("--check: a snapshot has no KVM to compare with: name a VM that runs or is paused", ExitCodes.Usage), Refused("walk", "--check", "5"));
        Assert.Equal(ExitCodes.StartFailed, Refused("memory", "0x7f0000000000").Code);
        (string message, int code) = RefusedAt(_maker.PathOf("none"), "slots");
        Assert.Equal((true, ExitCodes.StartFailed), (message.Contains("there is no snapshot", StringComparison.Ordinal), code));
        Assert.Contains("is no snapshot", RefusedAt(_maker.Root, "slots").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_snapshot_is_told()
    {
        File.AppendAllText(_folder.StateFile, "x");
        (string message, int code) = Refused("registers");
        Assert.Equal((true, ExitCodes.StartFailed), (message.Contains(_folder.StateFile, StringComparison.Ordinal), code));
    }

    [Fact]
    public void Coredump_of_a_snapshot_is_written()
    {
        string core = _maker.PathOf("core");
        (int code, string text) = CommandLineRun.Run("coredump", _folder.Path, core);
        Assert.Equal(0, code);
        Assert.Matches($"core file +{core}\nvCPUs +2\nmemory +3 MiB, 0", text);
        byte[] content = File.ReadAllBytes(core);
        Assert.Equal(_maker.Content(), content[^(int)SnapshotMaker.Size..]);
        Assert.Contains("--force", CommandLineRun.Refused("coredump", _folder.Path, core).Message, StringComparison.Ordinal);
    }

    private string Run(params string[] arguments)
    {
        (int code, string output) = CommandLineRun.Run(["inspect", _folder.Path, .. arguments]);
        Assert.Equal(0, code);
        return output;
    }

    private (string Message, int Code) Refused(params string[] arguments) => RefusedAt(_folder.Path, arguments);

    private static (string Message, int Code) RefusedAt(string folder, params string[] arguments)
    {
        VmmException refused = CommandLineRun.Refused(["inspect", folder, .. arguments]);
        return (refused.Message, refused.ExitCode);
    }
}
