namespace Vmm.Bench.SideBySide;

/// <summary>What the move of a guest took.</summary>
/// <param name="TotalMilliseconds">From beginning to end.</param>
/// <param name="DowntimeMilliseconds">For how long the guest ran nowhere.</param>
/// <param name="Megabytes">What was sent.</param>
internal sealed record Move(double TotalMilliseconds, double DowntimeMilliseconds, double Megabytes);
