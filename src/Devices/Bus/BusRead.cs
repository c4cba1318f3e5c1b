namespace Vmm.Devices.Bus;

/// <summary>A device's <see cref="IBusDevice.Read"/>, bound to it.</summary>
/// <param name="offset">From the start of the device's range.</param>
/// <param name="data">Receives what is read.</param>
public delegate void BusRead(ulong offset, Span<byte> data);
