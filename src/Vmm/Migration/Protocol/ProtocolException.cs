using Vmm.Host;

namespace Vmm.Migration.Protocol;

/// <summary>The other side said something that the protocol has no place for, or the stream was damaged on its way.</summary>
internal sealed class ProtocolException(string message, Exception? cause = null) : VmmException(message, cause: cause);
