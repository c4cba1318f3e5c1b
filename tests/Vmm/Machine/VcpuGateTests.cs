using Vmm.Machine;
using Xunit;

namespace Vmm.Tests.Vmm.Machine;

public class VcpuGateTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly VcpuGate _gate = new(2);

    [Fact]
    public async Task Open_gate_is_passed_by_all_but_who_is_kept()
    {
        _gate.Keep(1);
        Assert.True(_gate.Pass(0));
        Task<bool> kept = Pass(1);
        Task<bool> other = Closed(0);
        Assert.True(_gate.WaitUntilHeld(s_patience));
        _gate.Open();
        Assert.True(await other.WaitAsync(s_patience, TestContext.Current.CancellationToken));
        Assert.False(kept.IsCompleted);
        _gate.KeepOnly(0);
        Assert.True(await kept.WaitAsync(s_patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Who_is_kept_goes_home_in_the_end()
    {
        _gate.Keep(1);
        Task<bool> kept = Pass(1);
        _gate.End();
        Assert.False(await kept.WaitAsync(s_patience, TestContext.Current.CancellationToken));
    }

    private Task<bool> Closed(int vcpu)
    {
        _gate.Close();
        return Pass(vcpu);
    }

    private Task<bool> Pass(int vcpu) => Task.Factory.StartNew(() => _gate.Pass(vcpu), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
