using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vmm.GuestAgent;

/// <summary>
/// What is said to the guest agent and what it answers, as far as <c>vmm</c> reads it (QEMU Guest Agent Protocol Reference).
/// Whatever a guest answers is only ever read into these.
/// </summary>
internal static class AgentMessages
{
    /// <summary>Any answer: one of the two.</summary>
    /// <param name="Return">What the command returned.</param>
    /// <param name="Error">Why it was not done.</param>
    public sealed record Answer(JsonElement? Return, Error? Error);

    /// <summary>Why a command was not done.</summary>
    /// <param name="Class">Its kind, such as CommandNotFound.</param>
    /// <param name="Desc">In words, of the guest's.</param>
    public sealed record Error(string? Class, string? Desc);

    /// <summary>For guest-sync-delimited.</summary>
    public sealed record SyncArguments(long Id);

    /// <summary>For guest-exec.</summary>
    public sealed record ExecArguments(string Path, IReadOnlyList<string> Arg, bool CaptureOutput);

    /// <summary>Of guest-exec, and for guest-exec-status.</summary>
    public sealed record ExecProcess(long Pid);

    /// <summary>Of guest-exec-status. The output comes when the program has ended.</summary>
    public sealed record ExecStatus(bool Exited, int? Exitcode, int? Signal, byte[]? OutData, byte[]? ErrData, bool? OutTruncated, bool? ErrTruncated);

    /// <summary>For guest-shutdown.</summary>
    public sealed record ShutdownArguments(string Mode);

    /// <summary>For guest-set-time: nanoseconds since 1970.</summary>
    public sealed record TimeArguments(long Time);

    /// <summary>Of guest-info.</summary>
    /// <param name="Version">The agent's.</param>
    /// <param name="SupportedCommands">Spelt with an underscore, alone in the protocol.</param>
    public sealed record Info(string? Version, [property: JsonPropertyName("supported_commands")] IReadOnlyList<SupportedCommand>? SupportedCommands);

    /// <summary>A command that the agent knows.</summary>
    public sealed record SupportedCommand(string? Name, bool Enabled);

    /// <summary>Of guest-network-get-interfaces.</summary>
    public sealed record NetworkInterface(string? Name, string? HardwareAddress, IReadOnlyList<NetworkAddress>? IpAddresses);

    /// <summary>An address of an interface.</summary>
    public sealed record NetworkAddress(string? IpAddress, int Prefix);
}
