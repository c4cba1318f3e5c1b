namespace Vmm.Migration.Protocol;

/// <summary>Takes up a migration whose link was lost.</summary>
/// <param name="Protocol">The version that both speak.</param>
/// <param name="Session">What the destination called it. Only the source knows it.</param>
internal sealed record RecoverMessage(int Protocol, string Session);
