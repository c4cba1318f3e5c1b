namespace Vmm.Migration.Protocol;

/// <summary>The answer.</summary>
/// <param name="Protocol">The version that is spoken from here on.</param>
/// <param name="Vmm">Its version, for people.</param>
/// <param name="Session">Names this migration on its other connections: 16 random bytes in hexadecimal.</param>
internal sealed record WelcomeMessage(int Protocol, string Vmm, string Session);
