namespace Vmm.Firmware;

/// <summary>What a guest does when all goes well, exactly enough to be tested.</summary>
/// <param name="Output">Texts that appear on the first serial port, in this order; other text may stand between.</param>
/// <param name="Ending">How it ends.</param>
/// <param name="Typed">What has to be typed on the serial port for it to get there; empty when it needs no input.</param>
public sealed record GuestExpectation(IReadOnlyList<string> Output, GuestEnding Ending, string Typed = "");
