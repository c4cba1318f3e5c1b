using Vmm.Control;
using Vmm.Host;
using Vmm.Logging;
using Vmm.Tests.Kvm.Firmware;
using Vmm.Trace;
using Vmm.Trace.Recording;
using Xunit;

namespace Vmm.Tests.Kvm.Trace;

/// <summary>Traces for which nothing would ever come.</summary>
public sealed class RefusedTraceTests : IDisposable
{
    private readonly VmmLog _log = new("test", [], TimeProvider.System);
    private readonly VmControl _control;

    public RefusedTraceTests()
    {
        KvmDevice.Require();
        _control = new VmControl(new EventHub(TimeProvider.System), _log);
        _control.Create(TinyMachine.Describe("monitor", ""));
        _control.Boot();
    }

    public void Dispose()
    {
        _control.Dispose();
        _log.Dispose();
    }

    [Fact]
    public void Device_that_there_is_not_is_refused_with_those_that_there_are()
    {
        VmmException refused = Refused(new ExitFilter { Devices = ["serial0", "nope\n"] });
        Assert.StartsWith("--device: 'vmm' has no 'nope\\x0a': it has ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("serial0", refused.Message, StringComparison.Ordinal);
        Assert.Contains("pci-ecam", refused.Message, StringComparison.Ordinal);
        Assert.Contains(ExitFilter.Nobody, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void VCpu_that_there_is_not_is_refused_with_how_many_there_are() =>
        Assert.Equal("--vcpu: there is no vCPU 1: 'vmm' has 1, from 0", Refused(new ExitFilter { Vcpus = [0, 1] }).Message);

    private VmmException Refused(ExitFilter filter)
    {
        using MemoryStream nothing = new();
        VmmException refused = Assert.Throws<VmmException>(() => _control.Trace(new TraceRequest(filter, null, null), new StreamSink(nothing), _ => true));
        Assert.Equal(ExitCodes.Usage, refused.ExitCode);
        Assert.Equal(0, nothing.Length);
        return refused;
    }
}
