using System.Text.Json.Serialization;
using Vmm.Machine.Config;

namespace Vmm.Control;

/// <summary>Where a VM is in its life, as its users see it. The names are those of Cloud Hypervisor's API, but for <see cref="None"/>.</summary>
[JsonConverter(typeof(WordConverter<VmState>))]
internal enum VmState
{
    /// <summary>This process has no VM.</summary>
    None,

    /// <summary>Described, and not booted yet.</summary>
    Created,

    /// <summary>The guest runs, or is being started again after a reset.</summary>
    Running,

    /// <summary>Every vCPU is held outside the guest.</summary>
    Paused,

    /// <summary>The guest cannot go on, and is held for whoever wants to look: <c>--on-crash preserve</c>, or a debugger is there.</summary>
    Crashed,

    /// <summary>The guest's run is over; the description is kept.</summary>
    Shutdown,
}
