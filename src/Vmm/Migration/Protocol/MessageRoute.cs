namespace Vmm.Migration.Protocol;

/// <summary>The way a message goes.</summary>
internal enum MessageRoute
{
    /// <summary>On the first connection, from the source.</summary>
    ToDestination,

    /// <summary>On the first connection, from the destination.</summary>
    ToSource,

    /// <summary>On a connection for memory, from the source.</summary>
    Memory,
}
