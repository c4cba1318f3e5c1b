using Vmm.Cli.Trace;
using Vmm.Control;
using Vmm.Control.Local;
using Xunit;

namespace Vmm.Tests.Vmm.Cli;

/// <summary>What <c>vmm trace</c> says beside the trace.</summary>
public sealed class TraceCommandTests
{
    [Fact]
    public void Paused_vm_is_told_to_be_and_what_lets_it_go_on()
    {
        VmStatus status = new() { Name = "web", State = VmState.Paused };
        Assert.Equal("vmm: 'web' is paused: nothing is traced until it goes on ('vmm resume web', or 'vmm trace web --resume')", TraceCommand.PausedNote(status));
        Assert.Null(TraceCommand.PausedNote(status with { State = VmState.Running }));
        Assert.Null(TraceCommand.PausedNote(null));
    }
}
