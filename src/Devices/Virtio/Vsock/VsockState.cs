namespace Vmm.Devices.Virtio.Vsock;

/// <summary>Where a connection is, as the guest sees it.</summary>
/// <remarks>
/// <code>
///                host: CONNECT                          guest: REQUEST, and the host's socket accepted
///                      │                                                    │
///                      ▼                                                    ▼
///                 Requested ── guest: RESPONSE ──────────────────────▶ Established ◀─┐ data, credit, SHUTDOWN one way
///                  │     │                                              │   │   └────┘
///    guest: RST    │     │ host gave up          host closed both ways  │   │ guest: SHUTDOWN both ways,
///                  │     │                       (SHUTDOWN to guest)    ▼   │ or a rule was broken
///                  │     │                                        Closing   │
///                  │     │     guest: SHUTDOWN both ways, broken rule │ │   │
///                  │     ▼                                            ▼ │   ▼
///                  │   Resetting ◀──────────────────────────────────────┼─ Resetting
///                  │     │ RST was sent                     guest: RST  │   │ RST was sent, or guest: RST
///                  ▼     ▼                                              ▼   ▼
///                 Gone: its ports may be used again
/// </code>
/// The host's socket lives as long as there is something for it: after <see cref="Gone"/> what a guest sent before it
/// closed is still handed on.
/// </remarks>
internal enum VsockState
{
    /// <summary>The host asked for it; the guest has not answered.</summary>
    Requested,

    /// <summary>Both agreed.</summary>
    Established,

    /// <summary>The host closed it; the guest has yet to agree.</summary>
    Closing,

    /// <summary>It is over, and an RST is on its way to tell the guest so.</summary>
    Resetting,

    /// <summary>The guest knows nothing of it any more.</summary>
    Gone,
}
