namespace Vmm.Migration.Protocol;

/// <summary>The first word.</summary>
/// <param name="Protocol">The newest version of the protocol that it speaks.</param>
/// <param name="Vmm">Its version, for people.</param>
/// <param name="Architecture">Its processors.</param>
internal sealed record HelloMessage(int Protocol, string Vmm, string Architecture);
