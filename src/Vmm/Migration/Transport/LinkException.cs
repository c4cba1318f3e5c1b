using Vmm.Host;

namespace Vmm.Migration.Transport;

/// <summary>A connection to the other side was lost: it ended, its host did, or the way between them did.</summary>
internal sealed class LinkException(string message, Exception? cause = null) : VmmException(message, cause: cause);
