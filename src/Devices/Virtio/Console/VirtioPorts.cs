using System.Buffers.Binary;
using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Console;

/// <summary>
/// A console device that is all named ports (VIRTIO_CONSOLE_F_MULTIPORT): Linux has each as <c>/dev/vportNpM</c>, which udev
/// links to <c>/dev/virtio-ports/NAME</c>. Virtio 1.2, 5.3.
/// </summary>
/// <remarks>
/// It stands beside <see cref="VirtioConsole"/>, whose one port never waits and drops what nobody takes: here a slow client
/// makes the writer in the guest wait. Port 0, which is a console by definition, is never added; a driver that does not
/// know MULTIPORT finds a console that takes everything and says nothing.
/// </remarks>
public sealed partial class VirtioPorts : IVirtioDevice
{
    /// <summary>The most named ports: two queues each, and a vector for every queue.</summary>
    public const int MostPorts = 15;

    private const ushort QueueSize = 64;

    private readonly byte[] _config = new byte[ConsoleDevice.ConfigSize];
    private readonly IReadOnlyList<KeyValuePair<string, IPortBackend>> _given;
    private readonly ushort[] _sizes;
    private NamedPort[] _ports = [];
    private VirtioDeviceCore _core = null!;
    private PortControl _control = null!;

    /// <summary>Makes the device.</summary>
    /// <param name="name">As in traces, such as <c>ports0</c>.</param>
    /// <param name="ports">Each port's name in the guest, and its host end. At least one, at most <see cref="MostPorts"/>.</param>
    public VirtioPorts(string name, IReadOnlyList<KeyValuePair<string, IPortBackend>> ports)
    {
        ArgumentOutOfRangeException.ThrowIfZero(ports.Count, nameof(ports));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ports.Count, MostPorts, nameof(ports));
        (Name, _given) = (name, ports);
        _sizes = new ushort[ConsoleDevice.FirstQueues + 2 * ports.Count];
        Array.Fill(_sizes, QueueSize);
        BinaryPrimitives.WriteInt32LittleEndian(_config.AsSpan(ConsoleDevice.ConfigMaxPorts), ports.Count + 1);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ushort DeviceType => DeviceIds.VIRTIO_ID_CONSOLE;

    /// <inheritdoc/>
    public ulong DeviceFeatures => FeatureBits.Mask(ConsoleDevice.VIRTIO_CONSOLE_F_MULTIPORT);

    /// <inheritdoc/>
    public ReadOnlySpan<ushort> QueueSizes => _sizes;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Config => _config;

    /// <inheritdoc/>
    public void WriteConfig(int offset, ReadOnlySpan<byte> data)
    {
    }

    /// <inheritdoc/>
    public void Attach(VirtioDeviceCore core)
    {
        _core = core;
        _ports = [.. _given.Select((port, i) => new NamedPort(core, i + 1, port.Key, port.Value, QueueSize))];
        _control = new PortControl(core, _ports, QueueSize);
        foreach (NamedPort port in _ports)
            port.Backend.Changed = () => OnHostChanged(port);
    }

    /// <inheritdoc/>
    public void Activate(ulong features)
    {
    }

    /// <inheritdoc/>
    public bool ProcessQueue(int queue)
    {
        switch (queue)
        {
            case ConsoleDevice.TransmitQueue:
                return _control.Drain(queue);
            case ConsoleDevice.ReceiveQueue:
                return false;
        }
        if (!HasPorts)
            return false;
        switch (queue)
        {
            case ConsoleDevice.ControlReceiveQueue:
                _control.Tell();
                return false;
            case ConsoleDevice.ControlTransmitQueue:
                return _control.Listen();
        }
        NamedPort port = _ports[(queue - ConsoleDevice.FirstQueues) / 2];
        return queue % 2 == 0 ? port.Receive() : port.Transmit();
    }

    /// <inheritdoc/>
    public void Quiesce()
    {
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _control.Reset();
        foreach (NamedPort port in _ports)
            port.Reset();
    }

    private bool HasPorts => _core.Has(ConsoleDevice.VIRTIO_CONSOLE_F_MULTIPORT);

    private void OnHostChanged(NamedPort port)
    {
        using VirtioDeviceCore.Scope scope = _core.Enter();
        if (!_core.IsActive || !HasPorts)
            return;
        _control.Tell();
        port.OnHostChanged();
    }
}
