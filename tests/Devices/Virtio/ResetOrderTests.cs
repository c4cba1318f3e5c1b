using System.Text.Json;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio;

/// <summary>What a driver sees from another processor while a reset completes, and what is told to one that is starting.</summary>
public sealed class ResetOrderTests : IVirtioTransport, IDisposable
{
    private readonly TestDevice _device = new();
    private readonly TestRam _ram = new((0UL, Rig.RamSize));
    private readonly VirtioDeviceCore _core;
    private byte? _statusAtReset;
    private int _configInterrupts;

    public ResetOrderTests()
    {
        _core = new VirtioDeviceCore(_device, _ram.Memory, new TestDoorbells());
        _core.Connect(this);
    }

    public void Dispose() => _ram.Dispose();

    [Fact]
    public void Status_reads_zero_only_when_the_transport_is_reset_too()
    {
        Negotiate();
        _core.WriteStatus(GuestDriver.DriverOk, false);
        _core.WriteStatus(0, false);
        Assert.Equal(GuestDriver.DriverOk, _statusAtReset);
        Assert.Equal(0, _core.Status);
    }

    [Fact]
    public void Change_that_a_starting_driver_may_have_missed_is_told_when_it_is_ready()
    {
        Negotiate();
        _device.ChangeConfig(7);
        Assert.Equal(0, _configInterrupts);
        _core.WriteStatus(GuestDriver.DriverOk, false);
        Assert.Equal(1, _configInterrupts);

        _core.WriteStatus(0, false);
        Negotiate();
        _core.WriteStatus(GuestDriver.DriverOk, false);
        Assert.Equal(1, _configInterrupts);
    }

    void IVirtioTransport.InterruptQueue(int queue)
    {
    }

    void IVirtioTransport.InterruptConfig() => _configInterrupts++;

    void IVirtioTransport.Activated()
    {
    }

    void IVirtioTransport.WasReset() => _statusAtReset = _core.Status;

    JsonElement IVirtioTransport.SaveState() => throw new NotSupportedException();

    Action IVirtioTransport.PrepareState(int version, JsonElement state) => throw new NotSupportedException();

    private void Negotiate()
    {
        _core.WriteStatus(GuestDriver.Acknowledge, false);
        _core.WriteStatus(GuestDriver.Driver, false);
        _core.WriteDriverFeatures(1, 1u << (FeatureBits.VIRTIO_F_VERSION_1 - 32));
        _core.WriteStatus(GuestDriver.FeaturesOk, false);
        Assert.Equal(GuestDriver.FeaturesOk, _core.Status);
    }
}
