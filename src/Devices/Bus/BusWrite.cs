namespace Vmm.Devices.Bus;

/// <summary>A device's <see cref="IBusDevice.Write"/>, bound to it.</summary>
/// <param name="offset">From the start of the device's range.</param>
/// <param name="data">What is written.</param>
public delegate void BusWrite(ulong offset, ReadOnlySpan<byte> data);
