namespace Vmm.Firmware;

/// <summary>A number a guest takes from the kernel command line: <c>name=number</c>, decimal or 0x….</summary>
/// <param name="Name">The word before the equals sign.</param>
/// <param name="Default">Its value when the command line does not have it.</param>
/// <param name="Meaning">What it sets.</param>
public sealed record GuestParameter(string Name, ulong Default, string Meaning);
