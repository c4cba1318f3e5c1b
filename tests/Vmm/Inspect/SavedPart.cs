using System.Text.Json;
using Vmm.Devices.State;

namespace Vmm.Tests.Vmm.Inspect;

/// <summary>A part of a machine whose state the test says.</summary>
internal sealed class SavedPart(string name, JsonElement state) : IStateful
{
    public string StateName => name;

    public int StateVersion => 1;

    public JsonElement SaveState() => state;

    public void RestoreState(int version, JsonElement state) => throw new NotSupportedException();
}
