namespace Vmm.Cli.Check;

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">What.</param>
/// <param name="Verdict">How it is.</param>
/// <param name="Detail">What was found, or what lacks and the command that mends it.</param>
internal sealed record HostFinding(string Name, Verdict Verdict, string Detail);
