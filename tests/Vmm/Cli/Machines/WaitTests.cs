using Vmm.Cli.Machines;
using Vmm.Host;
using Vmm.Registry;
using Vmm.Tests.Vmm.Registry;
using Xunit;

namespace Vmm.Tests.Vmm.Cli.Machines;

public sealed class WaitTests : IDisposable
{
    private readonly TemporaryHome _there = new();

    public void Dispose() => _there.Dispose();

    /// <summary>Between hanging up and its end a process has not yet written how it ended.</summary>
    [Fact]
    public async Task Process_that_listens_no_more_is_waited_for_until_it_is_gone()
    {
        VmRecord running = new() { StartedAt = DateTimeOffset.UtcNow };
        LockedVm vm = _there.Define("web", running);
        Task<int> waiting = Task.Run(() => WaitCommand.WaitFor(vm.Folder), TestContext.Current.CancellationToken);
        vm.Folder.WriteRecord(running with { EndedAt = DateTimeOffset.UtcNow, ExitCode = 7 });
        vm.Dispose();
        Assert.Equal(7, await waiting);
    }

    [Fact]
    public void VM_that_never_ran_has_no_end()
    {
        VmFolder folder = _there.Resting("web");
        Assert.Contains("'web' has not been started", Assert.Throws<VmmException>(() => WaitCommand.WaitFor(folder)).Message, StringComparison.Ordinal);
    }
}
