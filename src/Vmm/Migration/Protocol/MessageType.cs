namespace Vmm.Migration.Protocol;

/// <summary>What a message is: the numbers in its header. docs/migration-protocol.md says what is in each.</summary>
internal enum MessageType : ushort
{
    /// <summary>Source: the protocol it speaks. JSON.</summary>
    Hello = 1,

    /// <summary>Destination: the protocol that both will speak, and the name of the session. JSON.</summary>
    Welcome = 2,

    /// <summary>Source: what machine it is. JSON.</summary>
    Offer = 3,

    /// <summary>Destination: the machine is built. Empty.</summary>
    Accept = 4,

    /// <summary>Destination: no, and why. JSON. It ends.</summary>
    Refuse = 5,

    /// <summary>Source, first on a connection for memory: which session, and which of its connections. JSON.</summary>
    Attach = 6,

    /// <summary>Destination: all connections for memory are there. Empty.</summary>
    Attached = 7,

    /// <summary>Source, on a connection for memory: pages. Binary.</summary>
    Pages = 8,

    /// <summary>Source, on each connection for memory: nothing more comes in this round. Binary: the round.</summary>
    RoundEnd = 9,

    /// <summary>Destination: the round's pages, of all connections, are in place. Binary: the round.</summary>
    RoundDone = 10,

    /// <summary>Source, and destination while pages follow: how far it is; at least every second while nothing else is said. JSON.</summary>
    Progress = 11,

    /// <summary>Source: the state of processors and devices. A state file, as in a snapshot.</summary>
    State = 12,

    /// <summary>Destination: the state is taken over. Empty.</summary>
    Ready = 13,

    /// <summary>Source: the guest is the destination's from here on. Empty.</summary>
    Commit = 14,

    /// <summary>Destination: the guest runs. Empty.</summary>
    Started = 15,

    /// <summary>Source: it will not be, and why. JSON. Never after <see cref="Commit"/>.</summary>
    Cancel = 16,

    /// <summary>Destination: it cannot go on, and why. JSON. It never runs the guest after that.</summary>
    Failed = 17,

    /// <summary>
    /// Source: which pages are still to come after the start. Destination, when a lost migration is taken up: which it still has not.
    /// Binary: a bit a page.
    /// </summary>
    Missing = 18,

    /// <summary>Destination: a page that the guest waits for. Binary: its offset.</summary>
    PageRequest = 19,

    /// <summary>Destination: every page is there, or none is needed any more. Source: it has heard so. Empty.</summary>
    Complete = 20,

    /// <summary>Source, on a Unix socket: the descriptor of its memory goes along with the header. Empty.</summary>
    Memory = 21,

    /// <summary>Source: takes up a migration whose link was lost after the start. JSON: the session.</summary>
    Recover = 22,
}
