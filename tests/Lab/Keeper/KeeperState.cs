namespace Vmm.Lab.Keeper;

/// <summary>What the keeper answers, as one line of JSON.</summary>
/// <param name="Error">Why there is no L1; null when it is up.</param>
/// <param name="Port">The agent's port on 127.0.0.1.</param>
/// <param name="Token">What the agent wants to hear first (hex).</param>
/// <param name="KeeperPid">The keeper's process.</param>
/// <param name="QemuPid">L1's process.</param>
/// <param name="BootSeconds">QEMU's start to the agent's readiness.</param>
/// <param name="Leases">Clients that keep it up.</param>
public sealed record KeeperState(string? Error, int Port, string Token, int KeeperPid, int QemuPid, double BootSeconds, int Leases);
