using Vmm.Devices.Platform;

namespace Vmm.Tests.Devices.Platform;

internal sealed class RecordingPower : IPowerControl
{
    public List<string> Asked { get; } = [];

    public void PowerOff() => Asked.Add("off");
    public void Reset() => Asked.Add("reset");
    public void DebugExit(uint exitStatus) => Asked.Add($"exit {exitStatus}");
}
