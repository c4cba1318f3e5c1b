using Vmm.Migration.Protocol;

namespace Vmm.Tests.Fuzz.Migration;

/// <summary>What a player does next.</summary>
internal sealed class Step
{
    /// <summary>On which connection.</summary>
    public int Connection { get; set; }

    /// <summary>What is said, or waited for; null where all connections are closed.</summary>
    public MessageType? Type { get; set; }

    /// <summary>Whether it is waited for.</summary>
    public bool IsAwaited { get; init; }

    /// <summary>What is said.</summary>
    public byte[] Payload { get; set; } = [];

    /// <summary>What becomes of the message's bytes, sealed as they are, on their way.</summary>
    public Func<byte[], byte[]>? OnTheWay { get; set; }

    /// <summary>Which descriptor goes along with the memory that is handed over; 0 for the right one.</summary>
    public ulong Descriptor { get; set; }

    /// <summary>Whether the connection ends after it.</summary>
    public bool Closes { get; set; }

    public Step Copy() => (Step)MemberwiseClone();
}
