namespace Vmm.Guest.Acpi;

/// <summary>A 16550 serial port.</summary>
/// <param name="Port">Its first I/O port of eight.</param>
/// <param name="Gsi">Its interrupt, edge-triggered and active high.</param>
public readonly record struct AcpiSerialPort(ushort Port, uint Gsi);
