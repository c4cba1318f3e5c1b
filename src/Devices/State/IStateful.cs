using System.Text.Json;

namespace Vmm.Devices.State;

/// <summary>
/// What can be frozen and brought back: the one state model of snapshots and migration. Each of them is one section of
/// the machine's state.
/// </summary>
/// <remarks>
/// What is saved is a small record made for that purpose, never the runtime type: it says what the modelled hardware
/// holds, in the words of its data sheet. Versions are additive. A version that was ever released stays readable.
/// </remarks>
public interface IStateful
{
    /// <summary>The section's name, unique in a machine and the same in every machine of that description: <c>serial0</c>, <c>pci</c>, <c>disk0</c>.</summary>
    string StateName { get; }

    /// <summary>The version that <see cref="SaveState"/> writes; all from 1 up to it can be restored.</summary>
    int StateVersion { get; }

    /// <summary>What it holds. Only while it is quiesced: no vCPU runs, no request is in flight.</summary>
    JsonElement SaveState();

    /// <summary>
    /// Takes over what another one of its kind held. Checks everything first and changes itself only when all is well.
    /// Only before its machine runs.
    /// </summary>
    /// <param name="version">The section's version, from 1 to <see cref="StateVersion"/>.</param>
    /// <param name="state">What <see cref="SaveState"/> gave.</param>
    /// <exception cref="StateException">The state is none that this device can be in; the message names the field.</exception>
    void RestoreState(int version, JsonElement state);
}
