namespace Vmm.Migration.Protocol;

/// <summary>The first message on a connection for memory.</summary>
/// <param name="Session">As <see cref="WelcomeMessage"/> named it.</param>
/// <param name="Index">Which of the connections, from 0.</param>
internal sealed record AttachMessage(string Session, int Index);
