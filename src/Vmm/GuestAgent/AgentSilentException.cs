using Vmm.Host;

namespace Vmm.GuestAgent;

/// <summary>The guest agent did not answer in time, or its connection ended.</summary>
/// <param name="message">What was waited for, and for how long.</param>
internal sealed class AgentSilentException(string message) : VmmException(message);
