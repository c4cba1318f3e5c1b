namespace Vmm.Devices.Virtio.Console;

/// <summary>The size of the terminal behind a console, in characters.</summary>
/// <param name="Columns">Width.</param>
/// <param name="Rows">Height.</param>
public readonly record struct ConsoleSize(ushort Columns, ushort Rows);
