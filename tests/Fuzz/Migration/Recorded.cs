using Vmm.Migration.Protocol;

namespace Vmm.Tests.Fuzz.Migration;

/// <summary>A message that went from one side of a migration to the other; or, without a type, the moment at which the link was lost.</summary>
/// <param name="Connection">Which connection, in the order in which the source made them.</param>
/// <param name="FromSource">Whether the source said it.</param>
/// <param name="Type">What it is.</param>
/// <param name="Payload">What it says.</param>
internal sealed record Recorded(int Connection, bool FromSource, MessageType? Type, byte[] Payload)
{
    /// <summary>Whether its payload is JSON.</summary>
    public bool IsJson => Payload.Length > 0 && Payload[0] == '{';
}
