using System.Buffers.Binary;
using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Console;

/// <summary>The console device with its one port, which Linux calls <c>hvc0</c>. Virtio 1.2, 5.3.</summary>
public sealed partial class VirtioConsole : IVirtioDevice
{
    private const ushort QueueSize = 64;

    private static readonly ushort[] Sizes = [QueueSize, QueueSize];

    private readonly byte[] _config = new byte[ConsoleDevice.ConfigSize];
    private readonly IByteSink _output;
    private readonly bool _hasSize;
    private VirtioDeviceCore _core = null!;
    private ConsolePort _port = null!;

    /// <summary>Makes a console.</summary>
    /// <param name="name">As in traces, such as <c>console0</c>.</param>
    /// <param name="output">Where the guest's output goes.</param>
    /// <param name="size">The terminal's size; null when there is no terminal behind it.</param>
    public VirtioConsole(string name, IByteSink output, ConsoleSize? size = null)
    {
        (Name, _output, _hasSize) = (name, output, size is not null);
        if (size is { } known)
            SetSize(known);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ushort DeviceType => DeviceIds.VIRTIO_ID_CONSOLE;

    /// <inheritdoc/>
    public ulong DeviceFeatures => _hasSize ? FeatureBits.Mask(ConsoleDevice.VIRTIO_CONSOLE_F_SIZE) : 0;

    /// <inheritdoc/>
    public ReadOnlySpan<ushort> QueueSizes => Sizes;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Config => _config;

    /// <summary>
    /// Told that input may be accepted again, after <see cref="Receive"/> took less than it was given and when a driver
    /// comes up. Called on the event thread with the device's lock held: take no lock there that is held around
    /// <see cref="Receive"/>, which may be called from inside.
    /// </summary>
    public Action? RoomForInput
    {
        get => _port.RoomForInput;
        set => _port.RoomForInput = value;
    }

    /// <summary>Gives the guest input. Never blocks; any thread.</summary>
    /// <returns>How many bytes the guest's buffers took. Keep the rest, and try again at <see cref="RoomForInput"/>.</returns>
    public int Receive(ReadOnlySpan<byte> input)
    {
        using VirtioDeviceCore.Scope scope = _core.Enter();
        return _core.IsActive ? _port.Receive(input) : 0;
    }

    /// <summary>The terminal has a new size; the guest is told. Nothing happens for a console that was made without one.</summary>
    public void Resize(ConsoleSize size)
    {
        if (!_hasSize)
            return;
        using VirtioDeviceCore.Scope scope = _core.Enter();
        SetSize(size);
        _core.ConfigChanged();
    }

    /// <inheritdoc/>
    public void WriteConfig(int offset, ReadOnlySpan<byte> data)
    {
    }

    /// <inheritdoc/>
    public void Attach(VirtioDeviceCore core)
    {
        _core = core;
        _port = new ConsolePort(core, ConsoleDevice.ReceiveQueue, ConsoleDevice.TransmitQueue, QueueSize, _output);
    }

    /// <inheritdoc/>
    public void Activate(ulong features) => _port.Activate();

    /// <inheritdoc/>
    public bool ProcessQueue(int queue)
    {
        if (queue == ConsoleDevice.TransmitQueue)
            return _port.ProcessTransmit();
        _port.ProcessReceive();
        return false;
    }

    /// <inheritdoc/>
    public void Quiesce() => _port.Quiesce();

    /// <inheritdoc/>
    public void Reset() => _port.Reset();

    private void SetSize(ConsoleSize size)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_config.AsSpan(ConsoleDevice.ConfigColumns), size.Columns);
        BinaryPrimitives.WriteUInt16LittleEndian(_config.AsSpan(ConsoleDevice.ConfigRows), size.Rows);
    }
}
